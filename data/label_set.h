#pragma once
// Labels as ids 0 ... C - 1, in an order that depends on the labels alone.

#include <span>
#include <string>
#include <vector>

#include "data/labelled.h"

namespace gradus {

struct LabelSet {
  std::vector<std::string> names;  // id -> label

  int64_t size() const { return static_cast<int64_t>(names.size()); }
  /// Throws ValueError naming the label, and those that are known, if it is not among them.
  int32_t id(const std::string& label) const;
};

/// The different ones of some labels: whole numbers in ascending order if all of them are, else
/// in the order of their bytes.
LabelSet label_set(std::span<const std::string> labels);
/// Classes of texts.
LabelSet class_labels(std::span<const LabelledText> texts);
/// Labels of texts that have several (split_labels).
LabelSet multi_labels(std::span<const LabelledText> texts);
/// Tags of words: O first, then the others in the order of their bytes.
LabelSet tag_labels(std::span<const TaggedSentence> sentences);

/// The class of each text. Throws ValueError beginning with "source:line" for a label that is not
/// in the set.
std::vector<int32_t> class_ids(std::span<const LabelledText> texts, const LabelSet& labels,
                               const std::string& source);
/// 1 for every label that a text has and 0 for the others, (N, C), row-major. Throws as class_ids.
std::vector<int32_t> multi_label_ids(std::span<const LabelledText> texts, const LabelSet& labels,
                                     const std::string& source);
/// The number that labels each text. Throws ValueError beginning with "source:line" for what is no
/// number.
std::vector<real> label_numbers(std::span<const LabelledText> texts, const std::string& source);
/// Tags as ids. Throws ValueError for a tag that is not in the set.
std::vector<int32_t> tag_ids(std::span<const std::string> tags, const LabelSet& labels);

}  // namespace gradus
