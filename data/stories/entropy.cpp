#include "data/stories/entropy.h"

#include <cmath>
#include <map>
#include <utility>

#include "data/stories/search.h"
#include "tensor/errors.h"

namespace gradus::stories {
namespace {

// The entropy of a theme's stories. At a choice of n, H grows by ln n and the story branches. All
// words of a class lead to equally many choices, so the first free one stands for all of them; and
// sentence by sentence, stories that have decided the same go on as one.
class Entropy {
 public:
  Entropy(const Grammar& grammar, const Theme& theme) : grammar_(grammar), theme_(theme) {}

  double nats() {
    after_ = {{Bindings(), 1.0}};
    for (const Item& sentence : theme_.sentences) {
      const Rest rest{{&sentence, 1}, nullptr};
      for (const auto& [bindings, probability] : std::exchange(after_, {})) {
        follow(bindings, probability, &rest);
      }
    }
    return nats_;
  }

 private:
  void follow(Bindings bindings, double probability, const Rest* rest) {
    while (rest != nullptr && rest->items.empty()) rest = rest->then;
    if (rest == nullptr) {
      after_[bindings] += probability;
      return;
    }
    const Item& item = rest->items.front();
    const Rest next{rest->items.subspan(1), rest->then};
    if (const Slot* slot = std::get_if<Slot>(&item)) fill(bindings, probability, *slot);
    const Choice* choice = std::get_if<Choice>(&item);
    choice != nullptr ? decide(bindings, probability, *choice, &next)
                      : follow(bindings, probability, &next);
  }

  void fill(Bindings& bindings, double probability, const Slot& slot) {
    if (bindings.words[slot.variable] != unbound) return;
    const auto words = free_words(grammar_, theme_, bindings, slot.variable);
    count(probability, words.size());
    bindings.words[slot.variable] = words[0];
  }

  void decide(Bindings bindings, double probability, const Choice& choice, const Rest* next) {
    if (depends_on_mood(choice) && bindings.mood == Mood::any) {
      count(probability, 2);
      for (const Mood mood : {Mood::happy, Mood::sad}) {
        bindings.mood = mood;
        decide(bindings, probability / 2, choice, next);
      }
      return;
    }
    const auto phrasings = fitting(choice, bindings.mood);
    count(probability, phrasings.size());
    for (const Phrasing* p : phrasings) {
      const Rest phrasing{p->items, next};
      follow(bindings, probability / static_cast<double>(phrasings.size()), &phrasing);
    }
  }

  void count(double probability, size_t n) {
    nats_ += probability * std::log(static_cast<double>(n));
  }

  const Grammar& grammar_;
  const Theme& theme_;
  std::map<Bindings, double> after_;  // what may be decided after a sentence, and how likely it is
  double nats_ = 0;
};

std::string with_masks(std::string_view text, std::span<const Span> masked, size_t except) {
  std::string result(text);
  for (size_t i = masked.size(); i-- > 0;) {
    if (i != except) result.replace(masked[i].begin, masked[i].end - masked[i].begin, 1, mask);
  }
  return result;
}

// -ln P(word | rest) = -ln P(word and rest) / P(rest)
template <class Probability>
double conditional_nats(std::string_view text, std::span<const Span> masked, size_t word,
                        Probability probability) {
  check_value(word < masked.size(), "masked_nats: word {} of {} masked words", word, masked.size());
  const double both = probability(with_masks(text, masked, word));
  if (both == 0) return INFINITY;
  return std::log(probability(with_masks(text, masked, masked.size())) / both);
}

}  // namespace

double mean_nats(const Grammar& grammar) {
  const double themes = static_cast<double>(grammar.themes.size());
  double nats = std::log(themes);
  for (const Theme& theme : grammar.themes) nats += Entropy(grammar, theme).nats() / themes;
  return nats;
}

std::vector<double> information(const Grammar& grammar, std::string_view text) {
  std::vector<double> nats = search(grammar, text).prefix;
  for (double& x : nats) x = -std::log(x);
  return nats;
}

std::vector<Span> words_of(std::string_view text) {
  std::vector<Span> words;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_word_character(text[i])) continue;
    const bool goes_on = !words.empty() && words.back().end == i;
    if (!goes_on) words.push_back({i, i});
    words.back().end = i + 1;
  }
  return words;
}

double masked_nats(const Grammar& grammar, std::string_view text, std::span<const Span> masked,
                   size_t word) {
  return conditional_nats(text, masked, word, [&](const std::string& pattern) {
    return search(grammar, pattern).probability;
  });
}

double masked_nats_in_sentence(const Grammar& grammar, std::string_view sentence,
                               std::span<const Span> masked, size_t word) {
  return conditional_nats(sentence, masked, word, [&](const std::string& pattern) {
    return search_sentence(grammar, pattern);
  });
}

}  // namespace gradus::stories
