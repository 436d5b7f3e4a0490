#include "train/bench_models.h"

#include <chrono>

#include "autograd/ops.h"
#include "nn/bert.h"
#include "nn/gpt.h"
#include "train/bert_options.h"
#include "train/presets.h"

namespace gradus {
namespace {

Tokens random_tokens(const Shape& shape, int64_t vocab_size, Draw draw) {
  const Tensor numbers = rand(shape, draw);
  Tokens tokens(shape);
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    tokens.data()[i] = static_cast<int32_t>(numbers.data()[i] * static_cast<real>(vocab_size));
  }
  return tokens;
}

class GPTBench : public Bench {
 public:
  GPTBench(const Preset& preset, Precision precision, uint64_t seed)
      : Bench(precision),
        model_(shape(preset, seed)),
        ids_(random_tokens({preset.batch_size, preset.bench_sequence}, model_.config.vocab_size,
                           Draw{seed, 1})),
        targets_(random_tokens(ids_.shape, model_.config.vocab_size, Draw{seed, 2})) {
    optimizer_.emplace(
        model_.named_parameters(),
        AdamOptions{.lr = preset.lr, .beta2 = preset.beta2, .weight_decay = real(0.1)});
  }
  int64_t tokens() const override { return ids_.numel(); }
  bool causal() const override { return true; }
  Floor floor() const override {
    return measure_floor(model_.config, precision_, ids_.dim(0), ids_.dim(1),
                         model_.num_parameters());
  }

 private:
  static GPTConfig shape(const Preset& preset, uint64_t seed) {
    manual_seed(seed);
    GPTConfig config = preset.model;
    if (preset.name != "gpt2") config.vocab_size = 65;  // tiny Shakespeare's characters
    config.dropout = 0;
    return config;
  }
  Tensor loss() const override { return model_.loss(ids_, targets_); }
  const Module& model() const override { return model_; }

  GPT model_;
  Tokens ids_, targets_;
};

// Masked tokens and next sentences of BERT-mini: 16 sequences of 128 tokens, 19 of which are to be
// predicted, out of BERT's vocabulary.
class BERTBench : public Bench {
 public:
  BERTBench(Precision precision, uint64_t seed)
      : Bench(precision),
        model_(shape(seed), true),
        ids_(random_tokens({B, T}, model_.config().vocab_size, Draw{seed, 1})),
        targets_(random_tokens({B * targets_per_row}, model_.config().vocab_size, Draw{seed, 2})),
        is_random_(random_tokens({B}, 2, Draw{seed, 3})) {
    for (int64_t i = 0; i < positions_.numel(); ++i) {
      const int64_t row = i / targets_per_row, place = i % targets_per_row;
      positions_.data()[i] = static_cast<int32_t>(row * T + place * T / targets_per_row);
    }
    optimizer_.emplace(
        model_.named_parameters(),
        AdamOptions{.lr = real(1e-4), .eps = real(1e-6), .weight_decay = real(0.01)});
  }
  int64_t tokens() const override { return ids_.numel(); }
  bool causal() const override { return false; }
  Floor floor() const override {
    return measure_floor(model_.config(), precision_, B, T, positions_.numel(),
                         model_.num_parameters());
  }

 private:
  static constexpr int64_t B = 16, T = 128, targets_per_row = 19;  // round(0.15 T)
  static BERTConfig shape(uint64_t seed) {
    manual_seed(seed);
    return bert_options_from("mini").model;
  }
  Tensor loss() const override {
    const Tensor x = model_.bert.hidden(ids_, Tokens({B, T}));  // (B, T, C)
    const Tensor masked = cross_entropy(model_.mlm(rows_at(x, positions_)), targets_);
    return masked + cross_entropy((*model_.nsp)((*model_.pooler)(x)), is_random_);
  }
  const Module& model() const override { return model_; }

  BERTForPreTraining model_;
  Tokens ids_, targets_, is_random_;
  Tokens positions_{Shape{B * targets_per_row}};
};

constexpr const char* bert_mini = "bert-mini";

}  // namespace

double Bench::step() {
  const PrecisionMode products(precision_);
  const auto start = std::chrono::steady_clock::now();
  loss().backward();
  const double norm = grad_norm(model().named_parameters());
  optimizer_->step(clip_scale(norm, 1));
  optimizer_->zero_grad();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void Bench::step(Profiler& profiler) {
  const PrecisionMode products(precision_);
  const int64_t parameters = model().num_parameters();
  profiler.start_step();
  profiler.backward(profiler.forward([&] { return loss(); }));
  const double norm = grad_norm(model().named_parameters());
  profiler.lap("grad_norm", norm_work(parameters));
  optimizer_->step(clip_scale(norm, 1));
  profiler.lap("AdamW", adam_work(parameters));
  optimizer_->zero_grad();
  profiler.lap("zero_grad");
  profiler.end_step();
}

std::vector<std::string> bench_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    if (preset.bench_sequence > 0) names.push_back(preset.name);
  }
  names.push_back(bert_mini);
  return names;
}

std::unique_ptr<Bench> make_bench(const std::string& name, Precision precision, uint64_t seed) {
  if (name == bert_mini) return std::make_unique<BERTBench>(precision, seed);
  return std::make_unique<GPTBench>(find_preset(name), precision, seed);
}

}  // namespace gradus
