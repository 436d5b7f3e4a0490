#include "train/run_command.h"

#include <algorithm>
#include <string_view>

#include "train/commands.h"
#include "train/signals.h"

namespace gradus {
namespace {

// A resumed run is the same run: the text may have moved, a session may be short or silent, and
// what is written and said at its end may change.
void check_no_settings(const CLI::App& command) {
  constexpr std::string_view harmless[] = {"--resume",         "--data",           "--train",
                                           "--stop-after",     "--quiet",          "--beams",
                                           "--length-penalty", "--max-new-tokens", "--json"};
  for (const CLI::Option* option : command.get_options()) {
    const bool is_setting = std::ranges::count(harmless, option->get_name()) == 0;
    if (is_setting && option->count() > 0)
      throw CLI::ValidationError("--resume",
                                 "a run goes on with the settings it began with; give no others");
  }
}

}  // namespace

std::vector<CLI::Option*> add_beginnings(CLI::App& command, std::string& preset, std::string& init,
                                         const char* presets) {
  CLI::Option* shape = command.add_option("--preset", preset, presets)->capture_default_str();
  CLI::Option* model =
      command.add_option("--init", init, "Model directory to begin from: weights and tokenizer")
          ->check(CLI::ExistingDirectory)
          ->excludes(shape);
  return {shape, model};
}

void add_run_options(CLI::App& command, RunRequest& run, std::vector<CLI::Option*> beginnings,
                     const char* about_minutes) {
  beginnings.push_back(command.add_option("--out", run.folder, "Run folder to make"));
  const auto go_on = [&run](const std::string& folder) {
    run.folder = folder;
    run.resume = !folder.empty();
  };
  CLI::Option* resume =
      command.add_option_function<std::string>("--resume", go_on, "Run folder to go on with");
  for (CLI::Option* beginning : beginnings) resume->excludes(beginning);
  command.add_option("--minutes", run.minutes, about_minutes)->check(Between(0.1, 1e6));
  command
      .add_option("--stop-after", run.stop_after,
                  "Save and stop after so many steps, to be resumed")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--quiet", run.quiet, "No progress");
  command.add_flag("--dry-run", run.dry_run,
                   "Parameters, memory and time per step, measured; no training");
}

void check_run_command(const CLI::App& command, const RunRequest& run,
                       const std::vector<std::string>& needed) {
  if (run.resume) return check_no_settings(command);
  std::vector<std::string> all = needed;
  if (!run.dry_run) all.push_back("--out");
  for (const std::string& name : all) {
    if (command.count(name) == 0) throw CLI::RequiredError(name);
  }
  if (run.minutes > 0 && command.count("--steps") > 0)
    throw CLI::ExcludesError("--minutes", "--steps");
}

void exit_if_stopped(const std::string& command, const RunRequest& run) {
  if (stop_signal() == 0) return;
  std::fprintf(stderr, "stopped and saved; go on with: gradus %s --resume %s\n", command.c_str(),
               run.folder.c_str());
  throw Exit{128 + stop_signal()};
}

}  // namespace gradus
