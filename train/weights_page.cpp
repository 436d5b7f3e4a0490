#include "train/weights_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/page.h"

namespace gradus {
namespace {

constexpr double reach = 4;  // deviations to each side
constexpr double width = 220, height = 90;

// The normal density of the same mean and deviation, as a share of the numbers in each bin.
double normal_share(size_t bin) {
  const double step = 2 * reach / Histogram::bins;
  const double z = -reach + (static_cast<double>(bin) + 0.5) * step;
  return step * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
}

std::string drawn(const Histogram& h, int64_t total) {
  const auto share = [&](size_t i) {
    return static_cast<double>(h.counts[i]) / static_cast<double>(total);
  };
  double most = normal_share(Histogram::bins / 2);
  for (size_t i = 0; i < Histogram::bins; ++i) most = std::max(most, share(i));
  std::string svg = fmt::format(R"(<svg viewBox="0 0 {} {}" role="img">)", width, height);
  const double step = width / Histogram::bins;
  std::string curve;
  for (size_t i = 0; i < Histogram::bins; ++i) {
    const double x = static_cast<double>(i) * step, bar = share(i) / most * (height - 4);
    svg +=
        fmt::format(R"(<rect class="mean" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
                    x, height - bar, step - 0.5, bar);
    curve +=
        fmt::format("{:.1f},{:.1f} ", x + step / 2, height - normal_share(i) / most * (height - 4));
  }
  return svg + fmt::format(R"(<polyline class="line val" points="{}"/></svg>)", curve);
}

std::string card(const NamedTensor& p) {
  const Histogram h = histogram(p.tensor);
  return fmt::format(
      "<div class=\"card\"><b>{}</b> <span class=\"soft\">{}</span>{}<span class=\"soft\">"
      "mean {:.4f}, deviation {:.4f}, {:.3f} to {:.3f}; beyond three deviations {:.2f} %</span>"
      "</div>\n",
      escape_html(p.name), escape_html(fmt::format("{}", p.tensor.shape())),
      drawn(h, p.tensor.numel()), h.mean, h.deviation, h.least, h.most, 100 * h.beyond_three);
}

}  // namespace

Histogram histogram(const Tensor& x) {
  const std::vector<real> values = x.to_vector();
  Histogram h;
  if (values.empty()) return h;
  const auto n = static_cast<double>(values.size());
  for (const real v : values) h.mean += static_cast<double>(v);
  h.mean /= n;
  for (const real v : values) h.deviation += (v - h.mean) * (v - h.mean) / n;
  h.deviation = std::sqrt(h.deviation);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  h.least = static_cast<double>(*least);
  h.most = static_cast<double>(*most);
  int64_t beyond = 0;
  for (const real v : values) {
    const double z = h.deviation > 0 ? (v - h.mean) / h.deviation : 0;
    if (std::abs(z) > 3) ++beyond;
    const double bin = std::floor((z + reach) / (2 * reach) * Histogram::bins);
    ++h.counts[static_cast<size_t>(std::clamp(bin, 0.0, Histogram::bins - 1.0))];
  }
  h.beyond_three = static_cast<double>(beyond) / n;
  return h;
}

std::string weights_page(const Module& model, const std::string& name) {
  std::string cards;
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.tensor.rank() >= 2) cards += card(p);
  }
  return html_page(
      "Weights of " + name,
      "Each matrix as a histogram over its mean ± 4 deviations; the line is the normal "
      "distribution of the same mean and deviation, whose share beyond three is 0.27 %",
      "<div class=\"pair\">" + cards + "</div>\n");
}

}  // namespace gradus
