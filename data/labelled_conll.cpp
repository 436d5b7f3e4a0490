#include <algorithm>
#include <utility>

#include "data/delimited.h"
#include "data/labelled.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

std::vector<std::string_view> columns_of(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string_view> columns;
  for (size_t begin = line.find_first_not_of(blanks); begin != line.npos;) {
    const size_t end = std::min(line.find_first_of(blanks, begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(blanks, end);
  }
  return columns;
}

// B-PER is 'B' and PER; 0 stands for no prefix.
struct EntityTag {
  char prefix = 0;
  std::string_view type;
};

EntityTag parse_tag(std::string_view tag) {
  constexpr std::string_view prefixes = "BIESLU";
  const bool prefixed = tag.size() > 2 && tag[1] == '-' && prefixes.find(tag[0]) != tag.npos;
  return prefixed ? EntityTag{tag[0], tag.substr(2)} : EntityTag{0, tag};
}

// Whether tags name entities, with prefixes or without, or something else about each word.
enum class TagKind { prefixed, bare, other };

TagKind kind_of_tags(const std::vector<TaggedSentence>& sentences) {
  bool has_outside = false, has_prefix = false;
  for (const TaggedSentence& sentence : sentences) {
    for (const std::string& tag : sentence.tags) {
      has_outside = has_outside || tag == "O";
      has_prefix = has_prefix || parse_tag(tag).prefix != 0;
    }
  }
  if (has_prefix) return TagKind::prefixed;
  return has_outside ? TagKind::bare : TagKind::other;
}

// In every scheme an entity begins at B, S and U; at any other tag it begins unless the word
// before belongs to an entity of the same type that has not ended, as it has after E, L, S and U.
void make_iob2(std::vector<std::string>& tags) {
  constexpr std::string_view beginnings = "BSU", endings = "ELSU";
  std::string open_type;  // of the entity that the next word may continue
  for (std::string& tag : tags) {
    if (tag == "O") {
      open_type.clear();
      continue;
    }
    const auto [prefix, type_view] = parse_tag(tag);
    const std::string type(type_view);
    const bool begins = beginnings.find(prefix) != beginnings.npos || type != open_type;
    open_type = endings.find(prefix) != endings.npos ? "" : type;
    tag = (begins ? "B-" : "I-") + type;
  }
}

// Collects sentences line by line and checks that the columns stay as many.
class ConllReader {
 public:
  explicit ConllReader(const std::filesystem::path& path) : path_(path) {}

  void add(std::string_view line) {
    ++line_;
    const std::vector<std::string_view> columns = columns_of(line);
    if (columns.empty() || columns[0] == "-DOCSTART-") return end_sentence();
    check<FileError>(columns.size() >= 2, "{}: a word and its tag are needed, '{}' stands alone",
                     place_in(path_, line_), columns[0].substr(0, 100));
    if (columns_ == 0) columns_ = columns.size();
    check<FileError>(columns.size() == columns_, "{}: the line has {} columns, the first has {}",
                     place_in(path_, line_), columns.size(), columns_);
    sentence_.words.emplace_back(columns.front());
    sentence_.tags.emplace_back(columns.back());
    lines_.push_back(line_);
  }

  std::vector<TaggedSentence> take() {
    end_sentence();
    check<FileError>(!sentences_.empty(), "{}: the file holds no words", path_.string());
    const TagKind kind = kind_of_tags(sentences_);
    if (kind == TagKind::prefixed) check_prefixes();
    for (TaggedSentence& sentence : sentences_) {
      if (kind != TagKind::other) make_iob2(sentence.tags);
    }
    return std::move(sentences_);
  }

 private:
  void end_sentence() {
    if (!sentence_.words.empty()) sentences_.push_back(std::exchange(sentence_, {}));
  }

  void check_prefixes() const {
    size_t word = 0;
    for (const TaggedSentence& sentence : sentences_) {
      for (const std::string& tag : sentence.tags) {
        check<FileError>(tag == "O" || parse_tag(tag).prefix != 0,
                         "{}: the tag '{}' has no prefix such as B-, which others have",
                         place_in(path_, lines_[word]), tag.substr(0, 100));
        ++word;
      }
    }
  }

  const std::filesystem::path& path_;
  std::vector<TaggedSentence> sentences_;
  TaggedSentence sentence_;    // that is being read
  std::vector<size_t> lines_;  // of every word
  size_t line_ = 0, columns_ = 0;
};

}  // namespace

std::vector<TaggedSentence> read_conll(const std::filesystem::path& path) {
  const std::string text = read_plain_text(path);
  ConllReader reader(path);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    reader.add(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  return reader.take();
}

}  // namespace gradus
