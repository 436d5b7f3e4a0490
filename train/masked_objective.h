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

/// A BERT and its batches of masked text; what is learned from them is up to the objective.
class BERTObjective : public Objective {
 public:
  BERTForPreTraining& model() override { return model_; }
  int64_t tokens_per_batch() const override;
  int64_t validation_batches() const override { return blocks_.size(); }
  uint64_t position() const override { return position_; }
  void seek(uint64_t position) override { position_ = position; }
  void save(const std::filesystem::path& directory) const override;
  void load(const std::filesystem::path& directory) override;

 protected:
  BERTObjective(BERTForPreTraining model, const MaskedTextOptions& options,
                const PretrainingCorpus& corpus);
  /// The next batches to learn from.
  std::vector<MaskedBatch> next_batches(int64_t count);
  /// A held-out batch to show.
  MaskedBatch sample_batch(uint64_t seed) const;

  WordPieceTokenizer tokenizer_;
  BERTForPreTraining model_;
  PretrainingLoader loader_;
  PretrainingBlocks blocks_;  // held out

 private:
  virtual MaskedBatch training_batch(uint64_t k) { return loader_.batch(k); }

  uint64_t position_ = 0;
};

class MaskedObjective : public BERTObjective {
 public:
  /// A fresh model, drawn from the seed of the default generator.
  MaskedObjective(const BERTOptions& options, const PretrainingCorpus& corpus);

  Losses backward(int64_t batches) override;
  Losses validate(int64_t batches) override;
  /// Some held-out text with its masks and the five likeliest tokens for each.
  std::string sample(uint64_t seed) override;
  std::string about() const override;

 private:
  MaskedBatch training_batch(uint64_t k) override;

  real next_weight_;
  PretrainingConfig short_config_;
  uint64_t short_batches_;                         // that come first
  std::optional<PretrainingLoader> short_loader_;  // while they last
};

}  // namespace gradus
