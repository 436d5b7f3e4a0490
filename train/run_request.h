#pragma once
// What every run is asked for: its folder, and how long to go on. The same for whatever is learned.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "train/model_kind.h"
#include "train/precision_option.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace gradus {

/// When a run ends, if it has a time.
using Deadline = std::optional<Trainer::Clock::time_point>;

struct RunRequest {
  std::string folder;   // the run folder
  bool resume = false;  // go on with the run in it; otherwise begin one with the options asked for,
                        // of which a resumed run takes only `data`, and that only if its text has
                        // moved
  double minutes = 0;   // end by then, whatever options.steps says; 0 for no limit
  int64_t stop_after = 0;  // save and stop after so many steps of this session; 0 goes to the end
  bool quiet = false;
  bool dry_run = false;  // say what the run would cost, and do not begin it

  /// When the minutes end that begin now.
  Deadline end() const {
    if (minutes == 0) return {};
    return Trainer::Clock::now() + std::chrono::nanoseconds(static_cast<int64_t>(60e9 * minutes));
  }
};

/// The settings that a run folder holds, as `read` finds them in training.json; the text may have
/// moved to `data` since. If this machine lacks the precision of the one before, the folder learns
/// that the rest of the run has another. Throws FileError for a run that `command` does not make.
template <class Options>
Options stored_settings(const std::string& command, RunFolder& folder, const std::string& data,
                        Options (*read)(const nlohmann::json& object, const std::string& file)) {
  nlohmann::json stored = folder.settings();
  check_command_of_run(command, stored, folder.path());
  Options options = read(stored, folder.settings_file().string());
  const Precision usable = training_precision(options.precision);
  if (usable != options.precision) {
    stored["precision"] = name_of(usable);
    folder.save_settings(stored);
    options.precision = usable;
  }
  if (!data.empty()) options.data = data;
  return options;
}

}  // namespace gradus
