#pragma once
// Line charts as inline SVG. Colours are CSS classes of the page around them (train/report.cpp), so
// that light and dark come from one drawing.

#include <string>
#include <vector>

namespace gradus {

struct Point {
  double x, y;
};

struct Series {
  std::string label;
  std::string css;  // class of the line: "train", "val", "plain"
  std::vector<Point> points;
  bool marks = false;  // a dot with a tooltip on every point
};

/// A horizontal line to read the curves against.
struct Reference {
  std::string label;
  double y;
};

/// A vertical line: from here on something is different. Drawn if the curves reach it.
struct Moment {
  std::string label;
  double x;
};

struct Chart {
  std::string title;
  std::string x_label, y_label;
  std::vector<Series> series;
  std::vector<Reference> references = {};
  std::vector<Moment> moments = {};
  bool from_zero = false;  // whether the vertical axis begins at 0
  bool log_x = false;  // whether the horizontal axis is logarithmic; points at x <= 0 are left out
  int width = 760, height = 320;
};

/// Points whose values are not finite are left out; a long series is thinned to the means of
/// neighbouring points.
std::string to_svg(const Chart& chart);

/// About `count` round numbers (1, 2 or 5 times a power of ten apart) within [low, high].
std::vector<double> round_ticks(double low, double high, int count);

/// & < > " as HTML wants them.
std::string escape_html(const std::string& text);

}  // namespace gradus
