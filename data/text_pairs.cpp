#include "data/text_pairs.h"

#include <algorithm>
#include <map>

#include "data/delimited.h"
#include "data/sentences.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr std::pair<const char*, const char*> header_names[] = {
    {"source", "target"},    {"input", "output"},       {"text", "summary"},
    {"document", "summary"}, {"article", "highlights"}, {"question", "answer"}};

std::string in_lower_ascii(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool is_only_blanks(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

// Whether the first row names the columns; one column alone may be named as a source is.
bool names_columns(const DelimitedRow& row) {
  const std::string first = in_lower_ascii(row.fields[0]);
  return std::ranges::any_of(header_names, [&](const auto& names) {
    return first == names.first &&
           (row.fields.size() == 1 || in_lower_ascii(row.fields[1]) == names.second);
  });
}

}  // namespace

TextPairs read_text_pairs(const std::filesystem::path& path) {
  const std::vector<DelimitedRow> table = read_delimited(path);
  check<FileError>(table[0].fields.size() == 2,
                   "{}: the row has {} fields; a pair has two, source and target",
                   place_in(path, table[0].line), table[0].fields.size());
  TextPairs pairs{.rows = {}, .header = names_columns(table[0])};
  for (size_t i = pairs.header ? 1 : 0; i < table.size(); ++i) {
    const DelimitedRow& row = table[i];
    for (const size_t column : {size_t{0}, size_t{1}}) {
      check<FileError>(!is_only_blanks(row.fields[column]), "{}: the {} is empty",
                       place_in(path, row.line), column == 0 ? "source" : "target");
    }
    pairs.rows.push_back(
        {std::string(trimmed(row.fields[0])), std::string(trimmed(row.fields[1])), row.line});
  }
  check<FileError>(!pairs.rows.empty(), "{}: the file holds no pairs", path.string());
  return pairs;
}

std::vector<std::string> read_sources(const std::filesystem::path& path) {
  const std::vector<DelimitedRow> table = read_delimited(path);
  std::vector<std::string> sources;
  for (size_t i = names_columns(table[0]) ? 1 : 0; i < table.size(); ++i) {
    check<FileError>(!is_only_blanks(table[i].fields[0]), "{}: the source is empty",
                     place_in(path, table[i].line));
    sources.emplace_back(trimmed(table[i].fields[0]));
  }
  return sources;
}

std::string question_in_context(std::string_view question, std::string_view context) {
  return fmt::format("question: {} context: {}", question, context);
}

std::string most_frequent_target(std::span<const TextPair> pairs) {
  check_value(!pairs.empty(), "most_frequent_target: there are no pairs");
  std::map<std::string_view, int64_t> counts;
  for (const TextPair& pair : pairs) ++counts[pair.target];
  const auto count = [](const auto& entry) { return entry.second; };
  return std::string(std::ranges::max_element(counts, {}, count)->first);
}

}  // namespace gradus
