#pragma once
// What no model can beat: the information that the grammar puts into its stories, in nats.
//   causal      -ln P(next | what came before): adds up to -ln P(text), however the text is cut
//               into tokens (chain rule; Shannon 1948, §6)
//   masked      -ln P(word | all that is not masked), with the whole story or its sentence in view
// A model that predicts so many nats per story on average has learned all there is to learn.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/stories/story.h"

namespace gradus::stories {

/// Mean of -ln P over all stories, summed over the grammar and not estimated from samples.
double mean_nats(const Grammar& grammar);

/// information[i] = -ln P(a story begins with the first i bytes of the text), i = 0 ... size.
/// Bytes [a, b) are worth information[b] - information[a] nats. Infinite from the first byte on
/// that no story has there.
std::vector<double> information(const Grammar& grammar, std::string_view text);

/// Words of a text, what a mask can stand for: letters, hyphens and apostrophes.
std::vector<Span> words_of(std::string_view text);

/// -ln P(word | the rest of the story), for one word of all that are masked at the same time: the
/// other masked words are summed over. `masked` are words of the text in ascending order, `word`
/// is an index into them. Infinite if no story has this text. Throws ValueError for an index
/// beyond `masked`.
double masked_nats(const Grammar& grammar, std::string_view text, std::span<const Span> masked,
                   size_t word);

/// The same for one sentence, out of any story and any place in it.
double masked_nats_in_sentence(const Grammar& grammar, std::string_view sentence,
                               std::span<const Span> masked, size_t word);

}  // namespace gradus::stories
