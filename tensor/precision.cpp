#include "tensor/precision.h"

#include "tensor/errors.h"
#include "tensor/kernels/onednn.h"
#include "tensor/real.h"

namespace gradus {
namespace {

thread_local Precision current = Precision::float32;

}  // namespace

const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return "bf16";
    case Precision::bf16_emulated:
      return "bf16-emulated";
    default:
      return "float32";
  }
}

std::optional<Precision> precision_named(std::string_view name) {
  for (const Precision p : {Precision::float32, Precision::bf16, Precision::bf16_emulated}) {
    if (name == name_of(p)) return p;
  }
  return std::nullopt;
}

std::string why_no_bf16() { return kernels::onednn::why_no_bf16(); }

Precision precision() { return current; }

PrecisionMode::PrecisionMode(Precision precision) : previous_(current) {
  check_value(sizeof(real) == sizeof(float) || precision == Precision::float32,
              "precision {}: a build in double precision has no bfloat16", name_of(precision));
  if (precision == Precision::bf16) {
    const std::string problem = why_no_bf16();
    check_value(problem.empty(), "precision bf16: {}", problem);
  }
  current = precision;
}

PrecisionMode::~PrecisionMode() { current = previous_; }

}  // namespace gradus
