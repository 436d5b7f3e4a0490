#include "data/delimited.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "data/file.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

size_t line_of(std::string_view text, size_t byte) {
  return 1 + static_cast<size_t>(std::ranges::count(text.substr(0, byte), '\n'));
}

std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

std::vector<DelimitedRow> tab_separated(std::string_view text) {
  std::vector<DelimitedRow> rows;
  for (size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = without_return(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    DelimitedRow row{{}, number};
    for (size_t field = 0; field <= line.size();) {
      const size_t tab = std::min(line.find('\t', field), line.size());
      row.fields.emplace_back(line.substr(field, tab - field));
      field = tab + 1;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Reads comma-separated values from the left.
class CommaReader {
 public:
  CommaReader(const std::filesystem::path& path, std::string_view text)
      : path_(path), text_(text) {}

  std::vector<DelimitedRow> rows() {
    std::vector<DelimitedRow> result;
    while (at_ < text_.size()) {
      DelimitedRow row{{}, line_};
      do {
        row.fields.push_back(text_.substr(at_).starts_with('"') ? quoted() : plain());
      } while (skip_comma());
      skip_line_end();
      const bool is_empty = row.fields.size() == 1 && row.fields[0].empty();
      if (!is_empty) result.push_back(std::move(row));
    }
    return result;
  }

 private:
  bool at_line_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n") ||
           text_.substr(at_) == "\r";
  }

  std::string plain() {
    const size_t begin = at_;
    while (!at_line_end() && text_[at_] != ',') ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // "a ""quoted"" word" is a "quoted" word.
  std::string quoted() {
    const size_t first_line = line_;
    std::string field;
    for (++at_;; ++at_) {
      check<FileError>(at_ < text_.size(), "{}: the quote that opens here is never closed",
                       place_in(path_, first_line));
      if (text_[at_] == '"') {
        if (!text_.substr(at_ + 1).starts_with('"')) break;
        ++at_;
      }
      if (text_[at_] == '\n') ++line_;
      field += text_[at_];
    }
    ++at_;
    check<FileError>(at_line_end() || text_[at_] == ',',
                     "{}: after a closing quote only a comma or the end of the line may follow",
                     place_in(path_, line_));
    return field;
  }

  bool skip_comma() {
    const bool is_comma = at_ < text_.size() && text_[at_] == ',';
    if (is_comma) ++at_;
    return is_comma;
  }

  void skip_line_end() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  const std::filesystem::path& path_;
  std::string_view text_;
  size_t at_ = 0, line_ = 1;
};

bool is_tab_separated(const std::filesystem::path& path, std::string_view text) {
  if (path.extension() == ".tsv") return true;
  if (path.extension() == ".csv") return false;
  return text.substr(0, text.find('\n')).find('\t') != text.npos;
}

}  // namespace

std::string place_in(const std::filesystem::path& path, size_t line) {
  return fmt::format("{}:{}", path.string(), line);
}

std::string read_plain_text(const std::filesystem::path& path) {
  std::string text = read_file(path);
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check<FileError>(!bad, "{}: the text is not valid UTF-8",
                   place_in(path, line_of(text, bad.value_or(0))));
  const size_t nul = std::min(text.find('\0'), text.size());
  check<FileError>(nul == text.size(), "{}: a NUL byte stands in the text",
                   place_in(path, line_of(text, nul)));
  return text;
}

std::vector<DelimitedRow> read_delimited(const std::filesystem::path& path) {
  const std::string text = read_plain_text(path);
  const std::vector<DelimitedRow> rows =
      is_tab_separated(path, text) ? tab_separated(text) : CommaReader(path, text).rows();
  check<FileError>(!rows.empty(), "{}: the file holds no rows", path.string());
  for (const DelimitedRow& row : rows) {
    check<FileError>(row.fields.size() == rows[0].fields.size(),
                     "{}: the row has {} fields, the first row has {}", place_in(path, row.line),
                     row.fields.size(), rows[0].fields.size());
  }
  return rows;
}

}  // namespace gradus
