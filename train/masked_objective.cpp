#include "train/masked_objective.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "autograd/mode.h"
#include "data/batches.h"
#include "nn/pretrained/bert.h"
#include "train/filled_text.h"

namespace gradus {
namespace {

// Sums over batches, of which means are made.
struct Tally {
  double next_weight = 1;
  double masked_nats = 0, next_nats = 0;
  std::array<double, 4> predicted = {}, correct = {};  // by Hiding
  double pairs = 0, pairs_correct = 0;

  void add(const MaskedPrediction& p, double masked_loss) {
    const Tokens best = argmax(p.masked, -1);
    for (int64_t i = 0; i < p.targets.numel(); ++i) {
      const auto kind = static_cast<size_t>(p.hiding.data()[i]);
      predicted[kind] += 1;
      correct[kind] += best.data()[i] == p.targets.data()[i] ? 1 : 0;
    }
    masked_nats += masked_loss * static_cast<double>(p.targets.numel());
  }
  void add_pairs(const MaskedPrediction& p, const Tokens& is_random, double next_loss) {
    const Tokens best = argmax(p.next, -1);
    for (int64_t i = 0; i < best.numel(); ++i) {
      pairs_correct += best.data()[i] == is_random.data()[i] ? 1 : 0;
    }
    pairs += static_cast<double>(best.numel());
    next_nats += next_loss * static_cast<double>(best.numel());
  }
  Objective::Losses losses() const;
};

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

Objective::Losses Tally::losses() const {
  const double targets = std::accumulate(predicted.begin(), predicted.end(), 0.0);
  const double hits = std::accumulate(correct.begin(), correct.end(), 0.0);
  const double masked = ratio(masked_nats, targets);
  Objective::Losses result{
      .loss = masked, .measures = {{"mlm_loss", masked}, {"mlm_accuracy", ratio(hits, targets)}}};
  const std::pair<const char*, Hiding> kinds[] = {{"masked_accuracy", Hiding::masked},
                                                  {"replaced_accuracy", Hiding::replaced},
                                                  {"kept_accuracy", Hiding::kept}};
  for (const auto& [name, hiding] : kinds) {
    const auto kind = static_cast<size_t>(hiding);
    if (predicted[kind] > 0) result.measures.emplace_back(name, correct[kind] / predicted[kind]);
  }
  result.note = fmt::format("MLM {:.4f}, {:.1f} % right", masked, 100 * ratio(hits, targets));
  if (pairs == 0) return result;
  result.loss += next_weight * next_nats / pairs;
  result.measures.emplace_back("nsp_loss", next_nats / pairs);
  result.measures.emplace_back("nsp_accuracy", pairs_correct / pairs);
  result.note +=
      fmt::format("; NSP {:.4f}, {:.1f} % right", next_nats / pairs, 100 * pairs_correct / pairs);
  return result;
}

double value(const Tensor& loss) { return static_cast<double>(loss.item()); }

// Rows of a batch's (B, T) tokens at flat positions.
Tokens taken(const Tokens& all, const Tokens& positions) {
  Tokens result(positions.shape);
  for (int64_t i = 0; i < positions.numel(); ++i) {
    result.data()[i] = all.data()[positions.data()[i]];
  }
  return result;
}

int64_t count_pairs(const MaskedBatch& batch) {
  return batch.is_random.data()[0] == no_target ? 0 : batch.is_random.numel();
}

// The likeliest five tokens of one row of logits (N, V), with their probabilities.
std::string top_five(const Tensor& logits, int64_t row, const WordPieceTokenizer& tokenizer) {
  const Tensor p = softmax(logits.narrow(0, row, 1), -1).contiguous();
  std::vector<int32_t> ids(static_cast<size_t>(p.numel()));
  std::iota(ids.begin(), ids.end(), 0);
  const size_t shown = std::min<size_t>(5, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown), ids.end(),
                    [&](int32_t a, int32_t b) { return p.data()[a] > p.data()[b]; });
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    text +=
        fmt::format("{}{} {:.2f}", i == 0 ? "" : ", ",
                    tokenizer.vocabulary().tokens[static_cast<size_t>(ids[i])], p.data()[ids[i]]);
  }
  return text;
}

}  // namespace

Tokens predicted_positions(const MaskedBatch& batch) {
  std::vector<int32_t> positions;
  for (int64_t i = 0; i < batch.targets.numel(); ++i) {
    if (batch.targets.data()[i] != no_target) positions.push_back(static_cast<int32_t>(i));
  }
  return Tokens({static_cast<int64_t>(positions.size())}, positions);
}

MaskedPrediction predict(const BERTForPreTraining& model, const MaskedBatch& batch) {
  const Tensor x = model.bert.hidden(batch.ids, batch.types, batch.key_mask);  // (B, T, C)
  const Tokens positions = predicted_positions(batch);
  return {
      .targets = taken(batch.targets, positions),
      .hiding = taken(batch.hiding, positions),
      .masked = model.mlm(rows_at(x, positions)),
      .next = model.nsp && count_pairs(batch) > 0 ? (*model.nsp)((*model.pooler)(x)) : Tensor()};
}

Objective::Losses measure(const BERTForPreTraining& model, const PretrainingBlocks& blocks,
                          int64_t batches, real next_weight,
                          const std::function<void(int64_t)>& on_batch) {
  const EvalMode evaluation;
  Tally tally{.next_weight = static_cast<double>(next_weight)};
  for (int64_t i = 0; i < batches; ++i) {
    const MaskedBatch batch = blocks[i];
    const MaskedPrediction p = predict(model, batch);
    tally.add(p, value(cross_entropy(p.masked, p.targets)));
    if (p.next.defined())
      tally.add_pairs(p, batch.is_random, value(cross_entropy(p.next, batch.is_random)));
    if (on_batch) on_batch(i + 1);
  }
  return tally.losses();
}

BERTObjective::BERTObjective(BERTForPreTraining model, const MaskedTextOptions& o,
                             const PretrainingCorpus& corpus)
    : tokenizer_(corpus.tokenizer),
      model_(std::move(model)),
      loader_(corpus.train, PretrainingVocabulary(corpus.tokenizer), o.batches()),
      blocks_(corpus.validation(o)) {
  model_.bert.recompute = o.activation_checkpointing;
}

std::vector<MaskedBatch> BERTObjective::next_batches(int64_t count) {
  std::vector<MaskedBatch> batches;
  for (int64_t i = 0; i < count; ++i) batches.push_back(training_batch(position_++));
  return batches;
}

MaskedBatch BERTObjective::sample_batch(uint64_t seed) const {
  return blocks_[static_cast<int64_t>(seed % static_cast<uint64_t>(blocks_.size()))];
}

int64_t BERTObjective::tokens_per_batch() const {
  return loader_.config().batch_size * loader_.config().sequence_length;
}

void BERTObjective::save(const std::filesystem::path& directory) const {
  save_bert(model_, directory);
}

void BERTObjective::load(const std::filesystem::path& directory) {
  load_bert_weights(model_, directory);
}

MaskedObjective::MaskedObjective(const BERTOptions& o, const PretrainingCorpus& corpus)
    : BERTObjective(BERTForPreTraining(o.model, o.next_sentence), o, corpus),
      next_weight_(o.next_weight),
      short_config_(o.short_batches()),
      short_batches_(static_cast<uint64_t>(o.short_steps * o.accumulation)) {}

MaskedBatch MaskedObjective::training_batch(uint64_t k) {
  if (k >= short_batches_) {
    short_loader_.reset();
    return loader_.batch(k - short_batches_);
  }
  if (!short_loader_) short_loader_ = loader_.with(short_config_);
  return short_loader_->batch(k);
}

// The mean over all targets and over all pairs of all batches, some of which may have more of them
// than others.
Objective::Losses MaskedObjective::backward(int64_t count) {
  const std::vector<MaskedBatch> batches = next_batches(count);
  int64_t targets = 0, pairs = 0;
  for (const MaskedBatch& batch : batches) {
    targets += count_targets(batch.targets);
    pairs += count_pairs(batch);
  }
  const auto share = [](int64_t part, int64_t whole) {
    return static_cast<real>(part) / static_cast<real>(whole);
  };
  Tally tally{.next_weight = static_cast<double>(next_weight_)};
  for (const MaskedBatch& batch : batches) {
    const MaskedPrediction p = predict(model_, batch);
    const Tensor masked = cross_entropy(p.masked, p.targets);  // ()
    tally.add(p, value(masked));
    Tensor loss = share(p.targets.numel(), targets) * masked;
    if (p.next.defined()) {
      const Tensor next = cross_entropy(p.next, batch.is_random);  // ()
      tally.add_pairs(p, batch.is_random, value(next));
      loss = loss + next_weight_ * share(count_pairs(batch), pairs) * next;
    }
    loss.backward();
  }
  return tally.losses();
}

Objective::Losses MaskedObjective::validate(int64_t batches) {
  return measure(model_, blocks_, batches, next_weight_);
}

std::string MaskedObjective::sample(uint64_t seed) {
  const EvalMode evaluation;
  const MaskedBatch batch = sample_batch(seed);
  const MaskedPrediction p = predict(model_, batch);
  return filled_text(batch, tokenizer_,
                     [&](int64_t i) { return top_five(p.masked, i, tokenizer_); });
}

std::string MaskedObjective::about() const {
  const TokenizedDocuments& text = loader_.documents();
  return fmt::format("{} parameters, vocabulary {}, {} documents, {} sentences, {} tokens",
                     model_.num_parameters(), model_.config().vocab_size, text.documents.size(),
                     text.sentences.size(), text.ids.size());
}

}  // namespace gradus
