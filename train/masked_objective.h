#pragma once
// BERT's pre-training: masked language modelling and next-sentence prediction (Devlin et al. 2019,
// §3.1). The loss is the mean over masked tokens plus `next_weight` times the mean over pairs.

#include <functional>
#include <optional>

#include "data/pretraining_batches.h"
#include "nn/bert.h"
#include "train/objective.h"
#include "train/pretraining_corpus.h"

namespace gradus {

/// What the two heads say of a batch.
struct MaskedPrediction {
  Tokens targets;  // (N) of the N predicted tokens of the batch
  Tokens hiding;   // (N) Hiding of each
  Tensor masked;   // (N, V) logits
  Tensor next;     // (B, 2) logits; undefined without next-sentence prediction
};
MaskedPrediction predict(const BERTForPreTraining& model, const MaskedBatch& batch);

/// Where the predicted tokens stand among all B T, counted row by row -> (N)
Tokens predicted_positions(const MaskedBatch& batch);

/// The loss over the first `batches` of the blocks, with its parts. `on_batch` hears how many are
/// done.
Objective::Losses measure(const BERTForPreTraining& model, const PretrainingBlocks& blocks,
                          int64_t batches, real next_weight = 1,
                          const std::function<void(int64_t)>& on_batch = {});

class MaskedObjective : public Objective {
 public:
  /// A fresh model, drawn from the seed of the default generator.
  MaskedObjective(const BERTOptions& options, const PretrainingCorpus& corpus);

  BERTForPreTraining& model() override { return model_; }
  Losses backward(int64_t batches) override;
  Losses validate(int64_t batches) override;
  /// Some held-out text with its masks and the five likeliest tokens for each.
  std::string sample(uint64_t seed) override;
  int64_t tokens_per_batch() const override;
  int64_t validation_batches() const override { return blocks_.size(); }
  std::string about() const override;
  uint64_t position() const override { return position_; }
  void seek(uint64_t position) override { position_ = position; }
  void save(const std::filesystem::path& directory) const override;
  void load(const std::filesystem::path& directory) override;

 private:
  MaskedBatch next_batch();

  WordPieceTokenizer tokenizer_;
  BERTForPreTraining model_;
  PretrainingLoader loader_;
  PretrainingBlocks blocks_;
  real next_weight_;
  PretrainingConfig short_config_;
  uint64_t short_batches_;                         // that come first
  std::optional<PretrainingLoader> short_loader_;  // while they last
  uint64_t position_ = 0;
};

}  // namespace gradus
