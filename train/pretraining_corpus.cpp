#include "train/pretraining_corpus.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "data/corpus.h"
#include "data/digest.h"
#include "data/mojibake.h"
#include "data/stories/corpus.h"
#include "data/wordpiece_train.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr int64_t training_stories = 60000, held_out_stories = 500;
constexpr uint64_t training_seed = 1, held_out_seed = 2;

struct Texts {
  std::vector<Document> train, val;
};

std::string joined(std::span<const Document> documents) {
  std::string text;
  for (const Document& document : documents) {
    for (const std::string& sentence : document) text += sentence + "\n";
  }
  return text;
}

WordPieceTokenizer wordpieces_for(const BERTOptions& o, std::span<const Document> train) {
  const std::string kind = o.tokenizer_kind();
  if (kind == "word") return train_wordpiece_words(joined(train), o.most_tokens(), o.text());
  if (kind == "wordpiece") {
    return train_wordpiece(joined(train), o.most_tokens(), o.text(), {.score = o.merge_by});
  }
  return WordPieceTokenizer::load(kind);
}

// The tokenizer for documents to train on.
using TokenizerFor = std::function<WordPieceTokenizer(std::span<const Document>)>;

PretrainingCorpus encoded(const TokenizerFor& tokenizer_for, const Texts& texts) {
  const WordPieceTokenizer tokenizer = tokenizer_for(texts.train);
  return {.tokenizer = tokenizer,
          .train = tokenize(tokenizer, texts.train),
          .val = tokenize(tokenizer, texts.val)};
}

Texts divided(std::vector<Document> documents, const MaskedTextOptions& o) {
  const size_t n = documents.size(), least = o.next_sentence ? 2 : 1;
  check_value(n >= 2 * least,
              "pretrain: {} has {} documents, of which {} are to be held out and {} to train on; "
              "blank lines part documents{}",
              o.data, n, least, least,
              o.next_sentence ? ", and --next-sentence false needs fewer of them" : "");
  const size_t held_out = std::max(least, n / 10);
  const auto border = documents.end() - static_cast<std::ptrdiff_t>(held_out);
  return {{std::make_move_iterator(documents.begin()), std::make_move_iterator(border)},
          {std::make_move_iterator(border), std::make_move_iterator(documents.end())}};
}

PretrainingCorpus corpus_for(const MaskedTextOptions& o, const TokenizerFor& tokenizer_for) {
  if (o.is_builtin()) {
    const auto train = stories::corpus(training_seed, training_stories);
    const auto held_out = stories::corpus(held_out_seed, held_out_stories);
    const Texts texts{stories::documents_of(train), stories::documents_of(held_out)};
    PretrainingCorpus corpus = encoded(tokenizer_for, texts);
    corpus.digest = digest(joined(texts.train));
    corpus.stories = held_out;
    return corpus;
  }
  const std::string text = read_corpus(o.data);
  PretrainingCorpus corpus = encoded(tokenizer_for, divided(read_documents(text, o.format), o));
  corpus.digest = digest(text);
  corpus.warning = mojibake_warning(text);
  return corpus;
}

}  // namespace

PretrainingCorpus read_pretraining_corpus(const MaskedTextOptions& o,
                                          const WordPieceTokenizer& tokenizer) {
  return corpus_for(o, [&](std::span<const Document>) { return tokenizer; });
}

PretrainingCorpus read_pretraining_corpus(const BERTOptions& o) {
  return corpus_for(o, [&](std::span<const Document> train) { return wordpieces_for(o, train); });
}

PretrainingBlocks PretrainingCorpus::validation(const MaskedTextOptions& o) const {
  PretrainingConfig config = o.batches();
  config.seed = 1;                                        // the same for every run,
  config.masking = {.mask_share = 1, .random_share = 0};  // and for other masks in training
  return {val, PretrainingVocabulary(tokenizer), config};
}

MaskedLines masked_lines(const MaskedTextOptions& o, const PretrainingCorpus& corpus) {
  const PretrainingBlocks blocks = corpus.validation(o);
  const PretrainingVocabulary vocabulary(corpus.tokenizer);
  MaskedLines lines{.uniform = std::log(static_cast<double>(corpus.tokenizer.vocab_size())),
                    .baselines = masked_baselines(corpus.train->ids, vocabulary, blocks),
                    .train_tokens = static_cast<int64_t>(corpus.train->ids.size())};
  const bool words = std::none_of(corpus.val->ids.begin(), corpus.val->ids.end(), [&](int32_t id) {
    return vocabulary.kind(id) == PretrainingVocabulary::Kind::continuation;
  });
  if (!corpus.stories.empty() && words) {
    lines.floor =
        stories::masked_floor(stories::builtin(), corpus.stories, corpus.tokenizer, blocks);
  }
  return lines;
}

}  // namespace gradus
