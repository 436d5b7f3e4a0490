#pragma once
// The search through all derivations: one function behind parsing, prefixes and masked words.

#include <string_view>
#include <vector>

#include "data/stories/grammar.h"

namespace gradus::stories {

/// Stands for any one word in a text that is searched for. Words are letters, hyphens and
/// apostrophes.
inline constexpr char mask = '_';
constexpr bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '\'';
}

struct SearchResult {
  /// P(a story is exactly this text). With masks: P(it is one of the texts that they stand for).
  double probability = 0;
  /// prefix[i] = P(a story begins with the first i bytes), for i = 0 ... text.size().
  std::vector<double> prefix;
  /// Derivations of the text: one, if the grammar is unambiguous and nothing is masked.
  uint64_t derivations = 0;
  /// The choices of the first of them.
  std::vector<size_t> choices;
};

/// Follows every derivation for as long as it agrees with the text. Each one ends at some byte: at
/// its first difference from the text, or complete. What has not ended before byte i adds up to
/// prefix[i]. Takes microseconds for a story, and longer with every mask: the derivations of all
/// texts that masks stand for are followed.
SearchResult search(const Grammar& grammar, std::string_view text);

/// P(a sentence, drawn at random from a story, is this text), masks allowed; what the rest of the
/// story would have decided is summed over. Variables are independent of what has been told
/// before their first mention, so each sentence may be searched as if it were the first.
double search_sentence(const Grammar& grammar, std::string_view text);

}  // namespace gradus::stories
