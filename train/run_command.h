#pragma once
// The command line of a run in a folder, whatever is learned there: a run is begun with its
// settings or gone on with as it was, takes its time, and after a signal says how to go on.

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "train/run_request.h"

namespace gradus {

/// Adds --preset and --init, of which a run begins with one, and returns them.
std::vector<CLI::Option*> add_beginnings(CLI::App& command, std::string& preset, std::string& init,
                                         const char* presets);
/// Adds --out, --resume, which excludes it and all `beginnings`, --minutes, --stop-after, --quiet,
/// --dry-run.
void add_run_options(CLI::App& command, RunRequest& run, std::vector<CLI::Option*> beginnings,
                     const char* about_minutes);

/// Throws CLI::Error for a new run without a folder, or all else that it needs, or with both a time
/// and a number of steps, and for a resumed run that is to have other settings.
void check_run_command(const CLI::App& command, const RunRequest& run,
                       const std::vector<std::string>& needed);
/// Ends the program if a signal has ended the run; says how `command`, as one types it, goes on.
void exit_if_stopped(const std::string& command, const RunRequest& run);

}  // namespace gradus
