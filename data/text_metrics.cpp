#include "data/text_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "data/bert_text.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using Words = std::vector<std::string>;

struct InWordOrder {
  bool operator()(std::span<const std::string> a, std::span<const std::string> b) const {
    return std::ranges::lexicographical_compare(a, b);
  }
};
using NGramCounts = std::map<std::span<const std::string>, int64_t, InWordOrder>;

Words metric_words(std::string_view text) {
  Words words;
  for (BertWord& word : bert_words(text, {.lowercase = false})) {
    words.push_back(std::move(word.text));
  }
  return words;
}

// Words in the longest common subsequence: the table's rows are prefixes of a, its columns of b.
size_t common_subsequence(const Words& a, const Words& b) {
  std::vector<size_t> row(b.size() + 1);
  for (const std::string& word : a) {
    size_t diagonal = 0;  // of the row before
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = word == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

NGramCounts ngrams(const Words& words, size_t n) {
  NGramCounts counts;
  for (size_t i = 0; i + n <= words.size(); ++i) ++counts[std::span(words).subspan(i, n)];
  return counts;
}

// n-grams of the candidate that its references have, each as often as the one that has it most.
int64_t clipped_matches(const Words& candidate, const std::vector<Words>& references, size_t n) {
  NGramCounts most;
  for (const Words& reference : references) {
    for (const auto& [ngram, count] : ngrams(reference, n)) {
      most[ngram] = std::max(most[ngram], count);
    }
  }
  int64_t matches = 0;
  for (const auto& [ngram, count] : ngrams(candidate, n)) {
    const auto found = most.find(ngram);
    if (found != most.end()) matches += std::min(count, found->second);
  }
  return matches;
}

// The number of words of the reference that is closest in length; of two the shorter.
size_t closest_length(size_t candidate, const std::vector<Words>& references) {
  const auto distance = [&](size_t length) {
    return std::pair(length > candidate ? length - candidate : candidate - length, length);
  };
  size_t best = references.front().size();
  for (const Words& reference : references) {
    if (distance(reference.size()) < distance(best)) best = reference.size();
  }
  return best;
}

}  // namespace

double rouge_l(std::string_view candidate, std::string_view reference) {
  const Words a = metric_words(candidate), b = metric_words(reference);
  if (a.empty() && b.empty()) return 1;
  // 2 P R / (P + R) with P = l / |a| and R = l / |b|
  return 2 * static_cast<double>(common_subsequence(a, b)) /
         static_cast<double>(a.size() + b.size());
}

BleuScore corpus_bleu(std::span<const std::string> candidates,
                      std::span<const std::vector<std::string>> references) {
  check_value(!candidates.empty() && candidates.size() == references.size(),
              "corpus_bleu: {} candidates and {} lists of references", candidates.size(),
              references.size());
  BleuScore score;
  std::array<int64_t, 4> matches{}, totals{};
  for (size_t i = 0; i < candidates.size(); ++i) {
    check_value(!references[i].empty(), "corpus_bleu: candidate {} has no reference", i);
    const Words candidate = metric_words(candidates[i]);
    std::vector<Words> others;
    for (const std::string& reference : references[i]) others.push_back(metric_words(reference));
    score.candidate_words += static_cast<int64_t>(candidate.size());
    score.reference_words += static_cast<int64_t>(closest_length(candidate.size(), others));
    for (size_t n = 1; n <= 4; ++n) {
      matches[n - 1] += clipped_matches(candidate, others, n);
      totals[n - 1] += std::max<int64_t>(0, static_cast<int64_t>(candidate.size() + 1 - n));
    }
  }
  double logs = 0, orders = 0;
  for (size_t n = 0; n < 4; ++n) {
    if (totals[n] == 0) continue;
    score.precisions[n] = static_cast<double>(matches[n]) / static_cast<double>(totals[n]);
    logs += std::log(score.precisions[n]);
    ++orders;
  }
  if (orders == 0) return score;  // nothing was written
  const double c = static_cast<double>(score.candidate_words);
  score.brevity_penalty =
      std::min(1.0, std::exp(1 - static_cast<double>(score.reference_words) / c));
  score.bleu = score.brevity_penalty * std::exp(logs / orders);
  return score;
}

TextScore score_texts(std::span<const std::string> candidates,
                      std::span<const std::string> references) {
  check_value(!candidates.empty() && candidates.size() == references.size(),
              "score_texts: {} candidates and {} references", candidates.size(), references.size());
  TextScore score;
  std::vector<std::vector<std::string>> lists;
  for (size_t i = 0; i < candidates.size(); ++i) {
    score.exact_match += candidates[i] == references[i] ? 1 : 0;
    score.rouge_l += rouge_l(candidates[i], references[i]);
    lists.push_back({references[i]});
  }
  score.exact_match /= static_cast<double>(candidates.size());
  score.rouge_l /= static_cast<double>(candidates.size());
  score.bleu = corpus_bleu(candidates, lists).bleu;
  return score;
}

}  // namespace gradus
