#pragma once
// The built-in corpus with labels: what a grammar knows about its stories is what a model is asked
// about them. Example i of a seed depends on (seed, i) alone; two seeds tell different stories, so
// that one of them serves for training and another for measuring.

#include <cstdint>
#include <vector>

#include "data/labelled.h"
#include "data/text_pairs.h"

namespace gradus::stories {

/// Whole stories, labelled "happy" or "sad" by how they end.
std::vector<LabelledText> sentiment(uint64_t seed, int64_t count);

/// Sentences, one of each story, whose names of people and places are tagged B-PER, I-PER, B-LOC,
/// I-LOC, all else O. Words and marks are those of bert_words, with their capitals.
std::vector<TaggedSentence> entities(uint64_t seed, int64_t count);

/// Questions, one about each story, and where the story answers it first.
std::vector<SpanQuestion> questions(uint64_t seed, int64_t count);

/// The first half of a story's sentences, and as `second` the other half, "next", or the second
/// half of another story, "random": one as likely as the other.
std::vector<LabelledText> pairs(uint64_t seed, int64_t count);

/// Text-to-text pairs: a whole story, and its summary in one sentence.
std::vector<TextPair> summaries(uint64_t seed, int64_t count);

/// The questions above as text-to-text pairs: "question: Q context: STORY", as T5 writes them
/// (Raffel et al. 2020, appendix D), and the answer.
std::vector<TextPair> answers(uint64_t seed, int64_t count);

/// A story in which a part stands between stars, "Rosa ran to * Fox Hill * with a kite.", and the
/// question that this part answers (Chan & Fan 2019 mark it so).
std::vector<TextPair> questions_to_ask(uint64_t seed, int64_t count);

/// A story, and the names in it with what they name, each once, in the order of the story:
/// "Ida: person, Heron Lake: place".
std::vector<TextPair> name_lists(uint64_t seed, int64_t count);

}  // namespace gradus::stories
