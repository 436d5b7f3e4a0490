#include "data/labelled.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "data/delimited.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> pair_names{{{"sentence1", "sentence2"},
                                                                         {"premise", "hypothesis"},
                                                                         {"question1", "question2"},
                                                                         {"text1", "text2"},
                                                                         {"text_a", "text_b"},
                                                                         {"question", "sentence"}}};
constexpr const char* text_names[] = {"sentence", "text",    "review",
                                      "question", "content", "comment"};
constexpr const char* label_names[] = {"label", "gold_label", "labels",   "target",
                                       "class", "sentiment",  "category", "score"};

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// Where the parts of an example stand in a row.
struct ExamplePlaces {
  std::optional<size_t> text = {}, second = {}, label = {};
};

// The columns of a table by their names.
class TableHeader {
 public:
  explicit TableHeader(const DelimitedRow& row) {
    for (const std::string& field : row.fields)
      names_.push_back(in_lower_case(without_blanks(field)));
  }

  std::optional<size_t> find(std::string_view name) const {
    const auto found = std::ranges::find(names_, in_lower_case(name));
    if (found == names_.end()) return {};
    return static_cast<size_t>(found - names_.begin());
  }

  std::optional<size_t> first_of(std::span<const char* const> names) const {
    for (const char* name : names) {
      if (const std::optional<size_t> found = find(name)) return found;
    }
    return {};
  }

  ExamplePlaces usual_places() const {
    const std::optional<size_t> label = first_of(label_names);
    for (const auto& [first, second] : pair_names) {
      if (find(first) && find(second)) return {find(first), find(second), label};
    }
    return {first_of(text_names), {}, label};
  }

  // All names, cut short where they would drown a sentence.
  std::string shown() const {
    std::string text;
    for (const std::string& name : names_) {
      if (text.size() + name.size() > 100) return text + ", ...";
      text += (text.empty() ? "" : ", ") + name;
    }
    return text;
  }

 private:
  std::vector<std::string> names_;
};

// Where texts stand, named or by the usual names.
ExamplePlaces text_places_in(const std::filesystem::path& path, const TableHeader& header,
                             const TextColumns& columns) {
  ExamplePlaces places = header.usual_places();
  const auto choose = [&](const std::string& name, std::optional<size_t>& place) {
    if (name.empty()) return;
    place = header.find(name);
    check<FileError>(place.has_value(), "{}: there is no column '{}'; there are: {}", path.string(),
                     name, header.shown());
  };
  if (!columns.text.empty()) places.second.reset();
  choose(columns.text, places.text);
  choose(columns.second, places.second);
  choose(columns.label, places.label);
  check<FileError>(places.text.has_value(),
                   "{}: no column has one of a text's usual names, such as sentence; there are: {}",
                   path.string(), header.shown());
  return places;
}

ExamplePlaces places_in(const std::filesystem::path& path, const TableHeader& header,
                        const TextColumns& columns) {
  const ExamplePlaces places = text_places_in(path, header, columns);
  check<FileError>(places.label.has_value(),
                   "{}: no column has one of a label's usual names, such as label; there are: {}",
                   path.string(), header.shown());
  return places;
}

bool has_no_header(const TableHeader& header, size_t fields, const TextColumns& columns) {
  const ExamplePlaces usual = header.usual_places();
  const bool nothing_asked =
      columns.text.empty() && columns.second.empty() && columns.label.empty();
  return nothing_asked && !usual.text && !usual.label && (fields == 2 || fields == 3);
}

bool is_no_label(std::string_view label) { return label.empty() || label == "-"; }

bool is_whole_number(std::string_view label) {
  return !label.empty() && label.find_first_not_of("0123456789") == label.npos;
}

}  // namespace

LabelledTexts read_labelled_texts(const std::filesystem::path& path, const TextColumns& columns) {
  const std::vector<DelimitedRow> table = read_delimited(path);
  const TableHeader header(table[0]);
  const size_t fields = table[0].fields.size();
  const bool bare = has_no_header(header, fields, columns);
  const ExamplePlaces places = !bare         ? places_in(path, header, columns)
                               : fields == 2 ? ExamplePlaces{0, {}, 1}
                                             : ExamplePlaces{0, 1, 2};
  LabelledTexts result{.pairs = places.second.has_value(), .header = !bare};
  for (size_t i = bare ? 0 : 1; i < table.size(); ++i) {
    const DelimitedRow& row = table[i];
    LabelledText example{.text = row.fields[*places.text],
                         .second = result.pairs ? row.fields[*places.second] : "",
                         .label = std::string(without_blanks(row.fields[*places.label])),
                         .line = row.line};
    if (result.pairs && is_no_label(example.label)) {
      ++result.unlabelled;
      continue;
    }
    const bool has_text = !without_blanks(example.text).empty() &&
                          (!result.pairs || !without_blanks(example.second).empty());
    check<FileError>(has_text, "{}: the text is empty", place_in(path, row.line));
    check<FileError>(!example.label.empty(), "{}: the label is empty", place_in(path, row.line));
    result.rows.push_back(std::move(example));
  }
  check<FileError>(!result.rows.empty(), "{}: the file holds no labelled text", path.string());
  return result;
}

void leave_out_minus_ones(LabelledTexts& texts) {
  const auto is_minus_one = [](const LabelledText& row) { return row.label == "-1"; };
  const bool others_are_numbers = std::ranges::all_of(texts.rows, [&](const LabelledText& row) {
    return is_minus_one(row) || is_whole_number(row.label);
  });
  const bool all = std::ranges::all_of(texts.rows, is_minus_one);
  if (texts.pairs && others_are_numbers && !all)
    texts.unlabelled += static_cast<int64_t>(std::erase_if(texts.rows, is_minus_one));
}

LabelledTexts read_texts(const std::filesystem::path& path, std::optional<bool> wanted) {
  const std::vector<DelimitedRow> table = read_delimited(path);
  const TableHeader header(table[0]);
  const size_t fields = table[0].fields.size();
  const ExamplePlaces usual = header.usual_places();
  const bool bare = !usual.text && !usual.label && fields <= 3;
  ExamplePlaces places = bare ? ExamplePlaces{.text = 0} : text_places_in(path, header, {});
  if (bare && fields > 1 && wanted.value_or(fields == 3)) places.second = 1;
  const bool pairs = places.second.has_value();
  check<FileError>(pairs == wanted.value_or(pairs), "{}: these are {}; the model reads {}",
                   path.string(), pairs ? "pairs of texts" : "single texts",
                   pairs ? "single texts" : "pairs");
  const size_t text = *places.text, second = places.second.value_or(0);
  LabelledTexts result{.pairs = pairs, .header = !bare};
  for (size_t i = bare ? 0 : 1; i < table.size(); ++i) {
    const DelimitedRow& row = table[i];
    result.rows.push_back({.text = row.fields[text],
                           .second = pairs ? row.fields[second] : "",
                           .label = "",
                           .line = row.line});
  }
  return result;
}

std::vector<std::string> split_labels(std::string_view label) {
  std::vector<std::string> labels;
  for (size_t begin = 0; begin <= label.size();) {
    const size_t end = std::min(label.find_first_of(",|", begin), label.size());
    const std::string_view name = without_blanks(label.substr(begin, end - begin));
    if (!name.empty()) labels.emplace_back(name);
    begin = end + 1;
  }
  return labels;
}

real parse_number(std::string_view label, std::string_view where) {
  const std::string_view digits = without_blanks(label);
  real number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  check_value(whole && std::isfinite(number), "{}: the label '{}' is no finite number", where,
              label.substr(0, 100));
  return number;
}

}  // namespace gradus
