#include "data/token_view.h"

#include <algorithm>

namespace gradus {

TokenView::TokenView(std::vector<int32_t> ids) {
  const auto kept = std::make_shared<const std::vector<int32_t>>(std::move(ids));
  ids_ = std::span<const int32_t>(*kept);
  owner_ = kept;
}

TokenView::TokenView(std::span<const int32_t> ids, std::shared_ptr<const void> owner)
    : ids_(ids), owner_(std::move(owner)) {}

TokenView::TokenView(std::span<const uint16_t> ids, std::shared_ptr<const void> owner)
    : ids_(ids), owner_(std::move(owner)) {}

size_t TokenView::size() const {
  return std::visit([](const auto& ids) { return ids.size(); }, ids_);
}

void TokenView::copy(size_t begin, std::span<int32_t> out) const {
  std::visit(
      [&](const auto& ids) { std::ranges::copy(ids.subspan(begin, out.size()), out.begin()); },
      ids_);
}

TokenView TokenView::slice(size_t begin, size_t count) const {
  return std::visit([&](const auto& ids) { return TokenView(ids.subspan(begin, count), owner_); },
                    ids_);
}

}  // namespace gradus
