#include "data/stories/masked_floor.h"

#include <algorithm>
#include <set>

#include "data/batches.h"
#include "data/stories/token_search.h"
#include "tensor/errors.h"

namespace gradus::stories {
namespace {

// The stories' tokens, where the batches' places point to.
class StoryTokens {
 public:
  StoryTokens(std::span<const Story> stories, const WordPieceTokenizer& tokenizer,
              const TokenizedDocuments& documents)
      : documents_(documents), lowercase_(tokenizer.vocabulary().text.lowercase) {
    size_t sentence = 0;
    for (const Document& document : documents_of(stories)) {
      for (const std::string& text : document) add(text, tokenizer, sentence++);
    }
    check_value(
        documents.documents.size() == stories.size() && documents.sentences.size() == sentence,
        "masked_floor: the batches are not made of these {} stories", stories.size());
  }

  bool lowercase() const { return lowercase_; }

  /// The sentence and the story that hold a token.
  size_t sentence_of(int64_t place) const {
    const auto next = std::ranges::upper_bound(documents_.sentences, place, {}, &TokenRange::begin);
    return static_cast<size_t>(next - documents_.sentences.begin()) - 1;
  }
  size_t story_of(int64_t place) const {
    using Range = TokenizedDocuments::Range;
    const auto next =
        std::ranges::upper_bound(documents_.documents, sentence_of(place), {}, &Range::begin);
    return static_cast<size_t>(next - documents_.documents.begin()) - 1;
  }
  TokenRange sentence(size_t s) const { return documents_.sentences[s]; }
  TokenRange story(size_t d) const {
    const auto [begin, end] = documents_.documents[d];
    return documents_.span(begin, end - 1);
  }

  /// Tokens of a range, hidden where their place is.
  std::vector<ReadToken> read(const TokenRange& range, const std::set<int64_t>& hidden) const {
    std::vector<ReadToken> tokens(tokens_.begin() + range.begin, tokens_.begin() + range.end);
    for (auto place = hidden.lower_bound(range.begin); place != hidden.end() && *place < range.end;
         ++place) {
      tokens[static_cast<size_t>(*place - range.begin)].is_hidden = true;
    }
    return tokens;
  }

 private:
  void add(const std::string& text, const WordPieceTokenizer& tokenizer, size_t sentence) {
    const std::vector<ReadToken> tokens = read_tokens(text, lowercase_);
    check_value(tokens.size() == tokenizer.pieces(text).size(),
                "masked_floor: the tokenizer cuts words of the sentence '{}' into pieces", text);
    const bool fits = sentence < documents_.sentences.size() &&
                      documents_.sentences[sentence].size() == static_cast<int64_t>(tokens.size());
    check_value(fits, "masked_floor: the batches do not hold the sentence '{}'", text);
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }

  const TokenizedDocuments& documents_;
  bool lowercase_;
  std::vector<ReadToken> tokens_;
};

// Places of the targets in row b.
std::set<int64_t> hidden_places(const MaskedBatch& batch, int64_t b) {
  std::set<int64_t> places;
  const int64_t T = batch.ids.dim(1);
  for (int64_t i = b * T; i < (b + 1) * T; ++i) {
    const auto hiding = static_cast<Hiding>(batch.hiding.data()[i]);
    check_value(hiding == Hiding::none || hiding == Hiding::masked,
                "masked_floor: a target is not behind [MASK]; make the batches with a mask_share "
                "of 1 and a random_share of 0");
    if (hiding == Hiding::masked) places.insert(batch.places.data()[i]);
  }
  return places;
}

double sum_of_nats(const TokenSearchResult& found) {
  double sum = 0;
  for (size_t i = 0; i < found.with_token.size(); ++i) sum += found.nats(i);
  return sum;
}

}  // namespace

std::vector<Document> documents_of(std::span<const Story> stories) {
  std::vector<Document> documents;
  for (const Story& story : stories) {
    Document& document = documents.emplace_back();
    for (const auto& [begin, end] : story.sentences) {
      document.push_back(story.text.substr(begin, end - begin));
    }
  }
  return documents;
}

MaskedFloor masked_floor(const Grammar& grammar, std::span<const Story> stories,
                         const WordPieceTokenizer& tokenizer, const PretrainingBlocks& batches) {
  const StoryTokens tokens(stories, tokenizer, batches.documents());
  MaskedFloor floor;
  for (const MaskedBatch& batch : batches) {
    for (int64_t b = 0; b < batch.ids.dim(0); ++b) {
      const std::set<int64_t> hidden = hidden_places(batch, b);
      std::set<size_t> in_stories, in_sentences;
      for (const int64_t place : hidden) {
        in_stories.insert(tokens.story_of(place));
        in_sentences.insert(tokens.sentence_of(place));
      }
      for (const size_t s : in_sentences) {
        const auto text = tokens.read(tokens.sentence(s), hidden);
        floor.sentence += sum_of_nats(search_sentence_tokens(grammar, text, tokens.lowercase()));
      }
      for (const size_t d : in_stories) {
        const auto text = tokens.read(tokens.story(d), hidden);
        floor.story += sum_of_nats(search_tokens(grammar, text, tokens.lowercase()));
      }
      floor.targets += static_cast<int64_t>(hidden.size());
    }
  }
  check_value(floor.targets > 0, "masked_floor: the batches have no target");
  floor.sentence /= static_cast<double>(floor.targets);
  floor.story /= static_cast<double>(floor.targets);
  return floor;
}

}  // namespace gradus::stories
