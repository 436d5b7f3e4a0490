#include "data/stories/story.h"

#include <cmath>
#include <map>

#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus::stories {
namespace {

// One story being told.
class Teller {
 public:
  Teller(const Grammar& grammar, const Choose& choose) : grammar_(grammar), choose_(choose) {}

  Story tell() {
    theme_ = &grammar_.themes[decide(grammar_.themes.size())];
    for (const Item& item : theme_->sentences) {
      const size_t begin = story_.text.size();
      say(item);
      if (std::holds_alternative<Choice>(item)) {
        story_.sentences.push_back({begin, story_.text.size()});
      }
    }
    story_.theme = theme_->name;
    story_.mood = bindings_.mood;
    story_.title = about(theme_->title);
    summarise();
    for (const QuestionForm& form : theme_->questions) ask(form);
    return std::move(story_);
  }

 private:
  // -ln P grows by ln n at a choice between n equals.
  size_t decide(size_t n) {
    const size_t taken = choose_(n);
    story_.choices.push_back(taken);
    story_.nats += std::log(static_cast<double>(n));
    return taken;
  }

  void say(const Item& item) {
    if (const std::string* literal = std::get_if<std::string>(&item)) story_.text += *literal;
    if (const Slot* slot = std::get_if<Slot>(&item)) fill(*slot);
    if (const Choice* choice = std::get_if<Choice>(&item)) {
      if (depends_on_mood(*choice) && bindings_.mood == Mood::any) {
        bindings_.mood = decide(2) == 0 ? Mood::happy : Mood::sad;
      }
      const auto phrasings = fitting(*choice, bindings_.mood);
      for (const Item& part : phrasings[decide(phrasings.size())]->items) say(part);
    }
  }

  void fill(const Slot& slot) {
    int16_t& word = bindings_.words[slot.variable];
    if (word == unbound) {
      const auto words = free_words(grammar_, *theme_, bindings_, slot.variable);
      word = words[decide(words.size())];
    }
    const size_t begin = story_.text.size();
    story_.text += spoken(grammar_, *theme_, bindings_, slot);
    const Span span{begin, story_.text.size()};
    first_said_.try_emplace({slot.variable, slot.form}, span);
    const WordClass& word_class = grammar_.classes[theme_->variables[slot.variable].word_class];
    if (slot.form == 0 && !word_class.label.empty()) {
      story_.entities.push_back({span, word_class.label});
    }
  }

  // A text about the story: every slot must have been filled in it.
  std::string about(const Items& items) const {
    std::string text;
    for (const Item& item : items) {
      if (const std::string* literal = std::get_if<std::string>(&item)) text += *literal;
      if (const Slot* slot = std::get_if<Slot>(&item)) {
        check_value(bindings_.words[slot->variable] != unbound,
                    "theme '{}': its title, summary or question speaks of '{}', its story does not",
                    theme_->name, theme_->variables[slot->variable].name);
        text += spoken(grammar_, *theme_, bindings_, *slot);
      }
    }
    return text;
  }

  void summarise() {
    for (const Phrasing& summary : theme_->summaries) {
      if (summary.mood != Mood::any && summary.mood != story_.mood) continue;
      story_.summary = about(summary.items);
      return;
    }
  }

  void ask(const QuestionForm& form) {
    const auto said = first_said_.find({form.answer.variable, form.answer.form});
    if (said != first_said_.end()) story_.questions.push_back({about(form.text), said->second});
  }

  const Grammar& grammar_;
  const Choose& choose_;
  const Theme* theme_ = nullptr;
  Bindings bindings_;
  Story story_;
  std::map<std::pair<size_t, size_t>, Span> first_said_;  // by (variable, form)
};

}  // namespace

const char* name_of(Mood mood) {
  if (mood == Mood::any) return "any";
  return mood == Mood::happy ? "happy" : "sad";
}

Story tell(const Grammar& grammar, const Choose& choose) { return Teller(grammar, choose).tell(); }

Story tell(const Grammar& grammar, uint64_t seed, uint64_t index) {
  Draw draw = draw_for(seed, "data/stories");
  draw.counter += index;
  uint64_t i = 0;
  return tell(grammar, [&](size_t n) {
    const auto words = kernels::random_block(draw, i++);
    return (uint64_t{words[1]} << 32 | words[0]) %
           n;  // 64 bits: the remainder's bias is < n / 2^64
  });
}

}  // namespace gradus::stories
