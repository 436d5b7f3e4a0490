#include "train/experiments/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/file.h"
#include "data/json.h"
#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"
#include "train/page.h"
#include "train/progress.h"
#include "train/signals.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

std::string base_name(const Experiment& e, const ExperimentOptions& o) {
  return fmt::format("{}{}", e.name, o.quick ? ".quick" : "");
}

std::filesystem::path results_file(const Experiment& e, const ExperimentRequest& r) {
  return r.results / (base_name(e, r.options) + ".json");
}

std::string command_of(const Experiment& e, const ExperimentOptions& o) {
  const bool all_cores = num_threads() == available_cores();
  return fmt::format("gradus experiment {}{}{}", e.name,
                     all_cores ? "" : fmt::format(" --threads {}", num_threads()),
                     o.quick        ? " --quick"
                     : o.seeds == 3 ? ""
                                    : fmt::format(" --seeds {}", o.seeds));
}

bool out_of_time(const ExperimentRequest& r) {
  return r.end && std::chrono::steady_clock::now() >= *r.end;
}

// Each chart as a file; their names.
std::vector<std::string> write_charts(const Experiment& e, const ExperimentRequest& r,
                                      const std::vector<std::string>& charts) {
  std::vector<std::string> names;
  for (const std::string& chart : charts) {
    const std::string number = names.empty() ? "" : fmt::format("-{}", names.size() + 1);
    names.push_back(fmt::format("{}{}.svg", base_name(e, r.options), number));
    write_file_atomically(r.results / names.back(), standalone(chart));
  }
  return names;
}

// On what, and whether it can decide anything.
std::string circumstances(const ordered_json& results) {
  return fmt::format("{}{}", results.at("machine").get<std::string>(),
                     results.value("quick", false)
                         ? "; a quick run of a single seed, which decides nothing by itself"
                         : "");
}

void write_page(const Experiment& e, const Finding& f, const ordered_json& results,
                const std::filesystem::path& file) {
  std::string body =
      fmt::format("<p><b>{}.</b> {}</p>", to_text(f.outcome), escape_html(f.sentence));
  for (const std::string& chart : f.charts) body += chart;
  body += html_table(f.table);
  body += fmt::format("<p class=\"soft\">{}</p>", escape_html(circumstances(results)));
  body +=
      fmt::format("<p><code>{}</code></p>", escape_html(results.at("command").get<std::string>()));
  write_file_atomically(file, html_page(e.name, fmt::format("{} ({})", e.claim, e.source), body));
}

}  // namespace

std::string to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::holds:
      return "holds";
    case Outcome::does_not_hold:
      return "does not hold";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "";
}

ordered_json last_result(const Experiment& e, const ExperimentRequest& r) {
  const std::filesystem::path file = results_file(e, r);
  if (!std::filesystem::exists(file)) return {};
  const ordered_json stored = ordered_json(read_json(file));
  const bool ours = stored.is_object() && stored.value("experiment", "") == e.name &&
                    stored.contains("cells") && stored["cells"].is_object();
  check<FileError>(ours, "{}: not the results of experiment {}", file.string(), e.name);
  return stored;
}

namespace {

// What earlier sessions have measured in the same way; none if there were none.
ordered_json stored_cells(const Experiment& e, const ExperimentRequest& r,
                          const std::string& machine) {
  const ordered_json stored = last_result(e, r);
  if (stored.is_null()) return ordered_json::object();
  const std::string file = results_file(e, r).string();
  check<FileError>(stored.value("recipe", ordered_json()) == e.recipe,
                   "{}: measured by another recipe; choose another --results", file);
  const std::string there = stored.value("machine", "an unknown machine");
  check<FileError>(there == machine,
                   "{}: measured on another machine ({}, here {}); choose another --results", file,
                   there, machine);
  return stored["cells"];
}

Finding conclude(const Experiment& e, const ExperimentRequest& r, const ordered_json& cells) {
  try {
    return e.conclude(cells, r.options);
  } catch (const nlohmann::json::exception& error) {
    throw FileError(
        fmt::format("{}: a cell lacks a figure: {}", results_file(e, r).string(), error.what()));
  }
}

}  // namespace

ordered_json run_experiment(const Experiment& e, const ExperimentRequest& r) {
  const std::string machine = fmt::format("{}, {} threads", kernels::describe(), num_threads());
  ordered_json results{{"experiment", e.name},
                       {"claim", e.claim},
                       {"source", e.source},
                       {"recipe", e.recipe},
                       {"command", command_of(e, r.options)},
                       {"machine", machine},
                       {"quick", r.options.quick},
                       {"cells", stored_cells(e, r, machine)}};
  const std::filesystem::path file = results_file(e, r);
  std::filesystem::create_directories(r.results);
  const std::vector<Cell> cells = e.cells(r.options);
  Progress progress(e.name, static_cast<int64_t>(cells.size()), 0, r.quiet);
  int64_t done = 0;
  for (const Cell& cell : cells) {
    if (!results["cells"].contains(cell.name)) {
      if (stop_signal() != 0 || out_of_time(r)) return results;
      ordered_json figures = cell.measure();
      if (stop_signal() != 0) return results;  // it may have ended early
      results["cells"][cell.name] = std::move(figures);
      write_file_atomically(file, results.dump(1) + "\n");
    }
    progress.update(++done, cell.name);
  }
  const Finding f = conclude(e, r, results["cells"]);
  results["outcome"] = to_text(f.outcome);
  results["finding"] = f.sentence;
  results["table"] = f.table;
  results["charts"] = write_charts(e, r, f.charts);
  write_file_atomically(file, results.dump(1) + "\n");
  write_page(e, f, results, std::filesystem::path(file).replace_extension(".html"));
  return results;
}

std::string finding_text(const Experiment& e, const ordered_json& results) {
  const auto table = results.at("table").get<std::vector<std::vector<std::string>>>();
  std::vector<size_t> widths(table.front().size());
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += fmt::format("{}{:{}}{}", i == 0 ? "" : "  ", row[i], widths[i],
                          i + 1 == row.size() ? "\n" : "");
    }
  }
  return text + fmt::format("\n{}.\nVerdict: {}. {}\n({})\n", e.claim,
                            results.at("outcome").get<std::string>(),
                            results.at("finding").get<std::string>(), circumstances(results));
}

}  // namespace gradus
