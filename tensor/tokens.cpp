#include "tensor/tokens.h"

#include "tensor/errors.h"

namespace gradus {

Tokens::Tokens(const Shape& size, std::span<const int32_t> values)
    : shape(size), ids(values.begin(), values.end()) {
  check_shape(shape.numel() == numel(), "tokens: {} ids do not fill shape {}", numel(), shape);
}

void check_ids(const char* op, const Tokens& tokens, int64_t limit,
               std::optional<int32_t> ignored) {
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    const int32_t id = tokens.ids[static_cast<size_t>(i)];
    check_value((id >= 0 && id < limit) || id == ignored,
                "{}: id {} at position {} of shape {} is outside [0, {})", op, id, i, tokens.shape,
                limit);
  }
}

}  // namespace gradus
