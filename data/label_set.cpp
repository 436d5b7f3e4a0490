#include "data/label_set.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "data/delimited.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

std::optional<int64_t> whole_number(const std::string& label) {
  int64_t number = 0;
  const char* end = label.data() + label.size();
  const auto [stop, error] = std::from_chars(label.data(), end, number);
  if (error != std::errc() || stop != end) return {};
  return number;
}

// Adds to an error where it happened.
template <class Function>
auto at_place(const std::string& place, Function function) {
  try {
    return function();
  } catch (const ValueError& error) {
    throw ValueError(fmt::format("{}: {}", place, error.what()));
  }
}

}  // namespace

int32_t LabelSet::id(const std::string& label) const {
  const auto found = std::ranges::find(names, label);
  if (found != names.end()) return static_cast<int32_t>(found - names.begin());
  constexpr size_t most = 10;
  const std::span<const std::string> shown(names.data(), std::min(most, names.size()));
  throw ValueError(fmt::format("the label '{}' is unknown; there are: {}{}", label.substr(0, 100),
                               fmt::join(shown, ", "), names.size() > most ? ", ..." : ""));
}

LabelSet label_set(std::span<const std::string> labels) {
  const std::set<std::string> different(labels.begin(), labels.end());
  LabelSet result{{different.begin(), different.end()}};
  const bool all_numbers = std::ranges::all_of(
      result.names, [](const std::string& name) { return whole_number(name).has_value(); });
  if (all_numbers) std::ranges::stable_sort(result.names, {}, whole_number);
  return result;
}

LabelSet class_labels(std::span<const LabelledText> texts) {
  std::vector<std::string> labels;
  for (const LabelledText& text : texts) labels.push_back(text.label);
  return label_set(labels);
}

LabelSet multi_labels(std::span<const LabelledText> texts) {
  std::vector<std::string> labels;
  for (const LabelledText& text : texts) {
    for (std::string& label : split_labels(text.label)) labels.push_back(std::move(label));
  }
  return label_set(labels);
}

LabelSet tag_labels(std::span<const TaggedSentence> sentences) {
  std::set<std::string> tags;
  for (const TaggedSentence& sentence : sentences) {
    tags.insert(sentence.tags.begin(), sentence.tags.end());
  }
  LabelSet result{{tags.begin(), tags.end()}};
  std::stable_partition(result.names.begin(), result.names.end(),
                        [](const std::string& tag) { return tag == "O"; });
  return result;
}

std::vector<int32_t> class_ids(std::span<const LabelledText> texts, const LabelSet& labels,
                               const std::string& source) {
  std::vector<int32_t> ids;
  for (const LabelledText& text : texts) {
    ids.push_back(at_place(place_in(source, text.line), [&] { return labels.id(text.label); }));
  }
  return ids;
}

std::vector<int32_t> multi_label_ids(std::span<const LabelledText> texts, const LabelSet& labels,
                                     const std::string& source) {
  const size_t C = labels.names.size();
  std::vector<int32_t> ids(texts.size() * C);
  for (size_t n = 0; n < texts.size(); ++n) {
    for (const std::string& label : split_labels(texts[n].label)) {
      const int32_t id =
          at_place(place_in(source, texts[n].line), [&] { return labels.id(label); });
      ids[n * C + static_cast<size_t>(id)] = 1;
    }
  }
  return ids;
}

std::vector<real> label_numbers(std::span<const LabelledText> texts, const std::string& source) {
  std::vector<real> numbers;
  for (const LabelledText& text : texts) {
    numbers.push_back(parse_number(text.label, place_in(source, text.line)));
  }
  return numbers;
}

std::vector<int32_t> tag_ids(std::span<const std::string> tags, const LabelSet& labels) {
  std::vector<int32_t> ids;
  for (const std::string& tag : tags) ids.push_back(labels.id(tag));
  return ids;
}

}  // namespace gradus
