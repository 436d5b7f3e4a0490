#pragma once
// Learner: a model, its optimizer and its batches, one optimizer step at a time. When to step, to
// validate and to save is the Trainer's business.

#include "data/batches.h"
#include "nn/gpt.h"
#include "optim/optimizer.h"
#include "train/training_corpus.h"

namespace gradus {

class Learner {
 public:
  /// A fresh model, drawn from the seed of the default generator.
  Learner(const TrainingOptions& options, const TrainingCorpus& corpus);

  struct Step {
    double loss;       // nats per token, mean of the step's targets
    double grad_norm;  // before clipping
  };
  /// One step at this learning rate: forward and backward over all micro-batches, clipping,
  /// update. Throws ValueError, which names `step`, before the weights are touched if loss or norm
  /// is not finite.
  Step step(int64_t step, real lr);
  /// Tokens that a step reads.
  int64_t tokens_per_step() const;

  GPT model;
  AdamW optimizer;
  CausalLoader loader;

 private:
  double compute_gradients();

  int64_t accumulation_;
  double largest_norm_;
};

}  // namespace gradus
