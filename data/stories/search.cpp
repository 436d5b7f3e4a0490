#include "data/stories/search.h"

namespace gradus::stories {
namespace {

// How far a derivation has come.
struct State {
  Bindings bindings;
  size_t at = 0;             // bytes of the text it agrees with
  bool within_mask = false;  // it has said a part of the word that the mask at `at` stands for
  double probability = 1;
};

// The search of one text.
class Search {
 public:
  Search(const Grammar& grammar, std::string_view text)
      : grammar_(grammar), text_(text), ended_(text.size() + 1) {}

  SearchResult stories() {
    for (size_t t = 0; t < grammar_.themes.size(); ++t) {
      choices_ = {t};
      theme_ = &grammar_.themes[t];
      const Rest all{theme_->sentences, nullptr};
      follow(beginning(), &all);
    }
    result_.prefix = ended_;  // prefix[i] = sum of what ended at i or later
    for (size_t i = text_.size(); i-- > 0;) result_.prefix[i] += result_.prefix[i + 1];
    return std::move(result_);
  }

  double sentences() {
    double count = 0;
    for (const Theme& theme : grammar_.themes) {
      theme_ = &theme;
      for (const Item& item : theme.sentences) {
        if (!std::holds_alternative<Choice>(item)) continue;
        count += beginning().probability;
        const Rest sentence{{&item, 1}, nullptr};
        follow(beginning(), &sentence);
      }
    }
    return result_.probability / count;
  }

 private:
  State beginning() const {
    State state;
    state.probability = 1 / static_cast<double>(grammar_.themes.size());
    return state;
  }

  void follow(State state, const Rest* rest) {
    while (rest != nullptr && rest->items.empty()) rest = rest->then;
    if (rest == nullptr) return complete(state);
    const Item& item = rest->items.front();
    const Rest next{rest->items.subspan(1), rest->then};
    if (const std::string* literal = std::get_if<std::string>(&item)) say(state, *literal, &next);
    if (const Slot* slot = std::get_if<Slot>(&item)) fill(state, *slot, &next);
    if (const Choice* choice = std::get_if<Choice>(&item)) decide(state, *choice, &next);
  }

  void say(State state, std::string_view words, const Rest* next) {
    for (const char c : words) {
      if (!agrees(state, c)) return end(state);
    }
    follow(state, next);
  }

  // Whether the derivation may say c here; moves on if it may.
  bool agrees(State& state, char c) const {
    if (state.at < text_.size() && text_[state.at] == mask) {
      if (is_word_character(c)) {
        state.within_mask = true;
        return true;
      }
      if (!state.within_mask) return false;
      leave_mask(state);
    }
    if (state.at == text_.size() || text_[state.at] != c) return false;
    ++state.at;
    return true;
  }

  static void leave_mask(State& state) {
    state.within_mask = false;
    ++state.at;
  }

  void fill(State state, const Slot& slot, const Rest* next) {
    if (state.bindings.words[slot.variable] != unbound) {
      return say(state, spoken(grammar_, *theme_, state.bindings, slot), next);
    }
    const auto words = free_words(grammar_, *theme_, state.bindings, slot.variable);
    state.probability /= static_cast<double>(words.size());
    for (size_t i = 0; i < words.size(); ++i) {
      state.bindings.words[slot.variable] = words[i];
      choices_.push_back(i);
      say(state, spoken(grammar_, *theme_, state.bindings, slot), next);
      choices_.pop_back();
    }
  }

  void decide(State state, const Choice& choice, const Rest* next) {
    if (depends_on_mood(choice) && state.bindings.mood == Mood::any) {
      state.probability /= 2;
      for (const Mood mood : {Mood::happy, Mood::sad}) {
        state.bindings.mood = mood;
        choices_.push_back(mood == Mood::happy ? 0 : 1);
        decide(state, choice, next);
        choices_.pop_back();
      }
      return;
    }
    const auto phrasings = fitting(choice, state.bindings.mood);
    state.probability /= static_cast<double>(phrasings.size());
    for (size_t i = 0; i < phrasings.size(); ++i) {
      const Rest phrasing{phrasings[i]->items, next};
      choices_.push_back(i);
      follow(state, &phrasing);
      choices_.pop_back();
    }
  }

  void end(const State& state) { ended_[state.at] += state.probability; }

  void complete(State state) {
    if (state.within_mask) leave_mask(state);
    end(state);
    if (state.at < text_.size()) return;
    result_.probability += state.probability;
    if (result_.derivations++ == 0) result_.choices = choices_;
  }

  const Grammar& grammar_;
  std::string_view text_;
  const Theme* theme_ = nullptr;
  std::vector<size_t> choices_;
  std::vector<double> ended_;  // probability of the derivations that ended at each byte
  SearchResult result_;
};

}  // namespace

SearchResult search(const Grammar& grammar, std::string_view text) {
  return Search(grammar, text).stories();
}

double search_sentence(const Grammar& grammar, std::string_view text) {
  return Search(grammar, text).sentences();
}

}  // namespace gradus::stories
