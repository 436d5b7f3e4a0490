// gradus-conformance FILE [--verbose] [--json]: answers a file of operator cases (case.h) with
// gradus. Exit code 0 if none failed, 1 if one did or the file cannot be read, 2 for wrong usage.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "tensor/errors.h"
#include "tests/conformance/runner.h"

namespace gradus::conformance {
namespace {

constexpr std::array<const char*, 3> names = {"passed", "failed", "unsupported"};

struct Report {
  std::array<int64_t, 3> counts{};
  nlohmann::json cases = nlohmann::json::array();

  void add(const std::string& name, const Result& result) {
    const auto outcome = static_cast<size_t>(result.outcome);
    ++counts[outcome];
    cases.push_back({{"case", name}, {"outcome", names[outcome]}, {"reason", result.reason}});
  }

  void print_json() const {
    const nlohmann::json report = {
        {"passed", counts[0]}, {"failed", counts[1]}, {"unsupported", counts[2]}, {"cases", cases}};
    fmt::print("{}\n", report.dump());
  }

  // Failures are always worth a line.
  void print_text(bool verbose) const {
    for (const nlohmann::json& entry : cases) {
      const std::string name = entry["case"], outcome = entry["outcome"], reason = entry["reason"];
      if (!verbose && outcome != "failed") continue;
      fmt::print("{:<12}{}{}{}\n", outcome, name, reason.empty() ? "" : ": ", reason);
    }
    fmt::print("{} passed, {} failed, {} unsupported\n", counts[0], counts[1], counts[2]);
  }
};

int run(const std::string& path, bool verbose, bool json) {
  Report report;
  for (const Case& source : read_cases(path)) report.add(source.name, run_case(source));
  check<FileError>(!report.cases.empty(), "{}: no cases", path);
  json ? report.print_json() : report.print_text(verbose);
  return report.counts[1] == 0 ? 0 : 1;
}

}  // namespace
}  // namespace gradus::conformance

int main(int argc, char** argv) {
  CLI::App app("Answers a file of ONNX operator cases with gradus.");
  std::string path;
  bool verbose = false, json = false;
  app.add_option("FILE", path, "cases, one JSON object per line")->required();
  app.add_flag("--verbose", verbose, "print every case, with the reason if it did not pass");
  app.add_flag("--json", json, "print one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return gradus::conformance::run(path, verbose, json);
  } catch (const std::exception& error) {
    fmt::print(stderr, "gradus-conformance: {}\n", error.what());
    return 1;
  }
}
