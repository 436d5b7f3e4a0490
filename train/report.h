#pragma once
// report.html: a run to look at. One file, no network, light and dark.

#include <filesystem>
#include <optional>
#include <string>

#include "data/ngram.h"

namespace gradus {

/// What a run's curves are read against: baselines.json in its folder.
struct ReferenceLines {
  Baselines baselines;
  std::optional<double> floor = {};  // nats per token, where the text's entropy is known
  int64_t train_tokens = 0;
};

void save_reference_lines(const ReferenceLines& lines, const std::filesystem::path& run);

/// What a run is called: the name of its folder.
std::string run_name(const std::filesystem::path& run);

/// Says on standard error what the curves of a run say, and what looks wrong in them; nothing if
/// there are none.
void say_verdict(const std::filesystem::path& run);

/// Writes report.html from what the run folder holds: metrics.jsonl, baselines.json, samples,
/// training.json and config.json. Throws FileError if the folder holds no run.
void write_report(const std::filesystem::path& run);

}  // namespace gradus
