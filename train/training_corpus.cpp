#include "train/training_corpus.h"

#include "data/bpe_train.h"
#include "data/corpus.h"
#include "data/digest.h"
#include "data/stories/corpus.h"
#include "data/token_file.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

Tokenizer tokenizer_for(const TrainingOptions& o, std::string_view text, std::string_view train) {
  if (o.tokenizer_kind() == "char") return Tokenizer(CharTokenizer::train(text));
  if (o.tokenizer_kind() == "word") return Tokenizer(train_words(train, o.most_tokens()));
  if (o.tokenizer_kind() == "bpe") return Tokenizer(train_bpe(train, o.most_tokens()));
  return Tokenizer::load(o.tokenizer);
}

// `make_tokenizer` gets the whole text and the part to train on.
template <class MakeTokenizer>
TrainingCorpus from_text(const std::string& data, MakeTokenizer make_tokenizer) {
  const std::string text = read_corpus(data);
  const auto [train, val] = train_val_split(text);
  const Tokenizer tokenizer = make_tokenizer(text, train);
  return {tokenizer, tokenizer.encode(train), tokenizer.encode(val), digest(text)};
}

// Ids are divided like characters.
TrainingCorpus from_token_file(const TrainingOptions& o, const std::optional<Tokenizer>& known) {
  check_value(known || !o.learns_tokenizer(),
              "pretrain: {} holds ids; --tokenizer must name the folder of the tokenizer that made "
              "them",
              o.data);
  const Tokenizer tokenizer = known ? *known : Tokenizer::load(o.tokenizer);
  const TokenFile file = TokenFile::open(o.data);
  check<FileError>(file.tokenizer_digest == tokenizer.digest(),
                   "{}: the ids were made by another tokenizer", o.data);
  const size_t train = train_size(file.ids.size());
  return {tokenizer, file.ids.slice(0, train), file.ids.slice(train, file.ids.size() - train),
          file.ids_digest};
}

constexpr int64_t training_stories = 60000, validation_stories = 2000;
constexpr uint64_t training_seed = 1, validation_seed = 2;

std::string joined(const std::vector<stories::Story>& all) {
  std::string text;
  for (const stories::Story& story : all) text += end_of_text + story.text;
  return text + end_of_text;
}

}  // namespace

TrainingCorpus builtin_corpus(const std::function<Tokenizer(std::string_view)>& make_tokenizer) {
  const std::vector<stories::Story> held_out = stories::corpus(validation_seed, validation_stories);
  const std::string train = joined(stories::corpus(training_seed, training_stories));
  const Tokenizer tokenizer = make_tokenizer(train);
  check_value(tokenizer.end_of_text_id().has_value(),
              "the built-in corpus needs a tokenizer with the token {}", end_of_text);
  TrainingCorpus corpus{tokenizer, tokenizer.encode(train), tokenizer.encode(joined(held_out)),
                        digest(train)};
  corpus.separator = tokenizer.end_of_text_id();
  double nats = 0;
  for (const stories::Story& story : held_out) nats += story.nats;
  corpus.floor = nats / static_cast<double>(corpus.val.size() - 1);  // targets: all but the first
  return corpus;
}

TrainingCorpus builtin_corpus(const Tokenizer& tokenizer) {
  return builtin_corpus([&](std::string_view) { return tokenizer; });
}

TrainingCorpus text_corpus(const std::string& data,
                           const std::function<Tokenizer(std::string_view)>& make_tokenizer) {
  if (data == builtin_data) return builtin_corpus(make_tokenizer);
  return from_text(data,
                   [&](std::string_view, std::string_view train) { return make_tokenizer(train); });
}

TrainingCorpus read_training_corpus(const TrainingOptions& o,
                                    const std::optional<Tokenizer>& known) {
  if (o.is_builtin()) {
    if (known) return builtin_corpus(*known);
    return builtin_corpus([&](std::string_view train) { return tokenizer_for(o, train, train); });
  }
  const auto make_tokenizer = [&](std::string_view text, std::string_view train) {
    return known ? *known : tokenizer_for(o, text, train);
  };
  const TrainingCorpus corpus =
      is_token_file(o.data) ? from_token_file(o, known) : from_text(o.data, make_tokenizer);
  const size_t needed = static_cast<size_t>(o.model.block_size) + 1;
  check_value(
      corpus.train.size() >= needed && corpus.val.size() >= 2,
      "pretrain: {} has {} tokens to train on and {} to validate; a block of {} needs {} and 2",
      o.data, corpus.train.size(), corpus.val.size(), o.model.block_size, needed);
  return corpus;
}

}  // namespace gradus
