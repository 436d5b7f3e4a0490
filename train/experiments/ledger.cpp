// The ledger: every claim with what was measured, made from the results files alone.

#include <fmt/ranges.h>

#include "data/file.h"
#include "tensor/errors.h"
#include "train/experiments/runner.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;
using Table = std::vector<std::vector<std::string>>;

constexpr std::string_view begin_mark = "<!-- ledger -->\n", end_mark = "<!-- /ledger -->\n";

bool is_concluded(const ordered_json& results) {
  return results.is_object() && results.contains("outcome");
}

std::string markdown_table(const Table& table) {
  std::string text = fmt::format("| {} |\n|", fmt::join(table.front(), " | "));
  for (size_t i = 0; i < table.front().size(); ++i) text += "---|";
  text += "\n";
  for (size_t row = 1; row < table.size(); ++row) {
    text += fmt::format("| {} |\n", fmt::join(table[row], " | "));
  }
  return text;
}

std::vector<std::string> ledger_row(const Experiment& e, const ordered_json& results) {
  if (!is_concluded(results)) {
    return {e.claim, e.source, "not measured yet", "",
            fmt::format("`gradus experiment {}`", e.name)};
  }
  return {e.claim, e.source, fmt::format("**{}**", results["outcome"].get<std::string>()),
          results["finding"].get<std::string>(),
          fmt::format("[`{}`](#{})", results["command"].get<std::string>(), e.name)};
}

std::string details(const Experiment& e, const ordered_json& results) {
  std::string text = fmt::format("### {}\n\n{}.\n\n", e.name, e.claim);
  for (const ordered_json& chart : results.value("charts", ordered_json::array())) {
    text += fmt::format("![{}](results/{})\n\n", e.name, chart.get<std::string>());
  }
  return text + markdown_table(results["table"].get<Table>()) +
         fmt::format("\n`{}` on {}\n\n", results["command"].get<std::string>(),
                     results["machine"].get<std::string>());
}

}  // namespace

std::string ledger(const ExperimentRequest& request) {
  Table table{{"claim", "source", "verdict", "measured", "command"}};
  std::string all;
  for (const Experiment& e : experiments()) {
    const ordered_json results = last_result(e, request);
    table.push_back(ledger_row(e, results));
    if (is_concluded(results)) all += details(e, results);
  }
  return markdown_table(table) + "\n" + all;
}

void write_ledger(const ExperimentRequest& request, const std::filesystem::path& file) {
  const std::string text = read_file(file);
  const size_t begin = text.find(begin_mark), end = text.find(end_mark);
  check<FileError>(begin != std::string::npos && end != std::string::npos && begin < end,
                   "{}: there are no lines <!-- ledger --> and <!-- /ledger --> in it",
                   file.string());
  const size_t inside = begin + begin_mark.size();
  write_file_atomically(file, text.substr(0, inside) + ledger(request) + text.substr(end));
}

}  // namespace gradus
