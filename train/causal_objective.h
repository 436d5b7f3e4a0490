#pragma once
// Next-token prediction with a GPT (Radford et al. 2019).

#include "data/batches.h"
#include "nn/gpt.h"
#include "train/objective.h"
#include "train/training_corpus.h"

namespace gradus {

class CausalObjective : public Objective {
 public:
  /// A fresh model, drawn from the seed of the default generator.
  CausalObjective(const TrainingOptions& options, TrainingCorpus corpus);

  GPT& model() override { return model_; }
  Losses backward(int64_t batches) override;
  Losses validate(int64_t batches) override;
  /// Some text; where there are documents, one of them.
  std::string sample(uint64_t seed) override;
  int64_t tokens_per_batch() const override;
  int64_t validation_batches() const override;
  std::string about() const override;
  uint64_t position() const override { return loader_.position(); }
  void seek(uint64_t position) override { loader_.seek(position); }
  void save(const std::filesystem::path& directory) const override;
  void load(const std::filesystem::path& directory) override;

  const CausalLoader& loader() const { return loader_; }

 private:
  TrainingCorpus corpus_;
  GPT model_;
  CausalLoader loader_;
};

}  // namespace gradus
