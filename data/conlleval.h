#pragma once
// Precision, recall and F1 of entities, as conlleval counts them (Tjong Kim Sang & Buchholz 2000,
// "Introduction to the CoNLL-2000 shared task"): an entity is right if its first word, its last
// word and its type are.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// Words [begin, end) of a sentence.
struct EntitySpan {
  std::string type;
  size_t begin = 0, end = 0;
  bool operator==(const EntitySpan&) const = default;
};

/// The entities that tags O, B-X and I-X name. One begins at every B-, and at an I- that follows
/// no word of the same type. Throws ValueError for any other tag.
std::vector<EntitySpan> entities_in(std::span<const std::string> tags);

/// How many there are, were found, and were found correctly; with 0 for what has no value.
struct EntityCounts {
  int64_t truth = 0, found = 0, correct = 0;
  double precision() const;
  double recall() const;
  double f1() const;
};

struct EntityScore {
  EntityCounts all;
  std::map<std::string, EntityCounts> by_type;  // that is in the truth or was found
  int64_t words = 0, correct_tags = 0;
  double accuracy() const;  // of the tags of single words
};

/// Tags of sentences, true and predicted. Throws ValueError for unequal numbers of sentences or of
/// words in one, and as entities_in does.
EntityScore score_entities(std::span<const std::vector<std::string>> truth,
                           std::span<const std::vector<std::string>> predicted);

/// The table that conlleval prints.
std::string conlleval_table(const EntityScore& score);

}  // namespace gradus
