#include "train/seq2seq_objective.h"

#include <algorithm>

#include "autograd/mode.h"
#include "nn/beam_search.h"
#include "nn/pretrained/encoder_decoder.h"

namespace gradus {
namespace {

constexpr int64_t shown_rows = 3;

int64_t mean_tokens(const Seq2SeqData& data) {
  constexpr uint64_t looked_at = 8;
  int64_t tokens = 0;
  for (uint64_t k = 0; k < looked_at; ++k) {
    const Seq2SeqBatch batch = data.batch(k);
    tokens += batch.source.numel() + batch.targets.numel();
  }
  return tokens / static_cast<int64_t>(looked_at);
}

// Row b of (B, T) tokens, up to the end token.
std::vector<int32_t> row_to_end(const Tokens& tokens, int64_t b, int32_t end) {
  const int32_t* const first = tokens.data() + b * tokens.dim(1);
  const int32_t* const last = std::find(first, first + tokens.dim(1), end);
  return {first, last + (last == first + tokens.dim(1) ? 0 : 1)};
}

// All targets in a row.
std::vector<int32_t> targets_of(const std::function<Seq2SeqBatch(int64_t)>& batch, int64_t count) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) {
    const Tokens targets = batch(i).targets;
    std::copy_if(targets.data(), targets.data() + targets.numel(), std::back_inserter(ids),
                 [](int32_t id) { return id != no_target; });
  }
  return ids;
}

}  // namespace

double mean_target_loss(const EncoderDecoder& model,
                        const std::function<Seq2SeqBatch(int64_t)>& batch, int64_t count) {
  const EvalMode evaluation;
  double nats = 0, targets = 0;
  for (int64_t i = 0; i < count; ++i) {
    const Seq2SeqBatch b = batch(i);
    const auto n = static_cast<double>(count_targets(b.targets));
    const Tensor loss = model.loss(b.source, b.source_mask, b.inputs, b.targets);
    nats += n * static_cast<double>(loss.item());
    targets += n;
  }
  return nats / std::max(1.0, targets);
}

ReferenceLines target_lines(const Seq2SeqData& data, int64_t vocab_size) {
  constexpr int64_t counted = 500;  // batches to count in
  const auto training = [&](int64_t k) { return data.batch(static_cast<uint64_t>(k)); };
  const std::vector<int32_t> train = targets_of(training, counted);
  const std::vector<int32_t> val = targets_of(data.held_out, data.held_out_batches);
  return {.baselines = baselines(train, val, vocab_size), .train_tokens = data.epoch};
}

Seq2SeqObjective::Seq2SeqObjective(const Seq2SeqOptions& o, Seq2SeqData data)
    : data_(std::move(data)),
      model_(o.model),
      target_length_(o.learns_pairs() ? o.target_length : o.source_length),
      tokens_per_batch_(mean_tokens(data_)) {
  model_.recompute = o.activation_checkpointing;
}

Objective::Losses Seq2SeqObjective::backward(int64_t count) {
  std::vector<Seq2SeqBatch> batches;
  int64_t targets = 0;
  for (int64_t i = 0; i < count; ++i) {
    batches.push_back(data_.batch(position_++));
    targets += count_targets(batches.back().targets);
  }
  double total = 0;
  for (const Seq2SeqBatch& b : batches) {
    const real share = static_cast<real>(count_targets(b.targets)) / static_cast<real>(targets);
    const Tensor loss = share * model_.loss(b.source, b.source_mask, b.inputs, b.targets);  // ()
    loss.backward();
    total += static_cast<double>(loss.item());
  }
  return {.loss = total};
}

Objective::Losses Seq2SeqObjective::validate(int64_t batches) {
  return {.loss = mean_target_loss(model_, data_.held_out, batches)};
}

std::string Seq2SeqObjective::sample(uint64_t seed) {
  const EvalMode evaluation;
  const auto chosen = static_cast<int64_t>(seed % static_cast<uint64_t>(data_.held_out_batches));
  const Seq2SeqBatch batch = data_.held_out(chosen);
  const int32_t end = data_.tokenizer.tokens().end;
  std::vector<std::vector<int32_t>> sources, targets;
  for (int64_t b = 0; b < std::min(shown_rows, batch.source.dim(0)); ++b) {
    sources.push_back(row_to_end(batch.source, b, end));
    targets.push_back(row_to_end(batch.targets, b, end));
  }
  const auto written = generate(model_, sources, target_length_);
  const auto shown = [&](const std::vector<int32_t>& ids) {
    return data_.tokenizer.decode(ids, true);
  };
  std::string text;
  for (size_t i = 0; i < sources.size(); ++i) {
    text += fmt::format("{}source  {}\nwrote   {}\ntarget  {}\n", i == 0 ? "" : "\n",
                        shown(sources[i]), shown(written[i]), shown(targets[i]));
  }
  return text;
}

std::string Seq2SeqObjective::about() const {
  return fmt::format("{} parameters, vocabulary {}, {}", model_.num_parameters(),
                     model_.config.vocab_size, data_.about);
}

void Seq2SeqObjective::save(const std::filesystem::path& directory) const {
  save_encoder_decoder(model_, directory);
}

void Seq2SeqObjective::load(const std::filesystem::path& directory) {
  load_encoder_decoder_weights(model_, directory);
}

}  // namespace gradus
