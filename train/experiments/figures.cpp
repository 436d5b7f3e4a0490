#include "train/experiments/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

namespace gradus {
namespace {

using nlohmann::ordered_json;

// Half the width of a 95 % interval in standard errors, by the number of values.
double student_t(size_t n) {
  constexpr double table[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
  return n - 2 < std::size(table) ? table[n - 2] : 2.26;
}

}  // namespace

int64_t seeds_of(const ExperimentOptions& o) { return o.quick ? 1 : o.seeds; }

std::string arm_cell(const std::string& arm, int64_t seed) {
  return fmt::format("{}/seed {}", arm, seed);
}

std::vector<double> by_seed(const Cells& cells, const std::string& arm, const std::string& what,
                            const ExperimentOptions& options) {
  std::vector<double> values;
  for (int64_t seed = 0; seed < seeds_of(options); ++seed) {
    const ordered_json& cell = cells.at(arm_cell(arm, seed));
    values.push_back(cell.contains(what) ? cell[what].get<double>()
                                         : std::numeric_limits<double>::infinity());
  }
  return values;
}

std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

Figure figure_of(const std::vector<double>& values) {
  Figure f;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) f.mean += v / n;
  if (values.size() < 2) return f;
  for (const double v : values) f.spread += (v - f.mean) * (v - f.mean);
  f.spread = std::sqrt(f.spread / (n - 1));
  f.error = student_t(values.size()) * f.spread / std::sqrt(n);
  return f;
}

std::string to_text(const Figure& f, int digits) {
  if (!std::isfinite(f.mean)) return "diverged";
  return f.spread == 0 ? fmt::format("{:.{}f}", f.mean, digits)
                       : fmt::format("{:.{}f} ± {:.{}f}", f.mean, digits, f.spread, digits);
}

Outcome are_above(const std::vector<double>& values, double limit) {
  const Figure f = figure_of(values);
  if (values.size() < 3 || std::isnan(f.mean)) return Outcome::inconclusive;
  const bool all_diverged = std::all_of(values.begin(), values.end(), [&](double v) {
    return std::isinf(v) && (v > 0) == (f.mean > 0);
  });
  if (all_diverged) return f.mean > 0 ? Outcome::holds : Outcome::does_not_hold;
  if (std::isinf(f.mean)) return Outcome::inconclusive;
  if (f.mean - f.error > limit) return Outcome::holds;
  return f.mean + f.error < limit ? Outcome::does_not_hold : Outcome::inconclusive;
}

Outcome are_below(const std::vector<double>& values, double limit) {
  std::vector<double> negative(values.size());
  std::transform(values.begin(), values.end(), negative.begin(), std::negate<>());
  return are_above(negative, -limit);
}

Outcome all_of(std::initializer_list<Outcome> outcomes) {
  Outcome all = Outcome::holds;
  for (const Outcome o : outcomes) {
    if (o == Outcome::does_not_hold) return o;
    if (o == Outcome::inconclusive) all = o;
  }
  return all;
}

void add_column(std::vector<std::vector<std::string>>& table, const char* title, const Cells& cells,
                const char* what, int digits, const ExperimentOptions& options) {
  table[0].push_back(title);
  for (size_t i = 1; i < table.size(); ++i) {
    table[i].push_back(to_text(figure_of(by_seed(cells, table[i][0], what, options)), digits));
  }
}

ValueRow row_of(const Cells& cells, const std::string& arm, const std::string& what,
                const ExperimentOptions& options) {
  return {arm, by_seed(cells, arm, what, options)};
}

}  // namespace gradus
