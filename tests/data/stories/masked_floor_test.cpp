// The floor of masked language modelling, against sums over all stories of a tiny grammar.

#include "data/stories/masked_floor.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "data/batches.h"
#include "data/stories/token_search.h"
#include "tensor/errors.h"
#include "tests/data/stories/tiny_grammar.h"
#include "tests/data/support.h"

namespace gradus::stories {

using doctest::Approx;
using testing::tiny_grammar;

namespace {

// A vocabulary of all words of the stories, in lower case.
WordPieceTokenizer word_tokenizer(const std::vector<Story>& stories) {
  std::set<std::string> words;
  for (const Story& story : stories) {
    for (const ReadToken& token : read_tokens(story.text)) words.insert(token.text);
  }
  WordPieceVocabulary vocabulary{.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}};
  vocabulary.tokens.insert(vocabulary.tokens.end(), words.begin(), words.end());
  return WordPieceTokenizer(vocabulary);
}

const MaskingOptions all_hidden = {.mask_share = 1, .random_share = 0};

PretrainingBlocks blocks_of(const std::vector<Story>& stories, const WordPieceTokenizer& tokenizer,
                            const PretrainingConfig& config) {
  return {tokenize(tokenizer, documents_of(stories)), PretrainingVocabulary(tokenizer), config};
}

}  // namespace

TEST_CASE("documents_of: a story is a document, its sentences are the story's") {
  const Story story = tell(tiny_grammar(), 1, 2);
  const std::vector<Document> documents = documents_of({&story, 1});
  REQUIRE(documents.size() == 1);
  std::string text;
  for (const std::string& sentence : documents[0]) text += (text.empty() ? "" : " ") + sentence;
  CHECK(text == story.text);
}

TEST_CASE("masked_floor: the mean of what the searches of all stories and sentences say") {
  // One row holds all three stories.
  const std::vector<Story> stories = {tell(tiny_grammar(), 5, 0), tell(tiny_grammar(), 5, 1),
                                      tell(tiny_grammar(), 5, 3)};
  const WordPieceTokenizer tokenizer = word_tokenizer(testing::all_stories(tiny_grammar()));
  const PretrainingBlocks blocks = blocks_of(
      stories, tokenizer,
      {.batch_size = 2, .sequence_length = 128, .masking = all_hidden, .next_sentence = false});
  REQUIRE(blocks[0].ids.dim(0) == 1);
  double sentence = 0, story = 0, targets = 0;
  for (const MaskedBatch& batch : blocks) {
    for (size_t d = 0; d < stories.size(); ++d) {
      const auto [first, last] = blocks.documents().documents[d];
      const TokenRange range = blocks.documents().span(first, last - 1);
      std::vector<ReadToken> tokens = read_tokens(stories[d].text);
      for (int64_t i = 0; i < batch.ids.numel(); ++i) {
        const int64_t place = batch.places.data()[i];
        if (batch.targets.data()[i] == no_target || place < range.begin || place >= range.end) {
          continue;
        }
        tokens[static_cast<size_t>(place - range.begin)].is_hidden = true;
        ++targets;
      }
      const TokenSearchResult whole = search_tokens(tiny_grammar(), tokens);
      for (size_t i = 0; i < whole.with_token.size(); ++i) story += whole.nats(i);
      for (size_t s = first; s < last; ++s) {
        const auto [begin, end] = blocks.documents().sentences[s];
        const std::vector<ReadToken> alone(tokens.begin() + (begin - range.begin),
                                           tokens.begin() + (end - range.begin));
        const TokenSearchResult part = search_sentence_tokens(tiny_grammar(), alone);
        for (size_t i = 0; i < part.with_token.size(); ++i) sentence += part.nats(i);
      }
    }
  }
  const MaskedFloor floor = masked_floor(tiny_grammar(), stories, tokenizer, blocks);
  CHECK(static_cast<double>(floor.targets) == targets);
  CHECK(floor.story == Approx(story / targets));
  CHECK(floor.sentence == Approx(sentence / targets));
}

TEST_CASE("masked_floor: of built-in stories, the story in view tells more than the sentence") {
  std::vector<Story> stories;
  for (uint64_t i = 0; i < 60; ++i) stories.push_back(tell(builtin(), 2, i));
  const WordPieceTokenizer tokenizer = word_tokenizer(stories);
  const MaskedFloor floor =
      masked_floor(builtin(), stories, tokenizer,
                   blocks_of(stories, tokenizer, {.sequence_length = 128, .masking = all_hidden}));
  CHECK(floor.targets > 500);
  CHECK(floor.story > 0);
  CHECK(floor.story < floor.sentence);
  CHECK(std::isfinite(floor.sentence));
}

TEST_CASE("masked_floor: batches and tokenizers that have no exact floor are refused") {
  const std::vector<Story> stories = {tell(tiny_grammar(), 1, 0), tell(tiny_grammar(), 1, 1)};
  const WordPieceTokenizer tokenizer = word_tokenizer(stories);
  const auto message = [&](const WordPieceTokenizer& with, const std::vector<Story>& of,
                           const MaskingOptions& masking) {
    return testing::sentence_of<ValueError>([&] {
      masked_floor(tiny_grammar(), of, with,
                   blocks_of(stories, with, {.sequence_length = 32, .masking = masking}));
    });
  };
  CHECK(message(tokenizer, stories, {.mask_share = 0, .random_share = 0}) ==
        "masked_floor: a target is not behind [MASK]; make the batches with a mask_share of 1 and "
        "a random_share of 0");
  CHECK(message(tokenizer, {stories[0]}, all_hidden) ==
        "masked_floor: the batches are not made of these 1 stories");
  WordPieceVocabulary letters{.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "."}};
  for (char c = 'a'; c <= 'z'; ++c) {
    letters.tokens.push_back({c});
    letters.tokens.push_back(std::string("##") + c);
  }
  CHECK(testing::contains(message(WordPieceTokenizer(letters), stories, all_hidden),
                          "masked_floor: the tokenizer cuts words of the sentence '"));
}

}  // namespace gradus::stories
