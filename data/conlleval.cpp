#include "data/conlleval.h"

#include <algorithm>

#include "tensor/errors.h"

namespace gradus {
namespace {

double share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// "precision:  68.83%; recall:  80.83%; FB1:  74.35"
std::string figures(const EntityCounts& counts) {
  return fmt::format("precision: {:6.2f}%; recall: {:6.2f}%; FB1: {:6.2f}",
                     100 * counts.precision(), 100 * counts.recall(), 100 * counts.f1());
}

}  // namespace

double EntityCounts::precision() const { return share(correct, found); }
double EntityCounts::recall() const { return share(correct, truth); }
double EntityCounts::f1() const { return share(2 * correct, found + truth); }
double EntityScore::accuracy() const { return share(correct_tags, words); }

std::vector<EntitySpan> entities_in(std::span<const std::string> tags) {
  std::vector<EntitySpan> entities;
  for (size_t i = 0; i < tags.size(); ++i) {
    const std::string& tag = tags[i];
    if (tag == "O") continue;
    check_value(tag.starts_with("B-") || tag.starts_with("I-"),
                "entities: the tag '{}' of word {} is neither O nor B-... nor I-...", tag, i);
    const std::string type = tag.substr(2);
    const bool continues = tag[0] == 'I' && !entities.empty() && entities.back().end == i &&
                           entities.back().type == type;
    if (!continues) entities.push_back({type, i, i});
    entities.back().end = i + 1;
  }
  return entities;
}

EntityScore score_entities(std::span<const std::vector<std::string>> truth,
                           std::span<const std::vector<std::string>> predicted) {
  check_value(truth.size() == predicted.size(),
              "score_entities: {} sentences with true tags and {} with predicted ones disagree",
              truth.size(), predicted.size());
  EntityScore score;
  const auto count = [&](const std::string& type, int64_t EntityCounts::*what) {
    ++(score.all.*what);
    ++(score.by_type[type].*what);
  };
  for (size_t s = 0; s < truth.size(); ++s) {
    check_value(truth[s].size() == predicted[s].size(),
                "score_entities: sentence {} has {} true tags and {} predicted ones", s,
                truth[s].size(), predicted[s].size());
    const std::vector<EntitySpan> expected = entities_in(truth[s]),
                                  found = entities_in(predicted[s]);
    for (const EntitySpan& entity : expected) count(entity.type, &EntityCounts::truth);
    for (const EntitySpan& entity : found) {
      count(entity.type, &EntityCounts::found);
      const auto same_begin =
          std::ranges::lower_bound(expected, entity.begin, {}, &EntitySpan::begin);
      const bool is_right = same_begin != expected.end() && *same_begin == entity;
      if (is_right) count(entity.type, &EntityCounts::correct);
    }
    score.words += static_cast<int64_t>(truth[s].size());
    for (size_t i = 0; i < truth[s].size(); ++i) {
      score.correct_tags += truth[s][i] == predicted[s][i];
    }
  }
  return score;
}

std::string conlleval_table(const EntityScore& score) {
  std::string table = fmt::format(
      "processed {} tokens with {} phrases; found: {} phrases; correct: {}.\n"
      "accuracy: {:6.2f}%; {}\n",
      score.words, score.all.truth, score.all.found, score.all.correct, 100 * score.accuracy(),
      figures(score.all));
  for (const auto& [type, counts] : score.by_type) {
    table += fmt::format("{:>17}: {}  {}\n", type, figures(counts), counts.found);
  }
  return table;
}

}  // namespace gradus
