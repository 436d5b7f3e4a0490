// Rotary positions: the score of a query and a key by where they stand.

#include <algorithm>
#include <cmath>

#include "nn/positions.h"
#include "tensor/random.h"
#include "train/experiments/all.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr int64_t rope_head_size = 64, rope_draws = 256;
constexpr real rope_base = 10000;
constexpr int32_t rope_distances[] = {0, 1, 7, 64, 500};
constexpr int32_t rope_places[] = {0, 1, 10, 100, 1000, 4000};

enum class Kind { rope, sinusoidal };

// x (pairs, head size) as it stands at a place.
Tensor placed(Kind kind, const Tensor& x, int32_t place) {
  const Tokens at{Shape{1}, {place}};
  if (kind == Kind::sinusoidal) return x + sinusoids(at, rope_head_size);
  const RopeAngles angles = rope_angles(at, rope_head_size, rope_base);
  return rope(x.view({rope_draws, 1, 1, rope_head_size}), angles.cos, angles.sin)
      .view({rope_draws, rope_head_size});
}

// q·k / √hs of every pair, the query `distance` places after the key.
std::vector<real> scores(Kind kind, const Tensor& q, const Tensor& k, int32_t place,
                         int32_t distance) {
  const Tensor products = placed(kind, q, place + distance) * placed(kind, k, place);
  return (sum(products, {-1}) / std::sqrt(static_cast<real>(rope_head_size))).to_vector();
}

// The scores at the first place, and how far any of them moves at the other places.
ordered_json movement(Kind kind, int32_t distance) {
  const Tensor q = randn({rope_draws, rope_head_size}, {1, 1}),
               k = randn({rope_draws, rope_head_size}, {1, 2});
  const std::vector<real> first = scores(kind, q, k, rope_places[0], distance);
  double moved = 0, size = 0;
  for (const int32_t place : rope_places) {
    const std::vector<real> there = scores(kind, q, k, place, distance);
    for (size_t i = 0; i < first.size(); ++i) {
      moved = std::max(moved, static_cast<double>(std::abs(there[i] - first[i])));
      size = std::max(size, static_cast<double>(std::abs(first[i])));
    }
  }
  return {{"moved", moved}, {"largest_score", size}};
}

std::string cell_of(const char* kind, int32_t distance) {
  return fmt::format("{}/distance {}", kind, distance);
}

}  // namespace

std::vector<Cell> rope_relative_cells(const ExperimentOptions&) {
  std::vector<Cell> cells;
  for (const int32_t d : rope_distances) {
    cells.push_back({cell_of("rope", d), [d] { return movement(Kind::rope, d); }});
    cells.push_back({cell_of("sinusoidal", d), [d] { return movement(Kind::sinusoidal, d); }});
  }
  return cells;
}

Finding rope_relative_finding(const Cells& cells, const ExperimentOptions&) {
  constexpr double rounding = 1e-5;
  Finding f{.table = {{"distance", "RoPE: moved by at most", "sinusoids added: moved by at most",
                       "largest score (RoPE)"}}};
  RowChart chart{.title = "how far scores move when both tokens move",
                 .x_label = "largest change of a score",
                 .rows = {},
                 .from_zero = true};
  double worst = 0, added = 1e30;
  for (const int32_t d : rope_distances) {
    const ordered_json &rope = cells.at(cell_of("rope", d)),
                       &sinusoidal = cells.at(cell_of("sinusoidal", d));
    const double r = rope.at("moved").get<double>(), s = sinusoidal.at("moved").get<double>();
    worst = std::max(worst, r);
    added = std::min(added, s);
    f.table.push_back({fmt::format("{}", d), fmt::format("{:.1e}", r), fmt::format("{:.2f}", s),
                       fmt::format("{:.2f}", rope.at("largest_score").get<double>())});
    chart.rows.push_back({fmt::format("RoPE, distance {}", d), {r}});
    chart.rows.push_back({fmt::format("sinusoids, distance {}", d), {s}});
  }
  f.charts.push_back(to_svg(chart));
  f.outcome = worst < rounding ? Outcome::holds : Outcome::does_not_hold;
  f.sentence = fmt::format(
      "Of {} pairs of random queries and keys, moved together over {} places, no score changes by "
      "more than {:.1e}; with sinusoids added instead, some change by {:.2f} or more.",
      rope_draws, rope_places[std::size(rope_places) - 1], worst, added);
  return f;
}

}  // namespace gradus
