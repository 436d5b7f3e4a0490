#pragma once
// A story, and everything that its grammar knows about it.

#include <functional>
#include <string>
#include <vector>

#include "data/stories/grammar.h"

namespace gradus::stories {

/// Bytes [begin, end) of a story's text.
struct Span {
  size_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

/// "happy", "sad" or "any".
const char* name_of(Mood mood);

struct Entity {
  Span span;
  std::string label;  // PER or LOC
};

struct Question {
  std::string text;
  Span answer;  // where the story says it first
};

struct Story {
  std::string theme;
  std::string title;
  std::string text;                 // ASCII; sentences with a space between them, no newline
  std::vector<Span> sentences;      // in their order
  double nats = 0;                  // -ln P(text)
  Mood mood = Mood::any;            // happy or sad: decided by what happens in it
  std::vector<Entity> entities;     // names, in the order of the text
  std::vector<Question> questions;  // those that the text answers
  std::string summary;              // one sentence: with `text`, a text-to-text pair
  std::vector<size_t> choices;      // the derivation: the alternative taken at every choice
};

/// Takes one of n alternatives: a number below n.
using Choose = std::function<size_t(size_t n)>;

/// Tells the story that `choose` decides on. Throws ValueError if a title or summary mentions what
/// the story has not told.
Story tell(const Grammar& grammar, const Choose& choose);

/// Story `index` of all that a seed stands for: it depends on these two numbers alone.
Story tell(const Grammar& grammar, uint64_t seed, uint64_t index);

}  // namespace gradus::stories
