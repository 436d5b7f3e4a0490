#include "train/chart.h"

#include <doctest/doctest.h>
#include <cmath>

#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

Chart line_of(std::vector<Point> points) {
  return {.title = "t", .x_label = "x", .y_label = "y", .series = {{"s", "val", points, true}}};
}

}  // namespace

TEST_CASE("chart: round ticks") {
  CHECK(round_ticks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(round_ticks(1.2, 1.9, 7).size() == 8);
  CHECK(round_ticks(3, 3, 5).empty());
  CHECK(round_ticks(0, std::nan(""), 5).empty());
}

TEST_CASE("chart: an axis begins at 0, not at -0") {
  CHECK_FALSE(std::signbit(round_ticks(-1e-12, 3, 6).front()));
}

TEST_CASE("chart: every finite point is a mark, and the others are left out") {
  const std::string svg = to_svg(line_of({{0, 1}, {1, std::nan("")}, {2, 3}, {3, INFINITY}}));
  CHECK(occurrences(svg, "<circle") == 2);
  CHECK_FALSE(contains(svg, "nan"));
  CHECK_FALSE(contains(svg, "inf"));
}

TEST_CASE("chart: a few series are named above, many beside their last points") {
  Chart chart = line_of({{0, 1}, {2, 3}});
  chart.series.push_back({"another", "plain", {{0, 2}, {2, 5}}});
  CHECK_FALSE(contains(to_svg(chart), "class=\"name"));
  chart.series.push_back({"third", hue(2), {{0, 2}, {2, 5}}});
  chart.series.push_back({"fourth", hue(3), {{0, 2}, {2, 5}}});
  CHECK(occurrences(to_svg(chart), "class=\"name ") == 4);
  CHECK(hue(6) == hue(0));
}

TEST_CASE("row chart: a dot for each value, a mark for their mean, a bar from zero if asked") {
  RowChart chart{.title = "t", .x_label = "x", .rows = {{"a", {1, 3}}, {"b", {5}}, {"c", {}}}};
  const std::string svg = to_svg(chart);
  CHECK(occurrences(svg, "<circle") == 2);  // a single value is its own mean
  CHECK(occurrences(svg, "<line class=\"mean\"") == 2);
  CHECK(contains(svg, ">2<"));
  chart.from_zero = true;
  CHECK(occurrences(to_svg(chart), "<rect class=\"mean\"") == 2);
  chart.rows = {{"a", {std::nan("")}}};
  CHECK_FALSE(contains(to_svg(chart), "nan"));
}

TEST_CASE("chart: a drawing can stand alone, with its colours") {
  const std::string file = standalone(to_svg(line_of({{0, 1}, {2, 3}})));
  CHECK(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox="));
  CHECK(occurrences(file, "<style>") == 1);
  CHECK(contains(file, "--plain"));
}

TEST_CASE("chart: without points, or with one, it is still a picture") {
  for (const auto& points : {std::vector<Point>{}, {{5, 7}}}) {
    const std::string svg = to_svg(line_of(points));
    CHECK(contains(svg, "</svg>"));
    CHECK_FALSE(contains(svg, "nan"));
    CHECK(occurrences(svg, "<circle") == points.size());
  }
}

TEST_CASE("chart: a long series is thinned and keeps its mean") {
  std::vector<Point> points;
  for (int i = 0; i < 100000; ++i) points.push_back({double(i), double(i % 2)});
  Chart chart = line_of(points);
  chart.series[0].marks = true;
  const std::string svg = to_svg(chart);
  CHECK(occurrences(svg, "<circle") == 500);
  CHECK(occurrences(svg, "s: 0.5000 at") == 500);
}

TEST_CASE("chart: names of close reference lines do not overlap, and are escaped") {
  Chart chart = line_of({{0, 0}, {1, 10}});
  chart.references = {{"<a>", 5.00}, {"b", 5.01}};
  const std::string svg = to_svg(chart);
  CHECK(contains(svg, "&lt;a&gt; 5.000"));
  std::vector<double> heights;
  const std::string label = R"(<text class="reference-label" )";
  for (size_t at = svg.find(label); at != std::string::npos; at = svg.find(label, at + 1)) {
    heights.push_back(std::stod(svg.substr(svg.find("y=\"", at) + 3)));
  }
  REQUIRE(heights.size() == 2);
  CHECK(heights[1] - heights[0] >= 14);
}

TEST_CASE("chart: a moment stands where the curves reach it, and nowhere else") {
  Chart chart = line_of({{0, 0}, {10, 1}});
  chart.width = 274;  // 200 between the margins of 58 and 16
  chart.moments = {{"half", 5}, {"never", 11}};
  const std::string svg = to_svg(chart);
  CHECK(contains(svg, R"(<line class="reference" x1="158.0" x2="158.0")"));
  CHECK(contains(svg, ">half<"));
  CHECK_FALSE(contains(svg, "never"));
}

TEST_CASE("a logarithmic axis puts powers of ten at equal distances and leaves out 0") {
  const std::string svg =
      to_svg({.title = "t",
              .x_label = "x",
              .y_label = "y",
              .series = {{"a", "plain", {{0, 1}, {10, 1}, {100, 2}, {1000, 3}}}},
              .log_x = true,
              .width = 274,  // 200 between the margins of 58 and 16
              .height = 320});
  CHECK(contains(svg, "points=\"58.0,"));
  CHECK(contains(svg, " 158.0,"));
  CHECK(contains(svg, " 258.0,"));
  for (const char* tick : {">10<", ">30<", ">100<", ">300<", ">1000<"}) CHECK(contains(svg, tick));
}
