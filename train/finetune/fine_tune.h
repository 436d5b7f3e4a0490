#pragma once
// Fine-tuning: the weights of a pre-trained model and a new head learn a task together (Devlin et
// al. 2019, §4 and appendix A.3). Few examples need many passes: what matters is the number of
// steps (Mosbach et al. 2021, "On the stability of fine-tuning BERT").

#include <functional>

#include "nn/task_model.h"
#include "optim/optimizer.h"
#include "tensor/precision.h"
#include "train/finetune/examples.h"

namespace gradus {

struct FineTuneOptions {
  int64_t epochs = 3;
  int64_t min_steps = 300;  // as many epochs as this takes, if that is more
  int64_t batch_size = 32;
  real lr = real(1e-3);
  real warmup = real(0.1);  // share of the steps in which lr rises; then it falls to 0, linearly
  real weight_decay = real(0.01);
  real clip = 1;         // largest gradient norm
  real layer_decay = 1;  // each layer's lr as a share of the one above (Clark et al. 2020, ELECTRA)
  bool freeze = false;   // only the linear layer learns; what is below is read without dropout
  int64_t evaluations = 10;  // at most; fewer where they would take longer than the learning
  int64_t patience = 0;      // evaluations without a better one after which it ends; 0: never
  uint64_t seed = 0;         // of batches and dropout
  Precision precision = Precision::float32;  // of products in learning; figures are in float32

  int64_t steps_for(int64_t examples) const;
  /// Throws ValueError naming the first impossible setting.
  void check() const;
};

struct FineTuneStep {
  int64_t step = 0, steps = 0;  // steps done, of all
  double loss = 0;              // of this step's batch
  const Score* dev = nullptr;   // if there was an evaluation after this step
};

struct FineTuned {
  int64_t steps = 0;      // done
  int64_t best_step = 0;  // after which the weights that are kept were best
  Score dev = {};         // of those weights
  bool stopped = false;   // by a signal
};

/// Trains the model on `train` and leaves it with the weights that scored best on `dev`. Restarts
/// the default generator with the seed: the same call gives the same bits. Ends early on a signal.
/// Throws ValueError if a loss or a gradient is not finite.
FineTuned fine_tune(TaskModel& model, const Examples& train, const Examples& dev,
                    const FineTuneOptions& options,
                    const std::function<void(const FineTuneStep&)>& report = {});

/// What multiplies the learning rate of a task model's parameter: decay^d, where the head and the
/// norm below it have d = 0, the top layer 1, the bottom one n_layer and the embeddings one more.
real layer_lr_scale(const std::string& name, int64_t n_layer, real decay);

}  // namespace gradus
