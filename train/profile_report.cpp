#include "train/profile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tensor/parallel.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

// And what is no work at all comes last.
std::vector<ProfileRow> longest_first(std::vector<ProfileRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const ProfileRow& a, const ProfileRow& b) {
    return std::pair(a.op != noise, a.seconds) > std::pair(b.op != noise, b.seconds);
  });
  return rows;
}

const char* name_of(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::backward:
      return "backward";
    default:
      return "update";
  }
}

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::arithmetic:
      return "arithmetic";
    case Bound::memory:
      return "memory";
    case Bound::caches:
      return "caches";
    default:
      return "-";
  }
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

// Whether the machine's peak is known where the op is bound.
bool is_measured(const Roof& roof) {
  return roof.bound == Bound::arithmetic || roof.bound == Bound::memory;
}

// What a perfect kernel would save.
double left(const ProfileRow& row, const Roof& roof) {
  return std::max(0.0, row.seconds - roof.seconds);
}

std::string table_line(const ProfileRow& row, const StepProfile& step, const Peaks& peaks) {
  const Roof roof = roof_of(row, peaks);
  const auto rate = [&](double amount) {
    return amount > 0 ? fmt::format("{:.1f}", ratio(amount, row.seconds) / 1e9) : "";
  };
  const std::string of_peak =
      is_measured(roof) ? fmt::format("{:.0f} %", 100 * ratio(roof.seconds, row.seconds)) : "";
  return fmt::format("{:<16} {:<8} {:>5} {:>9.3f} {:>6.1f} % {:>9} {:>8}  {:<10} {:>7} {:>9.3f}\n",
                     row.op, name_of(row.pass), row.calls, 1e3 * row.seconds,
                     100 * ratio(row.seconds, step.seconds), rate(row.work.flops),
                     rate(row.work.bytes), name_of(roof.bound), of_peak, 1e3 * left(row, roof));
}

// The longest first; what takes less than a thousandth of the step is one line together.
std::string table(const ProfileReport& r) {
  std::string lines;
  ProfileRow rest;
  int small = 0;
  for (const ProfileRow& row : longest_first(r.step.rows)) {
    if (row.seconds < r.step.seconds / 1000 && row.pass != Pass::update) {
      rest.calls += row.calls;
      rest.seconds += row.seconds;
      ++small;
    } else {
      lines += table_line(row, r.step, r.peaks);
    }
  }
  if (small == 0) return lines;
  return lines + fmt::format("{:<16} {:<8} {:>5} {:>9.3f} {:>6.1f} %\n",
                             fmt::format("{} more", small), "", rest.calls, 1e3 * rest.seconds,
                             100 * ratio(rest.seconds, r.step.seconds));
}

ordered_json json_row(const ProfileRow& row, const StepProfile& step, const Peaks& peaks) {
  const Roof roof = roof_of(row, peaks);
  return {{"op", row.op},
          {"pass", name_of(row.pass)},
          {"calls", row.calls},
          {"ms", 1e3 * row.seconds},
          {"share", ratio(row.seconds, step.seconds)},
          {"gflops_per_second", ratio(row.work.flops, row.seconds) / 1e9},
          {"gbytes_per_second", ratio(row.work.bytes, row.seconds) / 1e9},
          {"roof", roof.bound == Bound::none ? ordered_json() : ordered_json(name_of(roof.bound))},
          {"of_peak",
           is_measured(roof) ? ordered_json(ratio(roof.seconds, row.seconds)) : ordered_json()},
          {"left_ms", 1e3 * left(row, roof)}};
}

}  // namespace

Roof roof_of(const ProfileRow& row, const Peaks& peaks) {
  const bool rounded = (row.op == "linear" || row.op == "attention") && peaks.rounded_flops > 0;
  const double arithmetic = ratio(row.work.flops, rounded ? peaks.rounded_flops : peaks.flops);
  const double memory = ratio(row.work.bytes, peaks.bytes);
  if (arithmetic == 0 && memory == 0) return {};
  if (arithmetic >= memory) return {Bound::arithmetic, arithmetic};
  if (memory <= row.seconds) return {Bound::memory, memory};
  if (arithmetic > 0) return {Bound::arithmetic, arithmetic};
  return {Bound::caches, row.seconds};
}

std::string profile_verdict(const StepProfile& step, const Peaks& peaks) {
  ProfileRow disturbance;
  double products = 0, at_peak = 0;
  std::map<std::string, double> others;  // both passes of an op together
  for (const ProfileRow& row : step.rows) {
    if (row.work.flops > 0) {
      products += row.seconds;
      at_peak += roof_of({.op = row.op, .work = {.flops = row.work.flops}}, peaks).seconds;
    } else if (row.op == noise) {
      disturbance = row;
    } else if (row.op != everything_else) {
      others[row.op] += row.seconds;
    }
  }
  const auto percent = [&](double seconds) { return 100 * ratio(seconds, step.seconds); };
  std::string verdict = fmt::format("{:.0f} % of the step is matrix products at {:.0f} % of peak",
                                    percent(products), 100 * ratio(at_peak, products));
  const auto largest =
      std::max_element(others.begin(), others.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (largest != others.end()) {
    verdict += fmt::format("; the largest other cost is {}, {:.0f} %", largest->first,
                           percent(largest->second));
  }
  if (percent(disturbance.seconds) >= 10) {
    verdict += fmt::format("; {:.0f} % is noise", percent(disturbance.seconds));
  }
  return verdict + ".";
}

std::string profile_text(const ProfileReport& r) {
  const std::string in_precision = r.peaks.rounded_flops == 0
                                       ? ""
                                       : fmt::format(" ({:.1f} in {})", r.peaks.rounded_flops / 1e9,
                                                     gradus::name_of(r.precision));
  std::string text = fmt::format(
      "{}: {:.3f} ms a step ({:.3f} ms unwatched), {} threads; peaks {:.1f} GFLOP/s{}, {:.1f} "
      "GB/s\n\n"
      "{:<16} {:<8} {:>5} {:>9} {:>8} {:>9} {:>8}  {:<10} {:>7} {:>9}\n",
      r.preset, 1e3 * r.step.seconds, 1e3 * r.unwatched_seconds, num_threads(), r.peaks.flops / 1e9,
      in_precision, r.peaks.bytes / 1e9, "op", "pass", "calls", "ms", "share", "GFLOP/s", "GB/s",
      "roof", "of peak", "left ms");
  text += table(r) + '\n';
  for (const std::string& warning : r.warnings) text += "Warning: " + warning + '\n';
  return text + profile_verdict(r.step, r.peaks) + '\n';
}

ordered_json profile_json(const ProfileReport& r) {
  ordered_json rows = ordered_json::array();
  for (const ProfileRow& row : longest_first(r.step.rows)) {
    rows.push_back(json_row(row, r.step, r.peaks));
  }
  return {{"preset", r.preset},
          {"precision", sizeof(real) == 8 ? "float64" : gradus::name_of(r.precision)},
          {"threads", num_threads()},
          {"step_ms", 1e3 * r.step.seconds},
          {"unwatched_step_ms", 1e3 * r.unwatched_seconds},
          {"peak_gflops_per_second", r.peaks.flops / 1e9},
          {"rounded_peak_gflops_per_second",
           (r.peaks.rounded_flops > 0 ? r.peaks.rounded_flops : r.peaks.flops) / 1e9},
          {"peak_gbytes_per_second", r.peaks.bytes / 1e9},
          {"rows", rows},
          {"warnings", r.warnings},
          {"verdict", profile_verdict(r.step, r.peaks)}};
}

}  // namespace gradus
