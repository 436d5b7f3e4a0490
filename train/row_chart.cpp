// Rows of values: a name, a dot for each value, and their mean.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/chart.h"

namespace gradus {
namespace {

constexpr double row_height = 26, above = 30, below = 24, room_for_means = 80;

// Values on paper, from the names on the left to the means on the right.
struct Scale {
  double low, high, left, right;

  double operator()(double v) const { return left + (v - low) / (high - low) * (right - left); }
};

std::vector<double> finite_values(const ValueRow& row) {
  std::vector<double> kept;
  std::copy_if(row.values.begin(), row.values.end(), std::back_inserter(kept),
               [](double v) { return std::isfinite(v); });
  return kept;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Scale scale_of(const RowChart& chart) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  size_t longest = 0;
  for (const ValueRow& row : chart.rows) {
    longest = std::max(longest, row.label.size());
    for (const double v : finite_values(row)) low = std::min(low, v), high = std::max(high, v);
  }
  if (chart.from_zero) low = std::min(low, 0.0), high = std::max(high, 0.0);
  if (!(low < high)) low = std::isfinite(low) ? low - 0.5 : 0, high = low + 1;
  const double margin = 0.05 * (high - low);
  return {chart.from_zero && low == 0 ? 0 : low - margin, high + margin,
          24 + 6.5 * static_cast<double>(longest), chart.width - room_for_means};
}

std::string ticks(const RowChart& chart, const Scale& x, double bottom) {
  std::string svg;
  for (const double v : round_ticks(x.low, x.high, 7)) {
    svg += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)"
                       R"(<text x="{0:.1f}" y="{3:.1f}" text-anchor="middle">{4:.4g}</text>)",
                       x(v), above - 8, bottom, bottom + 16, v);
  }
  return svg +
         fmt::format(R"(<text x="{:.1f}" y="14">{}</text>)", x.left, escape_html(chart.x_label));
}

std::string drawn(const ValueRow& row, const Scale& x, double y, bool from_zero) {
  std::string svg =
      fmt::format(R"(<text class="row" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)",
                  x.left - 12, y + 4, escape_html(row.label));
  const std::vector<double> values = finite_values(row);
  if (values.empty()) return svg;
  const double mean = mean_of(values), zero = x(std::max(x.low, 0.0));
  if (from_zero) {
    svg += fmt::format(
        R"(<rect class="mean" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="14" rx="2"/>)",
        std::min(zero, x(mean)), y - 7, std::abs(x(mean) - zero));
  } else {
    svg +=
        fmt::format(R"(<line class="mean" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)",
                    x(mean), y - 8, y + 8);
  }
  for (const double v : values) {
    if (values.size() == 1) break;  // the mean shows it
    svg += fmt::format(
        R"(<circle class="mark plain" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{:.4f}</title></circle>)",
        x(v), y, v);
  }
  return svg +
         fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{:.4g}</text>)", x.right + 10, y + 4, mean);
}

}  // namespace

std::string to_svg(const RowChart& chart) {
  const Scale x = scale_of(chart);
  const double bottom = above + row_height * static_cast<double>(chart.rows.size());
  std::string svg = fmt::format(R"(<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">)",
                                chart.width, bottom + below, escape_html(chart.title));
  svg += ticks(chart, x, bottom);
  double y = above + row_height / 2;
  for (const ValueRow& row : chart.rows) {
    svg += drawn(row, x, y, chart.from_zero);
    y += row_height;
  }
  return svg + "</svg>\n";
}

}  // namespace gradus
