#pragma once
// Charts as inline SVG: lines over an axis, and rows of values. Colours are CSS classes
// (chart_style), so that light and dark come from one drawing.

#include <string>
#include <vector>

namespace gradus {

struct Point {
  double x, y;
};

struct Series {
  std::string label;
  std::string css;  // class of the line: "train", "val", "plain", or hue(i)
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
/// neighbouring points. More than three series are named beside their last points.
std::string to_svg(const Chart& chart);

/// Values of one thing: a dot each, and their mean.
struct ValueRow {
  std::string label;
  std::vector<double> values;
};
struct RowChart {
  std::string title;
  std::string x_label;
  std::vector<ValueRow> rows;
  bool from_zero = false;  // draws bars from 0 to the means; otherwise the means are marks
  int width = 760;
};
/// A row for each thing, with its mean as a number. Values that are not finite are left out.
std::string to_svg(const RowChart& chart);

/// The class of the i-th of many series.
std::string hue(size_t i);
/// What every drawing needs: colours for light and dark, lines, letters.
extern const char* const chart_style;
/// A drawing as a file of its own, with its style.
std::string standalone(const std::string& svg);

/// About `count` round numbers (1, 2 or 5 times a power of ten apart) within [low, high].
std::vector<double> round_ticks(double low, double high, int count);

/// & < > " as HTML wants them.
std::string escape_html(const std::string& text);

}  // namespace gradus
