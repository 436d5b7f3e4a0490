#pragma once
// A probabilistic grammar of stories: phrasings with slots, and variables that remember.
//
// A story is a sequence of choices, and every choice is uniform: which theme, which phrasing of a
// sentence, which word a slot takes, whether the story ends well. A slot is filled once; when its
// variable comes back later, it costs nothing. If each text has one derivation, then
//   P(text) = prod 1/n_i   and   -ln P(text) = sum ln n_i  nats        (Shannon 1948, §6)
// over the choices i with n_i possibilities each. So the grammar knows exactly what it said.
// Slots and variables as in Tracery (Compton, Kybartas & Mateas 2015).

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/real.h"

namespace gradus::stories {

/// A word in all its forms: {"Ada", "she", "her", "her"}.
using Word = std::vector<std::string>;

/// Words of which a slot takes one.
struct WordClass {
  std::string name;
  std::string label;                    // of the entity that the words name: PER, LOC, or empty
  std::vector<std::string> variables;   // that take words of this class: {"hero", "friend"}
  std::vector<std::string> form_names;  // {"", "he", "him", "his"}: {hero}, {hero.he}, ...
  std::vector<Word> words;
};

/// How a story ends. A phrasing marked happy or sad is told in such stories only.
enum class Mood : int8_t { any, happy, sad };

/// {hero.he}: the form `form` of the word that `variable` has; with a capital for {hero.He}.
struct Slot {
  size_t variable = 0, form = 0;
  bool capital = false;
};

struct Phrasing;
struct Choice {
  std::vector<Phrasing> phrasings;
};
using Item = std::variant<std::string, Slot, Choice>;
using Items = std::vector<Item>;
struct Phrasing {
  Mood mood = Mood::any;
  Items items;
};

struct Variable {
  std::string name;
  size_t word_class = 0;  // in Grammar::classes
};

/// A question about a story, and the slot that answers it.
struct QuestionForm {
  Items text;
  Slot answer;
};

struct Theme {
  std::string name;
  Items title;
  std::vector<Variable> variables;
  Items sentences;  // one Choice per sentence, a space between two of them
  std::vector<QuestionForm> questions;
  std::vector<Phrasing> summaries;  // the first one that fits the story's mood
};

struct Grammar {
  std::vector<WordClass> classes;
  std::vector<Theme> themes;
};

inline constexpr size_t max_variables = 16;  // of one theme
inline constexpr int16_t unbound = -1;

/// What a story has decided so far.
struct Bindings {
  std::array<int16_t, max_variables> words;  // by variable; unbound until a slot asks
  Mood mood = Mood::any;                     // any: not decided yet

  Bindings() { words.fill(unbound); }
  auto operator<=>(const Bindings&) const = default;
};

/// What remains to be said: items, and then what remains around them.
struct Rest {
  std::span<const Item> items;
  const Rest* then = nullptr;
};

/// Words that a variable may still take: those of its class that no other variable has. Drawing
/// without replacement is exchangeable: it does not matter which of hero and friend comes first.
std::vector<int16_t> free_words(const Grammar& grammar, const Theme& theme,
                                const Bindings& bindings, size_t variable);

/// Whether the mood has to be known before a phrasing can be chosen.
bool depends_on_mood(const Choice& choice);
/// The phrasings that fit a mood.
std::vector<const Phrasing*> fitting(const Choice& choice, Mood mood);

/// What a filled slot says.
std::string spoken(const Grammar& grammar, const Theme& theme, const Bindings& bindings,
                   const Slot& slot);

/// Reads a theme from its notation (notation.cpp explains it) and adds it, with its own words, to
/// the grammar. Throws ValueError naming the theme and what is wrong with it.
void add_theme(Grammar& grammar, std::string_view notation);

}  // namespace gradus::stories
