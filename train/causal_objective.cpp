#include "train/causal_objective.h"

#include "nn/generate.h"
#include "nn/pretrained/gpt2.h"
#include "train/evaluation.h"

namespace gradus {
namespace {

// What a sample begins with: what stands before a document; else a new line, or the first token of
// a vocabulary that has none.
std::vector<int32_t> sample_start(const Tokenizer& tokenizer, std::optional<int32_t> separator) {
  if (separator) return {*separator};
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (tokenizer.decode(std::span(&id, 1)) == "\n") return {id};
  }
  return {0};
}

}  // namespace

CausalObjective::CausalObjective(const TrainingOptions& o, TrainingCorpus corpus)
    : corpus_(std::move(corpus)),
      model_(o.model),
      loader_(corpus_.train, {.batch_size = o.batch_size,
                              .block_size = o.model.block_size,
                              .seed = o.seed,
                              .separator = corpus_.separator}) {
  model_.recompute = o.activation_checkpointing;
}

Objective::Losses CausalObjective::backward(int64_t count) {
  std::vector<Batch> batches;
  int64_t targets = 0;
  for (int64_t i = 0; i < count; ++i) {
    batches.push_back(loader_.next());
    targets += count_targets(batches.back().targets);
  }
  double total = 0;
  for (const Batch& batch : batches) {
    const real share = static_cast<real>(count_targets(batch.targets)) / static_cast<real>(targets);
    const Tensor loss = share * model_.loss(batch.ids, batch.targets);  // ()
    loss.backward();
    total += static_cast<double>(loss.item());
  }
  return {.loss = total};
}

Objective::Losses CausalObjective::validate(int64_t batches) {
  const auto& [batch_size, block_size, seed, separator] = loader_.config();
  return {.loss = evaluate(model_, corpus_.val, batch_size, block_size, batches, separator).loss};
}

std::string CausalObjective::sample(uint64_t seed) {
  const std::vector<int32_t> start = sample_start(corpus_.tokenizer, corpus_.separator);
  const GenerateOptions options{
      .max_new_tokens = 300, .seed = seed, .stop_token = corpus_.separator.value_or(-1)};
  return corpus_.tokenizer.decode(generate(model_, start, options));
}

int64_t CausalObjective::tokens_per_batch() const {
  return loader_.config().batch_size * loader_.config().block_size;
}

int64_t CausalObjective::validation_batches() const {
  const auto& [batch_size, block_size, seed, separator] = loader_.config();
  return EvaluationBlocks(corpus_.val, batch_size, block_size, separator).size();
}

std::string CausalObjective::about() const {
  return fmt::format("{} parameters, vocabulary {}, {} tokens, {} to validate",
                     model_.num_parameters(), model_.config.vocab_size, corpus_.train.size(),
                     corpus_.val.size());
}

void CausalObjective::save(const std::filesystem::path& directory) const {
  save_gpt2(model_, directory);
}

void CausalObjective::load(const std::filesystem::path& directory) {
  load_gpt2_weights(model_, directory);
}

}  // namespace gradus
