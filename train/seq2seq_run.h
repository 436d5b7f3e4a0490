#pragma once
// A run in a folder that trains an encoder-decoder: begun or gone on with, on spoiled texts or on
// pairs.

#include <filesystem>
#include <functional>

#include "train/run_request.h"
#include "train/seq2seq_objective.h"

namespace gradus {

struct Seq2SeqRequest {
  RunRequest run;
  Seq2SeqOptions options;
};

/// What follows the last step: figures of the finished model in its folder.
using AtTheEnd = std::function<void(const Seq2SeqObjective& trained, const Seq2SeqOptions& options,
                                    const std::filesystem::path& folder)>;

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// Throws FileError and ValueError for data, a folder or settings that do not serve, and FileError
/// for a resumed run that learns from another kind of data.
void train_seq2seq(const Seq2SeqRequest& request, const AtTheEnd& at_the_end = {});

}  // namespace gradus
