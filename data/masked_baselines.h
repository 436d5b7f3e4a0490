#pragma once
// What the simplest models score on pre-training batches: the lines that BERT's losses are read
// against.

#include <span>

#include "data/pretraining_batches.h"

namespace gradus {

struct MaskedBaselines {
  /// Mean -ln p(w) over the targets with p(w) = (c(w) + 1) / (N + V) counted on the training text
  /// (Laplace), in nats: a network that loses less uses the context of the mask.
  double unigram_loss = 0;
  double unigram_accuracy = 0;  // of always guessing the most frequent word
  double majority_next = 0;     // accuracy of always giving the more frequent of the two answers
                                // about the next sentence; 0 without pairs
};

/// Counted on `train`, special tokens left out; measured on all batches. Throws ValueError if
/// `train` holds no word or the batches no target.
MaskedBaselines masked_baselines(std::span<const int32_t> train,
                                 const PretrainingVocabulary& vocabulary,
                                 const PretrainingBlocks& batches);

}  // namespace gradus
