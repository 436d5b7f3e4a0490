#pragma once
// The number formats a safetensors file may hold. Inside gradus there is one, `real`: other
// formats are converted here, at the edge, and nowhere else.

#include <optional>
#include <span>
#include <string_view>

#include "tensor/real.h"

namespace gradus {

// clang-format off
/// In safetensors' order of alignment; the names are the format's own.
enum class StoredType {
  BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ,
  I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64
};
// clang-format on

std::string_view type_name(StoredType type);
/// The type of that name, if there is one.
std::optional<StoredType> find_type(std::string_view name);
/// Bits of one element: 4 (F4) to 64.
int bits_per_element(StoredType type);
/// BOOL, I8 ... U64.
bool is_integer(StoredType type);
/// F16, BF16, F32, F64: what to_real converts.
bool is_float(StoredType type);

/// bytes holds numbers.size() elements of a float type, little-endian. Rounds to nearest, ties to
/// even, where `real` is narrower.
void to_real(StoredType type, std::span<const char> bytes, std::span<real> numbers);

/// bytes holds integers.size() elements of an integer type, little-endian. U64 values above
/// 2^63 - 1 become 2^63 - 1, which no range that a caller checks contains.
void to_integer(StoredType type, std::span<const char> bytes, std::span<int64_t> integers);

}  // namespace gradus
