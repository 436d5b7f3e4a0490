#include "tensor/print.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

constexpr int64_t most_elements = 1000;  // tensors beyond are summarised
constexpr int64_t edge_items = 3;
constexpr int64_t line_width = 80;
constexpr int64_t ellipsis = -1;  // stands for the indices left out

// How all numbers of one tensor are written, decided by those that are shown.
class NumberFormat {
 public:
  explicit NumberFormat(const std::vector<double>& shown) {
    double smallest = std::numeric_limits<double>::infinity(), largest = 0;
    for (const double value : shown) {
      if (!std::isfinite(value) || value == 0) continue;
      whole_ = whole_ && value == std::ceil(value);
      smallest = std::min(smallest, std::abs(value));
      largest = std::max(largest, std::abs(value));
    }
    if (largest == 0) return;
    const bool tiny = !whole_ && smallest < 1e-4;
    scientific_ = largest / smallest > 1000 || largest > 1e8 || tiny;
    for (const double value : shown) {
      if (std::isfinite(value) && value != 0) width_ = std::max(width_, text(value).size());
    }
  }

  int64_t width() const { return static_cast<int64_t>(width_); }
  std::string operator()(double value) const { return fmt::format("{:>{}}", text(value), width_); }

 private:
  std::string text(double value) const {
    if (scientific_) return fmt::format("{:.4e}", value);
    if (!whole_) return fmt::format("{:.4f}", value);
    return fmt::format("{:.0f}{}", value, std::isfinite(value) ? "." : "");
  }

  bool whole_ = true;
  bool scientific_ = false;
  size_t width_ = 1;
};

// The indices of a dimension that are shown, an ellipsis between them if some are not.
std::vector<int64_t> shown_indices(int64_t size, bool summarise) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < size; ++i) {
    const bool shown =
        !summarise || size <= 2 * edge_items || i < edge_items || i >= size - edge_items;
    if (shown) {
      indices.push_back(i);
    } else {
      indices.push_back(ellipsis);
      i = size - edge_items - 1;
    }
  }
  return indices;
}

void collect_shown(const Tensor& x, bool summarise, std::vector<double>& values) {
  if (x.rank() == 0) {
    values.push_back(static_cast<double>(x.item()));
    return;
  }
  for (const int64_t i : shown_indices(x.dim(0), summarise)) {
    if (i != ellipsis) collect_shown(x.select(0, i), summarise, values);
  }
}

// One row of numbers, broken into lines that begin below its first number.
std::string row_text(const Tensor& x, int64_t indent, bool summarise, const NumberFormat& format) {
  const int64_t per_line = std::max<int64_t>(1, (line_width - indent) / (format.width() + 2));
  std::string text;
  int64_t count = 0;
  for (const int64_t i : shown_indices(x.dim(0), summarise)) {
    if (count > 0)
      text += count % per_line == 0 ? ",\n" + std::string(size_t(indent) + 1, ' ') : ", ";
    text += i == ellipsis ? " ..." : format(static_cast<double>(x.select(0, i).item()));
    ++count;
  }
  return "[" + text + "]";
}

// Brackets around the slices along the first dimension, empty lines between matrices.
std::string text_of(const Tensor& x, int64_t indent, bool summarise, const NumberFormat& format) {
  if (x.rank() == 0) return format(static_cast<double>(x.item()));
  if (x.rank() == 1) return row_text(x, indent, summarise, format);
  std::vector<std::string> slices;
  for (const int64_t i : shown_indices(x.dim(0), summarise)) {
    slices.push_back(i == ellipsis ? "..."
                                   : text_of(x.select(0, i), indent + 1, summarise, format));
  }
  const std::string line_breaks(static_cast<size_t>(x.rank() - 1), '\n');
  const std::string spaces(static_cast<size_t>(indent) + 1, ' ');
  return fmt::format("[{}]", fmt::join(slices, "," + line_breaks + spaces));
}

}  // namespace

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "tensor(undefined)";
  if (x.is_meta()) return fmt::format("tensor(..., size={}, meta)", x.shape());
  if (x.numel() == 0) {
    return x.rank() == 1 ? "tensor([])" : fmt::format("tensor([], size={})", x.shape());
  }
  const Tensor values = x.detach();
  const bool summarise = x.numel() > most_elements;
  std::vector<double> shown;
  collect_shown(values, summarise, shown);
  constexpr std::string_view opening = "tensor(";
  return fmt::format("{}{})", opening,
                     text_of(values, opening.size(), summarise, NumberFormat(shown)));
}

}  // namespace gradus

fmt::format_context::iterator fmt::formatter<gradus::Tensor>::format(
    const gradus::Tensor& x, fmt::format_context& out) const {
  return fmt::formatter<fmt::string_view>::format(gradus::to_string(x), out);
}
