#pragma once
// The precision of matrix products. Tensors, weights, gradients and optimizers are `real` in any
// case; a product may round what it reads to bfloat16 and then adds up in float32.

#include <optional>
#include <string>
#include <string_view>

namespace gradus {

enum class Precision {
  float32,
  bf16,          // multiplied by the CPU's own bfloat16 instructions
  bf16_emulated  // the same numbers multiplied as float32: slower, on any machine
};

/// "float32", "bf16", "bf16-emulated".
const char* name_of(Precision precision);
std::optional<Precision> precision_named(std::string_view name);
/// Why bf16 cannot be used here, in a clause; empty where it can.
std::string why_no_bf16();

/// The precision of products on this thread; float32 unless a guard lives.
Precision precision();

/// Sets it while it lives. Throws ValueError for a precision that cannot be used here; the double
/// build has float32's place taken by double, and no bfloat16.
class PrecisionMode {
 public:
  explicit PrecisionMode(Precision precision);
  ~PrecisionMode();
  PrecisionMode(const PrecisionMode&) = delete;
  PrecisionMode& operator=(const PrecisionMode&) = delete;

 private:
  Precision previous_;
};

}  // namespace gradus
