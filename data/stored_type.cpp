#include "data/stored_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read without swapping bytes");

struct TypeInfo {
  std::string_view name;
  int bits;
};

// In the order of StoredType.
// clang-format off
constexpr std::array<TypeInfo, 22> types = {{
    {"BOOL", 8}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8}, {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
    {"I16", 16}, {"U16", 16}, {"F16", 16}, {"BF16", 16}, {"I32", 32}, {"U32", 32}, {"F32", 32},
    {"C64", 64}, {"F64", 64}, {"I64", 64}, {"U64", 64}}};
// clang-format on
static_assert(types[static_cast<size_t>(StoredType::U64)].name == "U64");

// IEEE 754 binary16: sign 1, exponent 5 (bias 15), fraction 10.
float half_to_float(uint16_t half) {
  const int exponent = half >> 10 & 0x1f;
  const int fraction = half & 0x3ff;
  const float sign = half >> 15 ? -1.0f : 1.0f;
  if (exponent == 0x1f) {
    if (fraction == 0) return sign * std::numeric_limits<float>::infinity();
    return std::numeric_limits<float>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);  // subnormal
  return sign * std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
}

// bfloat16 is the upper half of a float.
float bfloat_to_float(uint16_t bfloat) {
  return std::bit_cast<float>(static_cast<uint32_t>(bfloat) << 16);
}

// Reads elements of type T, wherever they are aligned, and converts each.
template <class T, class Out, class Convert>
void convert_all(std::span<const char> bytes, std::span<Out> values, Convert convert) {
  for (size_t i = 0; i < values.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = convert(element);
  }
}

int64_t saturate(uint64_t value) {
  constexpr int64_t largest = std::numeric_limits<int64_t>::max();
  return value > static_cast<uint64_t>(largest) ? largest : static_cast<int64_t>(value);
}

template <class T>
void widen(std::span<const char> bytes, std::span<int64_t> integers) {
  convert_all<T>(bytes, integers, [](T value) { return static_cast<int64_t>(value); });
}

}  // namespace

std::string_view type_name(StoredType type) { return types[static_cast<size_t>(type)].name; }

std::optional<StoredType> find_type(std::string_view name) {
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i].name == name) return static_cast<StoredType>(i);
  }
  return {};
}

int bits_per_element(StoredType type) { return types[static_cast<size_t>(type)].bits; }

bool is_integer(StoredType type) {
  using enum StoredType;
  constexpr std::array integers = {BOOL, U8, I8, I16, U16, I32, U32, I64, U64};
  return std::find(integers.begin(), integers.end(), type) != integers.end();
}

bool is_float(StoredType type) {
  using enum StoredType;
  return type == F16 || type == BF16 || type == F32 || type == F64;
}

void to_real(StoredType type, std::span<const char> bytes, std::span<real> numbers) {
  const auto cast = [](auto value) { return static_cast<real>(value); };
  switch (type) {
    case StoredType::F16:
      return convert_all<uint16_t>(bytes, numbers, half_to_float);
    case StoredType::BF16:
      return convert_all<uint16_t>(bytes, numbers, bfloat_to_float);
    case StoredType::F32:
      return convert_all<float>(bytes, numbers, cast);
    case StoredType::F64:
      return convert_all<double>(bytes, numbers, cast);
    default:
      return;
  }
}

void to_integer(StoredType type, std::span<const char> bytes, std::span<int64_t> integers) {
  switch (type) {
    case StoredType::BOOL:
    case StoredType::U8:
      return widen<uint8_t>(bytes, integers);
    case StoredType::I8:
      return widen<int8_t>(bytes, integers);
    case StoredType::I16:
      return widen<int16_t>(bytes, integers);
    case StoredType::U16:
      return widen<uint16_t>(bytes, integers);
    case StoredType::I32:
      return widen<int32_t>(bytes, integers);
    case StoredType::U32:
      return widen<uint32_t>(bytes, integers);
    case StoredType::I64:
      return widen<int64_t>(bytes, integers);
    case StoredType::U64:
      return convert_all<uint64_t>(bytes, integers, saturate);
    default:
      return;
  }
}

}  // namespace gradus
