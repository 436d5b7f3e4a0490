#include "data/sentence_pairs.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "data/random_stream.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr double short_target_probability = 0.1, random_probability = 0.5;

void check_length(int64_t sequence_length) {
  check_value(sequence_length >= 5,
              "pre-training: a sequence of {} tokens is too short: [CLS] A [SEP] B [SEP] takes at "
              "least 5",
              sequence_length);
}

// Takes tokens off the longer range, at a random end each, until both hold `most` together.
void truncate_pair(TokenRange& a, TokenRange& b, int64_t most, RandomStream& random) {
  while (a.size() + b.size() > most) {
    TokenRange& longer = a.size() > b.size() ? a : b;
    if (random.uniform() < 0.5) {
      ++longer.begin;
    } else {
      --longer.end;
    }
  }
}

// The pairs of one document.
class PairMaker {
 public:
  PairMaker(const TokenizedDocuments& documents, size_t document, int64_t most, RandomStream stream)
      : documents_(documents), document_(document), most_(most), random_(stream) {}

  void make(std::vector<Instance>& pairs) {
    const auto [begin, end] = documents_.documents[document_];
    const bool is_short = random_.uniform() < short_target_probability;
    target_ = is_short ? random_.integer(2, most_) : most_;
    for (size_t first = begin; first < end;) {
      size_t last = first;
      while (last + 1 < end && documents_.span(first, last).size() < target_) ++last;
      first = make_pair(first, last, pairs);
    }
  }

 private:
  // A pair from sentences [first, last]; returns the first sentence that it has left over.
  size_t make_pair(size_t first, size_t last, std::vector<Instance>& pairs) {
    const size_t n = last - first + 1;
    const size_t a_last = first + (n == 1 ? 0 : random_.below(n - 1));
    const bool is_random = n == 1 || random_.uniform() < random_probability;
    TokenRange a = documents_.span(first, a_last);
    TokenRange b = is_random ? elsewhere(target_ - a.size()) : documents_.span(a_last + 1, last);
    truncate_pair(a, b, most_, random_);
    pairs.push_back({{a, b}, is_random});
    return (is_random ? a_last : last) + 1;
  }

  // Sentences of another document that have at least `wanted` tokens, if it has so many.
  TokenRange elsewhere(int64_t wanted) {
    size_t other = random_.below(documents_.documents.size() - 1);
    if (other >= document_) ++other;
    const auto [begin, end] = documents_.documents[other];
    const size_t first = begin + random_.below(end - begin);
    size_t last = first;
    while (last + 1 < end && documents_.span(first, last).size() < wanted) ++last;
    return documents_.span(first, last);
  }

  const TokenizedDocuments& documents_;
  size_t document_;
  int64_t most_;  // tokens of A and B together
  RandomStream random_;
  int64_t target_ = 0;
};

// Rows being filled with sentences.
class RowPacker {
 public:
  explicit RowPacker(int64_t sequence_length) : length_(sequence_length) { begin_row(); }

  // The next sentence; `joins` says that it goes on where the last one has ended.
  void add(TokenRange sentence, bool joins) {
    if (sentence.size() > room(joins)) {
      if (!rows_.back().segments.empty()) begin_row();
      joins = false;
    }
    for (; sentence.size() > room(joins); begin_row()) {
      const int64_t middle = sentence.begin + room(joins);
      append({sentence.begin, middle}, joins);
      sentence.begin = middle;
    }
    append(sentence, joins);
  }

  std::vector<Instance> take() {
    if (rows_.back().segments.empty()) rows_.pop_back();
    return std::move(rows_);
  }

 private:
  void begin_row() {
    rows_.emplace_back();
    used_ = 1;  // [CLS]
  }

  // Tokens that the row can take; a new segment needs a [SEP] besides.
  int64_t room(bool joins) const { return length_ - used_ - (joins ? 0 : 1); }

  void append(TokenRange sentence, bool joins) {
    used_ += sentence.size() + (joins ? 0 : 1);
    if (joins) {
      rows_.back().segments.back().end = sentence.end;
    } else {
      rows_.back().segments.push_back(sentence);
    }
  }

  int64_t length_;
  int64_t used_ = 0;  // tokens in the last row
  std::vector<Instance> rows_;
};

}  // namespace

TokenizedDocuments tokenize(const WordPieceTokenizer& tokenizer,
                            std::span<const Document> documents) {
  TokenizedDocuments result;
  const auto num_ids = [&] { return static_cast<int64_t>(result.ids.size()); };
  for (const Document& document : documents) {
    const size_t first = result.sentences.size();
    for (const std::string& sentence : document) {
      const int64_t begin = num_ids();
      const std::vector<int32_t> ids = tokenizer.encode(sentence);
      result.ids.insert(result.ids.end(), ids.begin(), ids.end());
      if (!ids.empty()) result.sentences.push_back({begin, num_ids()});
    }
    const size_t last = result.sentences.size();
    if (last > first) result.documents.push_back({first, last});
  }
  check_value(num_ids() <= std::numeric_limits<int32_t>::max(),
              "pre-training: the documents have {} tokens, more than 2^31 - 1", num_ids());
  return result;
}

std::vector<Instance> sentence_pairs(const TokenizedDocuments& documents, int64_t sequence_length,
                                     const InstanceSeed& seed) {
  check_length(sequence_length);
  const size_t n = documents.documents.size();
  check_value(n >= 2,
              "next-sentence prediction: a random second segment needs another document, and the "
              "text has {}; part documents by blank lines or leave this task out",
              n);
  std::vector<Instance> pairs;
  for (size_t d = 0; d < n; ++d) {
    const RandomStream random(seed.seed, "data/sentence_pairs", seed.epoch, d);
    PairMaker(documents, d, sequence_length - 3, random).make(pairs);
  }
  return pairs;
}

std::vector<Instance> full_sentences(const TokenizedDocuments& documents, int64_t sequence_length,
                                     const InstanceSeed& seed) {
  check_length(sequence_length);
  check_value(!documents.documents.empty(), "pre-training: there is no document");
  std::vector<size_t> order(documents.documents.size());
  std::iota(order.begin(), order.end(), size_t{0});
  RandomStream random(seed.seed, "data/full_sentences", seed.epoch, 0);
  shuffle(order, random);
  RowPacker packer(sequence_length);
  for (const size_t d : order) {
    const auto [begin, end] = documents.documents[d];
    for (size_t s = begin; s < end; ++s) packer.add(documents.sentences[s], s > begin);
  }
  return packer.take();
}

}  // namespace gradus
