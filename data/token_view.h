#pragma once
// A text as ids that stay where they are: in a vector, or in a mapped file with 16 or 32 bits each.

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "tensor/real.h"

namespace gradus {

class TokenView {
 public:
  TokenView() = default;
  /// Owns the ids.
  TokenView(std::vector<int32_t> ids);
  /// Looks at ids that `owner` keeps alive; without an owner, whoever made the view does.
  TokenView(std::span<const int32_t> ids, std::shared_ptr<const void> owner = {});
  TokenView(std::span<const uint16_t> ids, std::shared_ptr<const void> owner = {});

  size_t size() const;
  /// Ids begin ... begin + out.size() - 1, which must exist.
  void copy(size_t begin, std::span<int32_t> out) const;
  /// `count` ids from `begin` on, of the same owner.
  TokenView slice(size_t begin, size_t count) const;

 private:
  std::variant<std::span<const int32_t>, std::span<const uint16_t>> ids_;
  std::shared_ptr<const void> owner_;
};

}  // namespace gradus
