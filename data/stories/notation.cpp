// The notation of themes, made to be written and read by people:
//
//   # kite: The {colour} kite              name and title
//   rescuer/tool = a sailor/a long hook | a goat/its teeth       words of this theme, their forms
//   ? Who lost the kite? hero              a question, and the slot that answers it
//   = + {hero} got {his} kite back.        a summary; + of happy stories, - of sad ones
//
//   {hero} ran to {spot} with a kite.      a sentence: each line is one phrasing of it
//   {hero} flew a kite (high|low) today.   (a|b) is a choice within a phrasing
//
//   + {Rescuer} caught it with {rescuer.tool}.        the next sentence, after an empty line
//   - It was never seen again.
//
// {he}, {him}, {his} and {himself} are the hero's. A capital in a slot's name makes one in the
// text.

#include <algorithm>

#include "data/stories/grammar.h"
#include "tensor/errors.h"

namespace gradus::stories {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t end; (end = text.find(separator)) != std::string_view::npos;) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

// One theme being read.
class Reader {
 public:
  explicit Reader(Grammar& grammar) : grammar_(grammar) {}

  Theme read(std::string_view notation) {
    bool paragraph_goes_on = false;
    for (const std::string_view untrimmed : split(notation, '\n')) {
      const std::string_view line = trim(untrimmed);
      const bool was_open = std::exchange(paragraph_goes_on, false);
      if (line.empty()) continue;
      if (line[0] == '#') {
        heading(line.substr(1));
      } else if (line[0] == '?') {
        question(line.substr(1));
      } else if (line[0] == '=') {
        theme_.summaries.push_back(phrasing(line.substr(1)));
      } else if (line.find(" = ") != std::string_view::npos) {
        own_words(line);
      } else {
        sentence(line, was_open);
        paragraph_goes_on = true;
      }
    }
    check_value(!theme_.name.empty() && !theme_.sentences.empty(),
                "theme '{}': a theme needs a name and a sentence", theme_.name);
    theme_.title = items(title_);
    return std::move(theme_);
  }

 private:
  [[noreturn]] void fail(std::string_view what, std::string_view where) const {
    throw ValueError(fmt::format("theme '{}': {} in '{}'", theme_.name, what, where));
  }

  // # name: title
  void heading(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == line.npos) fail("no colon", line);
    theme_.name = trim(line.substr(0, colon));
    title_ = trim(line.substr(colon + 1));
  }

  // name/form/form = word/form/form | word/form/form
  void own_words(std::string_view line) {
    const size_t equals = line.find(" = ");
    const auto names = split(trim(line.substr(0, equals)), '/');
    WordClass own{theme_.name + "." + std::string(names[0]), "", {std::string(names[0])}, {""}, {}};
    for (size_t i = 1; i < names.size(); ++i) own.form_names.emplace_back(names[i]);
    for (const std::string_view entry : split(line.substr(equals + 3), '|')) {
      Word word;
      for (const std::string_view form : split(trim(entry), '/')) word.emplace_back(trim(form));
      if (word.size() != names.size()) fail("a word with other forms than the class", entry);
      own.words.push_back(std::move(word));
    }
    grammar_.classes.push_back(std::move(own));
  }

  // ? Who lost the kite? hero
  void question(std::string_view line) {
    const size_t mark = line.rfind('?');
    if (mark == line.npos) fail("no question", line);
    theme_.questions.push_back(
        {items(trim(line.substr(0, mark + 1))), slot(trim(line.substr(mark + 1)))});
  }

  void sentence(std::string_view line, bool another_phrasing) {
    if (!another_phrasing) {
      if (!theme_.sentences.empty()) theme_.sentences.emplace_back(" ");
      theme_.sentences.emplace_back(Choice{});
    }
    std::get<Choice>(theme_.sentences.back()).phrasings.push_back(phrasing(line));
  }

  // [+ | -] text
  Phrasing phrasing(std::string_view line) {
    line = trim(line);
    Mood mood = Mood::any;
    if (line.starts_with("+ ")) mood = Mood::happy;
    if (line.starts_with("- ")) mood = Mood::sad;
    return {mood, items(mood == Mood::any ? line : trim(line.substr(2)))};
  }

  Items items(std::string_view text) {
    Items result;
    while (!text.empty()) {
      const size_t plain = std::min(text.find_first_of("{("), text.size());
      if (plain > 0) result.emplace_back(std::string(text.substr(0, plain)));
      text.remove_prefix(plain);
      if (text.empty()) break;
      const size_t end = text.find(text[0] == '{' ? '}' : ')');
      if (end == text.npos) fail("a bracket without its partner", text);
      const std::string_view inside = text.substr(1, end - 1);
      result.push_back(text[0] == '{' ? Item(slot(inside)) : Item(choice(inside)));
      text.remove_prefix(end + 1);
    }
    return result;
  }

  Choice choice(std::string_view alternatives) {
    Choice result;
    for (const std::string_view text : split(alternatives, '|')) {
      result.phrasings.push_back({Mood::any, items(text)});
    }
    return result;
  }

  // hero, hero.his, Hero.his, hero.His, his, His
  Slot slot(std::string_view written) {
    std::string text(written);
    const auto capital =
        std::find_if(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const bool capitalised = capital != text.end();
    if (capitalised) *capital = static_cast<char>(*capital - 'A' + 'a');
    if (text == "he" || text == "him" || text == "his" || text == "himself") text = "hero." + text;
    const size_t dot = std::min(text.find('.'), text.size());
    const std::string name = text.substr(0, dot);
    const std::string form = dot < text.size() ? text.substr(dot + 1) : "";
    const size_t v = variable(name);
    const auto& forms = grammar_.classes[theme_.variables[v].word_class].form_names;
    const auto found = std::find(forms.begin(), forms.end(), form);
    if (found == forms.end()) fail("a form that its class does not have", written);
    return {v, static_cast<size_t>(found - forms.begin()), capitalised};
  }

  // The theme's variable of that name; a new one at its first mention.
  size_t variable(const std::string& name) {
    std::vector<Variable>& known = theme_.variables;
    for (size_t v = 0; v < known.size(); ++v) {
      if (known[v].name == name) return v;
    }
    if (known.size() == max_variables) fail("more variables than a theme may have", name);
    known.push_back({name, word_class_of(name)});
    return known.size() - 1;
  }

  // The class whose words a variable takes. A theme's own classes are named "theme.class"; other
  // themes do not see them.
  size_t word_class_of(const std::string& variable) const {
    for (size_t c = grammar_.classes.size(); c-- > 0;) {
      const WordClass& candidate = grammar_.classes[c];
      const bool visible = candidate.name.find('.') == std::string::npos ||
                           candidate.name.starts_with(theme_.name + ".");
      const auto& names = candidate.variables;
      if (visible && std::find(names.begin(), names.end(), variable) != names.end()) return c;
    }
    fail("a slot that no words are known for", variable);
  }

  Grammar& grammar_;
  Theme theme_;
  std::string_view title_;
};

}  // namespace

void add_theme(Grammar& grammar, std::string_view notation) {
  Theme theme = Reader(grammar).read(notation);
  grammar.themes.push_back(std::move(theme));
}

}  // namespace gradus::stories
