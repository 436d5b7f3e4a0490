#include "data/sentences.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <string>

#include "data/utf8.h"

namespace gradus {
namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

// No sentence ends at their full stop.
constexpr std::array<std::string_view, 42> abbreviations = {
    "mr",  "mrs", "ms",  "dr",  "prof",   "st",   "sgt",  "lt",  "col",  "gen", "capt",
    "cpl", "rev", "hon", "sen", "rep",    "gov",  "jr",   "sr",  "inc",  "ltd", "vs",
    "etc", "cf",  "viz", "ca",  "approx", "jan",  "feb",  "aug", "sept", "sep", "oct",
    "nov", "dec", "mt",  "ft",  "ave",    "dept", "univ", "ed",  "eds"};
// No sentence ends there if a number follows.
constexpr std::array<std::string_view, 9> before_numbers = {"no", "nos", "vol",  "vols", "p",
                                                            "pp", "fig", "figs", "ch"};
constexpr size_t longest_abbreviation = 6;

bool is_blank(char c) { return blanks.find(c) != blanks.npos; }
bool is_end_mark(char c) { return c == '.' || c == '!' || c == '?'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Part of a word; every byte beyond ASCII counts.
bool is_word_byte(char c) {
  return is_ascii_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 128;
}

struct Sign {
  size_t length = 0;  // bytes
  utf8proc_category_t category = UTF8PROC_CATEGORY_CN;
};

Sign sign_at(std::string_view text, size_t at) {
  const CodePoint c = decode_utf8(text, at);
  if (c.length == 0) return {1, UTF8PROC_CATEGORY_CN};
  return {c.length, utf8proc_category(static_cast<utf8proc_int32_t>(c.value))};
}

bool begins_sentence(utf8proc_category_t kind) {
  return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LT ||
         kind == UTF8PROC_CATEGORY_LO || kind == UTF8PROC_CATEGORY_ND;
}

class SentenceSplitter {
 public:
  SentenceSplitter(std::string_view text, Marks marks) : text_(text), marks_(marks) {}

  std::vector<std::string_view> split() {
    std::vector<std::string_view> sentences;
    size_t begin = 0;
    for (size_t at = 0; at < text_.size();) {
      if (!is_end_mark(text_[at])) {
        read(at++);
        continue;
      }
      const size_t mark = at;
      while (at < text_.size() && is_end_mark(text_[at])) ++at;
      if (!stands_right(mark, at)) continue;
      at = after_closing(at);
      const size_t next = std::min(text_.find_first_not_of(blanks, at), text_.size());
      if (next == at || !opens_sentence(next) || is_abbreviation(mark, next)) continue;
      sentences.push_back(text_.substr(begin, at - begin));
      begin = at = next;
    }
    if (begin < text_.size()) sentences.push_back(text_.substr(begin));
    return sentences;
  }

 private:
  void read(size_t at) {
    if (text_[at] == '"') quote_is_open_ = !quote_is_open_;
  }

  // Whether marks [begin, end) stand as the marks of this text do.
  bool stands_right(size_t begin, size_t end) const {
    if (marks_ == Marks::attached) return true;
    return begin > 0 && is_blank(text_[begin - 1]) && (end == text_.size() || is_blank(text_[end]));
  }

  // Past all quotes and brackets that close at `at`.
  size_t after_closing(size_t at) {
    while (true) {
      size_t sign = at;
      if (marks_ == Marks::set_apart && sign < text_.size() && text_[sign] == ' ') ++sign;
      if (sign >= text_.size()) return at;
      const size_t length = closing_length(sign);
      if (length == 0) return at;
      read(sign);
      at = sign + length;
    }
  }

  size_t closing_length(size_t at) const {
    const char c = text_[at];
    if (c == '"') return marks_ == Marks::attached || quote_is_open_ ? 1 : 0;
    if (c == '\'') return marks_ == Marks::attached ? 1 : 0;
    const Sign sign = sign_at(text_, at);
    const bool closes =
        sign.category == UTF8PROC_CATEGORY_PE || sign.category == UTF8PROC_CATEGORY_PF;
    return closes ? sign.length : 0;
  }

  bool opens_sentence(size_t at) const {
    for (Sign sign; at < text_.size(); at += sign.length) {
      sign = sign_at(text_, at);
      if (begins_sentence(sign.category)) return true;
      const char c = text_[at];
      const bool opens = c == '"' || c == '\'' || sign.category == UTF8PROC_CATEGORY_PS ||
                         sign.category == UTF8PROC_CATEGORY_PI;
      if (!opens && !(marks_ == Marks::set_apart && c == ' ')) return false;
    }
    return false;
  }

  // Whether the mark at `stop` is a full stop that belongs to the word before it.
  bool is_abbreviation(size_t stop, size_t next) const {
    if (text_[stop] != '.' || is_end_mark(text_[stop + 1])) return false;
    size_t begin = stop;
    while (begin > 0 && stop - begin <= longest_abbreviation && is_word_byte(text_[begin - 1])) {
      --begin;
    }
    std::string word(text_.substr(begin, stop - begin));
    if (word.size() == 1 && is_ascii_letter(word[0]) && word != "I") return true;
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (std::ranges::find(abbreviations, word) != abbreviations.end()) return true;
    return is_digit(text_[next]) && std::ranges::find(before_numbers, word) != before_numbers.end();
  }

  std::string_view text_;
  Marks marks_;
  bool quote_is_open_ = false;
};

}  // namespace

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> split_sentences(std::string_view paragraph, Marks marks) {
  return SentenceSplitter(trimmed(paragraph), marks).split();
}

}  // namespace gradus
