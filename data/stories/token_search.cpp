#include "data/stories/token_search.h"

#include <cmath>
#include <map>
#include <utility>

namespace gradus::stories {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
char as_read(char c, bool lowercase) {
  return lowercase && is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

// How far a derivation has come.
struct Progress {
  Bindings bindings;
  size_t token = 0;    // the token that it says next, or is saying
  size_t said = 0;     // bytes of it
  bool agrees = true;  // and they are what the text has there
  auto operator<=>(const Progress&) const = default;
};

// Probability of derivations that have come equally far.
struct Weight {
  double all = 0;
  std::vector<double> right;  // of those that said hidden token i as the text has it
};

class TokenSearch {
 public:
  TokenSearch(const Grammar& grammar, const std::vector<ReadToken>& tokens, bool lowercase)
      : grammar_(grammar), tokens_(tokens), lowercase_(lowercase) {
    for (const ReadToken& token : tokens) {
      hidden_before_.push_back(hidden_);
      hidden_ += token.is_hidden ? 1 : 0;
    }
    hidden_before_.push_back(hidden_);
    said_right_.resize(hidden_);
  }

  // Sentence by sentence, so that stories that have decided the same go on as one.
  TokenSearchResult stories() {
    result_.with_token.resize(hidden_);
    for (const Theme& theme : grammar_.themes) {
      begin(theme);
      for (size_t i = 0; i < theme.sentences.size(); ++i) {
        go_on(theme.sentences[i], i);
      }
      collect();
    }
    return std::move(result_);
  }

  TokenSearchResult sentences() {
    result_.with_token.resize(hidden_);
    for (const Theme& theme : grammar_.themes) {
      for (const Item& item : theme.sentences) {
        if (!std::holds_alternative<Choice>(item)) continue;
        begin(theme);
        go_on(item, theme.sentences.size());
        collect();
      }
    }
    return std::move(result_);
  }

 private:
  void begin(const Theme& theme) {
    theme_ = &theme;
    const double probability = 1 / static_cast<double>(grammar_.themes.size());
    after_ = {{Progress(), {probability, std::vector<double>(hidden_)}}};
    last_mention_.assign(grammar_.classes.size(), 0);
    for (size_t i = 0; i < theme.sentences.size(); ++i) note_mentions(theme.sentences[i], i);
  }

  // Which sentence is the last that may use words of a class.
  void note_mentions(const Item& item, size_t sentence) {
    if (const auto* slot = std::get_if<Slot>(&item)) {
      last_mention_[theme_->variables[slot->variable].word_class] = sentence;
    }
    if (const auto* choice = std::get_if<Choice>(&item)) {
      for (const Phrasing& phrasing : choice->phrasings) {
        for (const Item& part : phrasing.items) note_mentions(part, sentence);
      }
    }
  }

  void go_on(const Item& item, size_t sentence) {
    sentence_ = sentence;
    const Rest rest{{&item, 1}, nullptr};
    for (const auto& [progress, weight] : std::exchange(after_, {})) {
      before_ = &weight;
      first_hidden_ = hidden_before_[progress.token];
      follow(progress, 1, &rest);
    }
  }

  void collect() {
    for (const auto& [said, weight] : after_) {
      Progress progress = said;
      const size_t last_hidden = hidden_before_[progress.token];
      if (!end_word(progress) || progress.token < tokens_.size()) continue;
      result_.probability += weight.all;
      for (size_t i = 0; i < last_hidden; ++i) result_.with_token[i] += weight.right[i];
      for (size_t i = last_hidden; i < hidden_; ++i) {
        result_.with_token[i] += said_right_[i] ? weight.all : 0;
      }
    }
  }

  void follow(const Progress& progress, double probability, const Rest* rest) {
    while (rest != nullptr && rest->items.empty()) rest = rest->then;
    if (rest == nullptr) return merge(progress, probability);
    const Item& item = rest->items.front();
    const Rest next{rest->items.subspan(1), rest->then};
    if (const auto* literal = std::get_if<std::string>(&item)) {
      say(progress, probability, *literal, &next);
    }
    if (const auto* slot = std::get_if<Slot>(&item)) fill(progress, probability, *slot, &next);
    if (const auto* choice = std::get_if<Choice>(&item)) {
      decide(progress, probability, *choice, &next);
    }
  }

  void fill(Progress progress, double probability, const Slot& slot, const Rest* next) {
    int16_t& word = progress.bindings.words[slot.variable];
    if (word != unbound) {
      return say(progress, probability, spoken(grammar_, *theme_, progress.bindings, slot), next);
    }
    const auto words = free_words(grammar_, *theme_, progress.bindings, slot.variable);
    for (const int16_t free : words) {
      word = free;
      say(progress, probability / static_cast<double>(words.size()),
          spoken(grammar_, *theme_, progress.bindings, slot), next);
    }
  }

  void decide(Progress progress, double probability, const Choice& choice, const Rest* next) {
    if (depends_on_mood(choice) && progress.bindings.mood == Mood::any) {
      for (const Mood mood : {Mood::happy, Mood::sad}) {
        progress.bindings.mood = mood;
        decide(progress, probability / 2, choice, next);
      }
      return;
    }
    const auto phrasings = fitting(choice, progress.bindings.mood);
    for (const Phrasing* p : phrasings) {
      const Rest phrasing{p->items, next};
      follow(progress, probability / static_cast<double>(phrasings.size()), &phrasing);
    }
  }

  void say(Progress progress, double probability, std::string_view text, const Rest* next) {
    for (const char c : text) {
      if (!reads(progress, c)) return;
    }
    follow(progress, probability, next);
  }

  // Whether the derivation may say c here; moves on if it may.
  bool reads(Progress& progress, char c) {
    if (is_alphanumeric(c)) return reads_character(progress, c);
    if (!end_word(progress)) return false;
    return is_blank(c) || (reads_character(progress, c) && end_word(progress));
  }

  bool reads_character(Progress& progress, char c) const {
    if (progress.token == tokens_.size()) return false;
    const ReadToken& token = tokens_[progress.token];
    const bool same =
        progress.said < token.text.size() && token.text[progress.said] == as_read(c, lowercase_);
    ++progress.said;
    progress.agrees = progress.agrees && same;
    return token.is_hidden || same;
  }

  bool end_word(Progress& progress) {
    if (progress.said == 0) return true;
    const ReadToken& token = tokens_[progress.token];
    const bool right = progress.agrees && progress.said == token.text.size();
    if (token.is_hidden) said_right_[hidden_before_[progress.token]] = right;
    ++progress.token;
    progress.said = 0;
    progress.agrees = true;
    return token.is_hidden || right;
  }

  // A sentence is said: hidden tokens from first_hidden_ on were said in it. Words that no later
  // sentence can mention or has to avoid are forgotten.
  void merge(Progress progress, double probability) {
    for (size_t v = 0; v < theme_->variables.size(); ++v) {
      const bool matters = last_mention_[theme_->variables[v].word_class] > sentence_;
      if (!matters) progress.bindings.words[v] = unbound;
    }
    Weight& sum = after_[progress];
    sum.right.resize(hidden_);
    sum.all += probability * before_->all;
    for (size_t i = 0; i < first_hidden_; ++i) sum.right[i] += probability * before_->right[i];
    for (size_t i = first_hidden_; i < hidden_before_[progress.token]; ++i) {
      if (said_right_[i]) sum.right[i] += probability * before_->all;
    }
  }

  const Grammar& grammar_;
  const std::vector<ReadToken>& tokens_;
  bool lowercase_;
  const Theme* theme_ = nullptr;
  size_t hidden_ = 0;
  std::vector<size_t> hidden_before_;  // hidden tokens before each token
  std::vector<char> said_right_;       // by hidden token: as the derivation being followed said it
  std::map<Progress, Weight> after_;   // the item said last
  const Weight* before_ = nullptr;     // of the derivations being followed
  size_t first_hidden_ = 0;            // that they have not said yet
  size_t sentence_ = 0;                // that they say
  std::vector<size_t> last_mention_;   // by word class: the last sentence that may use it
  TokenSearchResult result_;
};

}  // namespace

std::vector<ReadToken> read_tokens(std::string_view text, bool lowercase) {
  std::vector<ReadToken> tokens;
  bool within_word = false;
  for (const char c : text) {
    const bool goes_on = within_word && is_alphanumeric(c);
    within_word = is_alphanumeric(c);
    if (is_blank(c)) continue;
    if (!goes_on) tokens.emplace_back();
    tokens.back().text += as_read(c, lowercase);
  }
  return tokens;
}

double TokenSearchResult::nats(size_t i) const {
  return with_token[i] == 0 ? INFINITY : std::log(probability / with_token[i]);
}

TokenSearchResult search_tokens(const Grammar& grammar, const std::vector<ReadToken>& tokens,
                                bool lowercase) {
  return TokenSearch(grammar, tokens, lowercase).stories();
}

TokenSearchResult search_sentence_tokens(const Grammar& grammar,
                                         const std::vector<ReadToken>& tokens, bool lowercase) {
  return TokenSearch(grammar, tokens, lowercase).sentences();
}

}  // namespace gradus::stories
