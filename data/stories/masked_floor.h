#pragma once
// The floor of masked language modelling on stories: what remains open about hidden tokens, in
// nats, however much a model has learned.
//
// The documents of a batch are stories, a token is one of BERT's words or marks, and every target
// is hidden behind [MASK]. Then a model's knowledge of a target is at most what is visible of its
// story, and the floors are exact sums over all stories of the grammar (token_search.h):
//   sentence   -ln P(token | what is visible of its sentence): no model that reads sentence by
//              sentence loses less on average
//   story      -ln P(token | what is visible of its whole story): no model does. Sentences of the
//              story that the sequence does not hold, and tokens that truncation has cut off,
//              count as visible, which can only lower the floor.
// All targets of one sequence are hidden at the same time. Capitals are invisible to a tokenizer
// that lower-cases, so P(rose) sums over Rose and rose. A hidden mark, or half of a hyphened word,
// is a token like others.

#include <cstdint>
#include <span>
#include <vector>

#include "data/documents.h"
#include "data/pretraining_batches.h"
#include "data/stories/story.h"

namespace gradus::stories {

/// Each story as a document: its sentences.
std::vector<Document> documents_of(std::span<const Story> stories);

/// Means over all targets of all batches.
struct MaskedFloor {
  double sentence = 0;  // nats per target
  double story = 0;
  int64_t targets = 0;
};

/// `batches` were made of tokenize(tokenizer, documents_of(stories)), with a mask_share of 1 and a
/// random_share of 0. Throws ValueError if they were not, or if the tokenizer cuts a word into
/// pieces: the floor is that of a vocabulary of whole words.
MaskedFloor masked_floor(const Grammar& grammar, std::span<const Story> stories,
                         const WordPieceTokenizer& tokenizer, const PretrainingBlocks& batches);

}  // namespace gradus::stories
