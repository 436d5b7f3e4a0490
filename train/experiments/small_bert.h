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

/// Names in sentences, learned from so many labels by a network of this shape, from pre-trained
/// weights or, without any, from random ones: F1 of held-out entities after the last step, in %.
double names_f1(const BERTForPreTraining* pretrained, const BERTConfig& shape, int64_t label_count,
                uint64_t seed, const ExperimentOptions& options);

/// Takes all steps; a signal ends them.
void take_steps(const RunOptions& options, Objective& objective);

}  // namespace gradus
