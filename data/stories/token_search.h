#pragma once
// The search through all derivations for a text as a masked language model reads it: as words and
// marks, of which some are hidden. The sum of their probabilities is exact, whatever a hidden token
// stands for: a word, a mark, or one part of a word that its hyphens and apostrophes cut up
// ("don't" is don ' t). Texts that differ only in what a model cannot see, which is white space and
// perhaps capitals, are one.

#include <string>
#include <string_view>
#include <vector>

#include "data/stories/grammar.h"

namespace gradus::stories {

/// A word, which is a run of letters and digits, or any other character alone: BERT's words, for
/// texts in ASCII.
struct ReadToken {
  std::string text;
  bool is_hidden = false;
};

/// The tokens of a text, none of them hidden.
std::vector<ReadToken> read_tokens(std::string_view text, bool lowercase = true);

struct TokenSearchResult {
  /// P(a story has as many tokens as these, and is the same where they are not hidden).
  double probability = 0;
  /// For each hidden token in order: P(that, and the story has this token there).
  std::vector<double> with_token;

  /// -ln P(hidden token i | what is visible); infinite if no story reads like this.
  double nats(size_t i) const;
};

/// Every story whose tokens are these. Takes a fraction of a millisecond for a story with 15 % of
/// its tokens hidden: what stories may have decided after a sentence is merged where it is the
/// same.
TokenSearchResult search_tokens(const Grammar& grammar, const std::vector<ReadToken>& tokens,
                                bool lowercase = true);

/// The same for one sentence, out of any story and any place in it (as search_sentence). Its
/// `probability` is that of a sentence drawn at random from a story up to a constant factor.
TokenSearchResult search_sentence_tokens(const Grammar& grammar,
                                         const std::vector<ReadToken>& tokens,
                                         bool lowercase = true);

}  // namespace gradus::stories
