#pragma once
// Text to text: an encoder reads a source, a decoder predicts each token of its target from those
// before (Sutskever et al. 2014; Vaswani et al. 2017; Raffel et al. 2020). The loss is the mean
// over the targets' tokens.

#include "train/objective.h"
#include "train/report.h"
#include "train/seq2seq_data.h"

namespace gradus {

class Seq2SeqObjective : public Objective {
 public:
  /// A fresh model, drawn from the seed of the default generator.
  Seq2SeqObjective(const Seq2SeqOptions& options, Seq2SeqData data);

  EncoderDecoder& model() override { return model_; }
  Losses backward(int64_t batches) override;
  Losses validate(int64_t batches) override;
  /// Some sources that are held out, what the model writes for them, and what it should have.
  std::string sample(uint64_t seed) override;
  /// Of source and target, padding included, in the mean of a few batches.
  int64_t tokens_per_batch() const override { return tokens_per_batch_; }
  int64_t validation_batches() const override { return data_.held_out_batches; }
  std::string about() const override;
  uint64_t position() const override { return position_; }
  void seek(uint64_t position) override { position_ = position; }
  void save(const std::filesystem::path& directory) const override;
  void load(const std::filesystem::path& directory) override;

  const EncoderDecoder& model() const { return model_; }
  const Seq2SeqData& data() const { return data_; }

 private:
  Seq2SeqData data_;
  EncoderDecoder model_;
  int64_t target_length_;
  int64_t tokens_per_batch_;
  uint64_t position_ = 0;
};

/// The mean loss over the targets of batch(0) ... batch(count - 1), without dropout.
double mean_target_loss(const EncoderDecoder& model,
                        const std::function<Seq2SeqBatch(int64_t i)>& batch, int64_t count);

/// What the curves are read against: models that look at no source, only at the targets before.
ReferenceLines target_lines(const Seq2SeqData& data, int64_t vocab_size);

}  // namespace gradus
