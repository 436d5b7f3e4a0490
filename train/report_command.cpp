// gradus report: draws report.html of a run again.

#include <fmt/format.h>

#include "train/commands.h"
#include "train/report.h"

namespace gradus {

void add_report(CLI::App& program) {
  auto run = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("report", "Draw a run: report.html in its folder");
  command->add_option("run", *run, "Run folder")->required();
  command->callback([run] {
    write_report(*run);
    fmt::print("{}\n", (std::filesystem::path(*run) / "report.html").string());
  });
}

}  // namespace gradus
