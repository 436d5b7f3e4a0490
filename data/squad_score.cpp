#include "data/squad_score.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <vector>

#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

utf8proc_category_t category_of_character(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

// Python's str.isspace.
bool is_space_to_python(char32_t c) {
  const utf8proc_category_t kind = category_of_character(c);
  return (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F) || c == 0x85 ||
         kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL ||
         kind == UTF8PROC_CATEGORY_ZP;
}

// \w of Python's regular expressions, without the underscore, which is punctuation here: letters
// and numbers.
bool is_word_to_python(char32_t c) {
  const utf8proc_category_t kind = category_of_character(c);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) ||
         (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
         (c >= 123 && c <= 126);
}

// Of one character; those with two lower cases are seen to elsewhere.
char32_t lower_case_of(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

// Python's str.lower: İ becomes two characters, and Σ is ς at the end of a word.
std::u32string python_lower_case(const std::u32string& text) {
  constexpr char32_t dotted_capital_i = 0x130, dot_above = 0x307;
  constexpr char32_t capital_sigma = 0x3A3, final_sigma = 0x3C2;
  std::u32string lower;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends_word = i > 0 && is_word_to_python(text[i - 1]) &&
                           (i + 1 == text.size() || !is_word_to_python(text[i + 1]));
    if (text[i] == dotted_capital_i) {
      lower += {U'i', dot_above};
    } else if (text[i] == capital_sigma && ends_word) {
      lower += final_sigma;
    } else {
      lower += lower_case_of(text[i]);
    }
  }
  return lower;
}

std::u32string characters_of(std::string_view text) {
  constexpr char32_t replacement = 0xFFFD;
  std::u32string characters;
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    characters += c.length == 0 ? replacement : c.value;
    at += std::max<size_t>(1, c.length);
  }
  return characters;
}

// \b(a|an|the)\b replaced by a space.
std::u32string without_articles(const std::u32string& text) {
  std::u32string result;
  for (size_t begin = 0; begin < text.size();) {
    const bool is_word = is_word_to_python(text[begin]);
    size_t end = begin + 1;
    while (end < text.size() && is_word && is_word_to_python(text[end])) ++end;
    const std::u32string word = text.substr(begin, end - begin);
    const bool is_article = word == U"a" || word == U"an" || word == U"the";
    result += is_article ? U" " : word;
    begin = end;
  }
  return result;
}

std::vector<std::string> answer_words(std::string_view text) {
  std::vector<std::string> words;
  bool between = true;
  std::u32string characters = python_lower_case(characters_of(text));
  std::erase_if(characters, is_ascii_punctuation);
  for (const char32_t c : without_articles(characters)) {
    const bool is_space = is_space_to_python(c);
    if (!is_space && between) words.emplace_back();
    if (!is_space) append_utf8(words.back(), c);
    between = is_space;
  }
  return words;
}

double f1_of_words(const std::vector<std::string>& prediction,
                   const std::vector<std::string>& answer) {
  std::map<std::string_view, int64_t> left;
  for (const std::string& word : answer) ++left[word];
  double common = 0;
  for (const std::string& word : prediction) common += left[word]-- > 0;
  if (common == 0) return 0;
  const double precision = common / static_cast<double>(prediction.size());
  const double recall = common / static_cast<double>(answer.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

std::string normalise_answer(std::string_view text) {
  return fmt::format("{}", fmt::join(answer_words(text), " "));
}

double exact_match(std::string_view prediction, std::string_view answer) {
  return answer_words(prediction) == answer_words(answer);
}

double word_f1(std::string_view prediction, std::string_view answer) {
  return f1_of_words(answer_words(prediction), answer_words(answer));
}

AnswerScore score_answer(std::string_view prediction, std::span<const Answer> answers) {
  const std::vector<std::string> words = answer_words(prediction);
  const double is_empty = words.empty();
  if (answers.empty()) return {is_empty, is_empty};
  AnswerScore best;
  for (const Answer& answer : answers) {
    const std::vector<std::string> expected = answer_words(answer.text);
    best.exact_match = std::max(best.exact_match, words == expected ? 1.0 : 0.0);
    best.f1 = std::max(best.f1, f1_of_words(words, expected));
  }
  return best;
}

SquadScore score_squad(std::span<const SpanQuestion> questions,
                       const std::unordered_map<std::string, std::string>& predictions) {
  check_value(!questions.empty(), "score_squad: there are no questions");
  SquadScore score{.questions = static_cast<int64_t>(questions.size())};
  for (const SpanQuestion& question : questions) {
    const auto prediction = predictions.find(question.id);
    if (prediction == predictions.end()) {
      ++score.missing;
      continue;
    }
    const AnswerScore one = score_answer(prediction->second, question.answers);
    score.exact_match += one.exact_match;
    score.f1 += one.f1;
  }
  score.exact_match /= static_cast<double>(questions.size());
  score.f1 /= static_cast<double>(questions.size());
  return score;
}

}  // namespace gradus
