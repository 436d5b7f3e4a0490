#include "data/stories/grammar.h"

#include <algorithm>

namespace gradus::stories {

std::vector<int16_t> free_words(const Grammar& grammar, const Theme& theme,
                                const Bindings& bindings, size_t variable) {
  const size_t word_class = theme.variables[variable].word_class;
  std::vector<bool> taken(grammar.classes[word_class].words.size());
  for (size_t v = 0; v < theme.variables.size(); ++v) {
    const bool rival = theme.variables[v].word_class == word_class && bindings.words[v] != unbound;
    if (rival) taken[static_cast<size_t>(bindings.words[v])] = true;
  }
  std::vector<int16_t> free;
  for (size_t word = 0; word < taken.size(); ++word) {
    if (!taken[word]) free.push_back(static_cast<int16_t>(word));
  }
  return free;
}

bool depends_on_mood(const Choice& choice) {
  return std::any_of(choice.phrasings.begin(), choice.phrasings.end(),
                     [](const Phrasing& p) { return p.mood != Mood::any; });
}

std::vector<const Phrasing*> fitting(const Choice& choice, Mood mood) {
  std::vector<const Phrasing*> result;
  for (const Phrasing& p : choice.phrasings) {
    if (p.mood == Mood::any || p.mood == mood) result.push_back(&p);
  }
  return result;
}

std::string spoken(const Grammar& grammar, const Theme& theme, const Bindings& bindings,
                   const Slot& slot) {
  const WordClass& word_class = grammar.classes[theme.variables[slot.variable].word_class];
  const size_t word = static_cast<size_t>(bindings.words[slot.variable]);
  std::string text = word_class.words[word][slot.form];
  const bool lower = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  if (slot.capital && lower) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace gradus::stories
