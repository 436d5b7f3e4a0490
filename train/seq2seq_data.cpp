#include "train/seq2seq_data.h"

#include <algorithm>
#include <memory>

#include "data/bpe_train.h"
#include "data/corpus.h"
#include "data/digest.h"
#include "tensor/errors.h"
#include "train/text_pairs_data.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

Tokenizer tokenizer_for_pairs_or_text(const Seq2SeqOptions& o, std::string_view text) {
  const std::vector<std::string> special = seq2seq_special_tokens();
  const std::string kind = o.tokenizer_kind();
  if (kind == "word") return Tokenizer(train_words(text, o.most_tokens(), special));
  if (kind == "bpe") return Tokenizer(train_bpe(text, o.most_tokens(), special));
  const Tokenizer given = Tokenizer::load(kind);
  const auto* bpe = std::get_if<BPETokenizer>(&given.kind());
  return bpe == nullptr ? given : Tokenizer(with_special_tokens(*bpe, special));
}

// A model that brings its tokenizer brings its start token as well.
Seq2SeqTokens tokens_of(const Seq2SeqOptions& o, const Seq2SeqTokenizer& tokenizer, bool known) {
  Seq2SeqTokens tokens = tokenizer.tokens();
  if (known) tokens.start = o.model.start_token;
  return tokens;
}

DenoisingConfig denoising_of(const Seq2SeqOptions& o, std::optional<int32_t> separator,
                             const Seq2SeqTokens& tokens) {
  return {.batch_size = o.batch_size,
          .length = std::max<int64_t>(1, o.source_length - tokens.frame_size()),
          .seed = o.seed,
          .denoising = o.denoising(),
          .separator = separator};
}

// What is held out is spoiled in the same way for every run.
void hold_out(const TokenView& text, const Seq2SeqTokens& tokens, DenoisingConfig config,
              Seq2SeqData& data) {
  config.seed = 1;
  const auto blocks = std::make_shared<DenoisingBlocks>(text, tokens, config);
  data.held_out = [blocks](int64_t i) { return (*blocks)[i]; };
  data.held_out_batches = blocks->size();
}

Seq2SeqData data_of_text(const Seq2SeqOptions& o, const std::optional<Seq2SeqTokenizer>& known) {
  const TrainingCorpus corpus = text_corpus(o.data, [&](std::string_view train) {
    return known ? known->tokenizer() : tokenizer_for_pairs_or_text(o, train);
  });
  Seq2SeqData data{.tokenizer = Seq2SeqTokenizer(corpus.tokenizer)};
  const Seq2SeqTokens tokens = tokens_of(o, data.tokenizer, known.has_value());
  const DenoisingConfig config = denoising_of(o, corpus.separator, tokens);
  check_value(
      static_cast<int64_t>(corpus.train.size()) > config.length && corpus.val.size() >= 2,
      "pretrain: {} has {} tokens to train on and {} to validate; texts of {} need {} and 2",
      o.data, corpus.train.size(), corpus.val.size(), config.length, config.length + 1);
  const auto loader = std::make_shared<DenoisingLoader>(corpus.train, tokens, config);
  data.batch = [loader](uint64_t k) { return loader->batch(k); };
  hold_out(corpus.val, tokens, config, data);
  data.about = fmt::format("{} tokens, {} to validate", corpus.train.size(), corpus.val.size());
  data.digest = corpus.digest;
  data.epoch = static_cast<int64_t>(corpus.train.size());
  return data;
}

// Every text in the way in which it will be encoded: after a space.
std::string joined_pairs(std::span<const TextPair> pairs) {
  std::string text;
  for (const TextPair& pair : pairs) text += " " + pair.source + "\n " + pair.target + "\n";
  return text;
}

void note_cut(const char* part, const EncodedPairs& encoded, const PairLengths& most,
              std::vector<std::string>& notes) {
  const auto note = [&](const char* side, int64_t cut, int64_t length) {
    if (cut == 0) return;
    notes.push_back(fmt::format("{}: {} of {} {} were longer than {} tokens and were cut", part,
                                cut, encoded.pairs.size(), side, length));
  };
  note("sources", encoded.sources_cut, most.source);
  note("targets", encoded.targets_cut, most.target);
}

// Pairs in batches of similar length, always the same.
std::vector<Seq2SeqBatch> batches_in_order(std::vector<TokenPair> pairs, int64_t batch_size,
                                           const Seq2SeqTokens& tokens) {
  std::ranges::stable_sort(pairs, {}, [](const TokenPair& pair) { return pair.source.size(); });
  std::vector<Seq2SeqBatch> batches;
  const std::span<const TokenPair> all = pairs;
  for (size_t begin = 0; begin < all.size(); begin += static_cast<size_t>(batch_size)) {
    const size_t count = std::min(static_cast<size_t>(batch_size), all.size() - begin);
    batches.push_back(batch_of(all.subspan(begin, count), tokens));
  }
  return batches;
}

Seq2SeqData data_of_pairs(const Seq2SeqOptions& o, const std::optional<Seq2SeqTokenizer>& known) {
  SplitPairs pairs = read_split_pairs(o.data, o.dev, o.seed);
  const std::string text = joined_pairs(pairs.train);
  Seq2SeqData data{.tokenizer =
                       known ? *known : Seq2SeqTokenizer(tokenizer_for_pairs_or_text(o, text))};
  const Seq2SeqTokens tokens = tokens_of(o, data.tokenizer, known.has_value());
  const PairLengths most{o.source_length, o.target_length};
  EncodedPairs train = encode_pairs(data.tokenizer, pairs.train, most);
  EncodedPairs dev = encode_pairs(data.tokenizer, pairs.dev, most);
  note_cut("train", train, most, data.notes);
  note_cut("dev", dev, most, data.notes);
  if (const auto few = few_examples("dev", static_cast<int64_t>(pairs.dev.size())))
    data.notes.push_back(*few);
  const auto loader =
      std::make_shared<PairLoader>(std::move(train.pairs), tokens, o.batch_size, o.seed);
  const auto batches = std::make_shared<const std::vector<Seq2SeqBatch>>(
      batches_in_order(std::move(dev.pairs), o.batch_size, tokens));
  data.batch = [loader](uint64_t k) { return loader->batch(k); };
  data.held_out = [batches](int64_t i) { return (*batches)[static_cast<size_t>(i)]; };
  data.held_out_batches = static_cast<int64_t>(batches->size());
  data.about = fmt::format("{} pairs, {} to validate", pairs.train.size(), pairs.dev.size());
  data.digest = digest(joined_pairs(pairs.dev), digest(text));
  data.epoch = loader->size();
  data.train = std::move(pairs.train);
  data.dev = std::move(pairs.dev);
  return data;
}

}  // namespace

Seq2SeqData read_seq2seq_data(const Seq2SeqOptions& o,
                              const std::optional<Seq2SeqTokenizer>& known) {
  return o.learns_pairs() ? data_of_pairs(o, known) : data_of_text(o, known);
}

Seq2SeqData read_measured_text(const Seq2SeqOptions& o, const Seq2SeqTokenizer& tokenizer) {
  Seq2SeqData data{.tokenizer = tokenizer};
  const Seq2SeqTokens tokens = tokens_of(o, tokenizer, true);
  const std::vector<int32_t> ids = tokenizer.tokenizer().encode(read_corpus(o.data));
  check_value(ids.size() >= 2, "evaluate: {} has {} tokens; at least 2 are needed", o.data,
              ids.size());
  hold_out(ids, tokens, denoising_of(o, {}, tokens), data);
  return data;
}

}  // namespace gradus
