#pragma once
// Small BERTs on the built-in stories: what experiments about encoders compare.

#include "train/distill_options.h"
#include "train/experiments/figures.h"
#include "train/objective.h"
#include "train/pretraining_corpus.h"

namespace gradus {

/// 2 layers, 4 heads, 128 wide, by the recipe that leaves the frequencies soonest
/// (docs/results.md): 2,000 steps, or 20 if quick.
BERTOptions small_bert(const ExperimentOptions& options, uint64_t seed);

/// The stories; all of them to train on, or so many.
PretrainingCorpus bert_stories(int64_t most_documents = 0);

/// Takes all steps; a signal ends them.
void take_steps(const RunOptions& options, Objective& objective);

}  // namespace gradus
