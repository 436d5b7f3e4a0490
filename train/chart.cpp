#include "train/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace gradus {
namespace {

constexpr size_t most_points = 500;
constexpr double label_height = 14;
constexpr size_t most_in_legend = 3;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  // A range of one point, or of none, gets a width.
  Range widened() const {
    if (low > high) return {0, 1};
    if (low == high) return {low - 0.5, high + 0.5};
    return *this;
  }
};

std::vector<Point> finite(const std::vector<Point>& points) {
  std::vector<Point> kept;
  std::copy_if(points.begin(), points.end(), std::back_inserter(kept),
               [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); });
  return kept;
}

std::vector<Point> thinned(const std::vector<Point>& points) {
  if (points.size() <= most_points) return points;
  std::vector<Point> means;
  for (size_t i = 0; i < most_points; ++i) {
    const size_t first = i * points.size() / most_points;
    const size_t last = (i + 1) * points.size() / most_points;
    Point sum{0, 0};
    for (size_t k = first; k < last; ++k) sum = {sum.x + points[k].x, sum.y + points[k].y};
    const double n = static_cast<double>(last - first);
    means.push_back({sum.x / n, sum.y / n});
  }
  return means;
}

// Data coordinates on paper.
struct Frame {
  double left = 58, right, top = 28, bottom;
  Range x, y;
  bool log_x = false;  // x is a power of ten

  double x_value(double v) const { return log_x ? std::pow(10, v) : v; }
  double px(double v) const { return left + (v - x.low) / (x.high - x.low) * (right - left); }
  double py(double v) const { return bottom - (v - y.low) / (y.high - y.low) * (bottom - top); }
};

bool named_at_the_end(const Chart& chart) { return chart.series.size() > most_in_legend; }

Frame frame_of(const Chart& chart, const std::vector<Series>& series) {
  Range x, y;
  for (const Series& s : series) {
    for (const Point p : s.points) x.take(p.x), y.take(p.y);
  }
  for (const Reference& r : chart.references) y.take(r.y);
  if (chart.from_zero) y.take(0);
  y = y.widened();
  const double margin = 0.04 * (y.high - y.low);
  if (!chart.from_zero) y.low -= margin;
  y.high += margin;
  // for names beside the lines
  const double room = !chart.references.empty() ? 190 : named_at_the_end(chart) ? 110 : 16;
  return {.right = chart.width - room,
          .bottom = chart.height - 40.0,
          .x = x.widened(),
          .y = y,
          .log_x = chart.log_x};
}

std::string number(double v) {
  if (v != 0 && (std::abs(v) < 1e-4 || std::abs(v) >= 1e6)) return fmt::format("{:.0e}", v);
  if (std::abs(v) >= 1e4) return fmt::format("{:g}k", v / 1000);
  return fmt::format("{:.4g}", v);
}

// 1 and 3 times powers of ten, as exponents.
std::vector<double> log_ticks(double low, double high) {
  std::vector<double> ticks;
  for (double power = std::floor(low); power <= high; ++power) {
    for (const double tick : {power, power + std::log10(3)}) {
      if (tick >= low - 1e-9 && tick <= high + 1e-9) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::string axes(const Chart& chart, const Frame& f) {
  std::string svg;
  for (const double v : round_ticks(f.y.low, f.y.high, 6)) {
    svg += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)"
                       R"(<text x="{3:.1f}" y="{4:.1f}" text-anchor="end">{5}</text>)",
                       f.left, f.right, f.py(v), f.left - 6, f.py(v) + 4, number(v));
  }
  for (const double v :
       f.log_x ? log_ticks(f.x.low, f.x.high) : round_ticks(f.x.low, f.x.high, 8)) {
    svg += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", f.px(v),
                       f.bottom + 16, number(f.x_value(v)));
  }
  svg += fmt::format(R"(<line class="axis" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)",
                     f.left, f.right, f.bottom);
  svg += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", f.right,
                     f.bottom + 32, escape_html(chart.x_label));
  return svg + fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", f.left, f.top - 10,
                           escape_html(chart.y_label));
}

// A name beside what it names, at a height.
struct Label {
  double y;
  std::string text, css;
};

// The names from top to bottom, moved apart where two are close.
std::string labels(std::vector<Label> all, double x) {
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.y < b.y; });
  std::string svg;
  double lowest = -label_height;
  for (const Label& l : all) {
    lowest = std::max(l.y, lowest + label_height);
    svg += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>)", l.css, x, lowest + 4,
                       escape_html(l.text));
  }
  return svg;
}

std::string references(const Chart& chart, const Frame& f) {
  std::vector<Label> names;
  std::string svg;
  for (const Reference& r : chart.references) {
    names.push_back({f.py(r.y), fmt::format("{} {:.3f}", r.label, r.y), "reference-label"});
    svg += fmt::format(
        R"(<line class="reference" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)", f.left,
        f.right, f.py(r.y));
  }
  return svg + labels(names, f.right + 6);
}

std::string moments(const Chart& chart, const Frame& f) {
  std::string svg;
  for (const Moment& m : chart.moments) {
    const double at = chart.log_x ? std::log10(m.x) : m.x;
    if (!(at >= f.x.low && at <= f.x.high)) continue;
    svg += fmt::format(
        R"(<line class="reference" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)"
        R"(<text class="reference-label" x="{3:.1f}" y="{4:.1f}">{5}</text>)",
        f.px(at), f.top, f.bottom, f.px(at) + 5, f.bottom - 6, escape_html(m.label));
  }
  return svg;
}

std::string line(const Series& s, const Frame& f) {
  std::string svg = fmt::format(R"(<polyline class="line {}" points=")", s.css);
  for (const Point p : s.points) svg += fmt::format("{:.1f},{:.1f} ", f.px(p.x), f.py(p.y));
  svg += "\"/>";
  if (!s.marks) return svg;
  for (const Point p : s.points) {
    svg += fmt::format(
        R"(<circle class="mark {}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {:.4f} at {}</title></circle>)",
        s.css, f.px(p.x), f.py(p.y), escape_html(s.label), p.y, number(f.x_value(p.x)));
  }
  return svg;
}

// Which line is which, above the lines; only where there are several.
std::string legend(const std::vector<Series>& series, const std::string& y_label, const Frame& f) {
  if (series.size() < 2) return "";
  std::string svg;
  double x = f.left + std::max(150.0, 24 + 6.5 * static_cast<double>(y_label.size()));
  for (const Series& s : series) {
    svg += fmt::format(
        R"(<line class="line {0}" x1="{1:.1f}" x2="{2:.1f}" y1="{3:.1f}" y2="{3:.1f}"/>)"
        R"(<text x="{4:.1f}" y="{5:.1f}">{6}</text>)",
        s.css, x, x + 22, f.top - 14, x + 28, f.top - 10, escape_html(s.label));
    x += 48 + 7.0 * static_cast<double>(s.label.size());
  }
  return svg;
}

// The same beside the last points.
std::string names_at_the_end(const std::vector<Series>& series, const Frame& f) {
  std::vector<Label> names;
  for (const Series& s : series) {
    if (!s.points.empty()) names.push_back({f.py(s.points.back().y), s.label, "name " + s.css});
  }
  return labels(names, f.right + 8);
}

std::string opening(int width, int height, const std::string& title) {
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)", width, height,
                     escape_html(title));
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int count) {
  const double wanted = (high - low) / count;
  if (!(wanted > 0) || !std::isfinite(wanted)) return {};
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= wanted) step = factor * power;
  }
  std::vector<double> ticks;
  const double slack = 1e-9;  // 19 * 0.1 is more than 1.9
  for (double k = std::ceil(low / step - slack); k <= high / step + slack; ++k) {
    ticks.push_back(k * step + 0.0);  // which makes 0 of -0
  }
  return ticks;
}

std::string escape_html(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string to_svg(const Chart& chart) {
  std::vector<Series> series = chart.series;
  for (Series& s : series) {
    for (Point& p : s.points) p.x = chart.log_x ? std::log10(p.x) : p.x;
    s.points = thinned(finite(s.points));
  }
  const Frame f = frame_of(chart, series);
  std::string svg = opening(chart.width, chart.height, chart.title);
  svg += axes(chart, f) + references(chart, f) + moments(chart, f);
  for (const Series& s : series) svg += line(s, f);
  return svg +
         (named_at_the_end(chart) ? names_at_the_end(series, f)
                                  : legend(series, chart.y_label, f)) +
         "</svg>\n";
}

const char* const chart_style = R"(
:root { color-scheme: light dark; --paper: #fdfcf8; --ink: #24272b; --soft: #6b7178; --grid: #e4e2da;
        --train: #9db7d3; --val: #c2410c; --plain: #2f6690; --reference: #5b8c5a; --card: #f5f3ec;
        --hue0: #2f6690; --hue1: #c2410c; --hue2: #5b8c5a; --hue3: #8a5fa8; --hue4: #b8860b;
        --hue5: #0f8b8d; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e6e4de; --soft: #9aa0a6; --grid: #2c3035;
          --train: #4a6585; --val: #fb923c; --plain: #7cb3dc; --reference: #86b885; --card: #1e2125;
          --hue0: #7cb3dc; --hue1: #fb923c; --hue2: #86b885; --hue3: #c3a0dd; --hue4: #e2bf5c;
          --hue5: #5cc8c9; } }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); }
.line { fill: none; stroke-width: 1.6; } .line.val { stroke-width: 2.2; }
.train { stroke: var(--train); } .val { stroke: var(--val); } .plain { stroke: var(--plain); }
.hue0 { stroke: var(--hue0); } .hue1 { stroke: var(--hue1); } .hue2 { stroke: var(--hue2); }
.hue3 { stroke: var(--hue3); } .hue4 { stroke: var(--hue4); } .hue5 { stroke: var(--hue5); }
.mark { fill: var(--paper); stroke-width: 2; }
.mean { stroke: var(--val); stroke-width: 2.5; } rect.mean { fill: var(--train); stroke: none; }
.reference { stroke: var(--reference); stroke-dasharray: 5 4; }
svg text.reference-label { fill: var(--reference); } svg text.name { stroke: none; }
svg text.hue0 { fill: var(--hue0); } svg text.hue1 { fill: var(--hue1); }
svg text.hue2 { fill: var(--hue2); } svg text.hue3 { fill: var(--hue3); }
svg text.hue4 { fill: var(--hue4); } svg text.hue5 { fill: var(--hue5); }
svg text.row { fill: var(--ink); }
)";

std::string hue(size_t i) { return fmt::format("hue{}", i % 6); }

std::string standalone(const std::string& svg) {
  const size_t end = svg.find('>');
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\"{}><style>{}</style>{}",
                     svg.substr(4, end - 4), chart_style, svg.substr(end + 1));
}

}  // namespace gradus
