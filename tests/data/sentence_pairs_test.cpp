// Instances for pre-training against the recipe's every clause.

#include "data/sentence_pairs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "pretraining_support.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::check_share;
using testing::counting_documents;
using testing::document_of;
using testing::sentence_of;

namespace {

// Documents of one-token sentences, whose pairs reach their target exactly.
TokenizedDocuments unit_documents(const std::vector<size_t>& sizes) {
  std::vector<std::vector<int64_t>> lengths;
  for (const size_t n : sizes) lengths.emplace_back(n, 1);
  return counting_documents(lengths);
}

TokenizedDocuments mixed_documents() {
  std::mt19937 random(1);
  std::vector<std::vector<int64_t>> lengths(40);
  for (auto& document : lengths) {
    document.resize(1 + random() % 15);
    for (int64_t& length : document) length = 1 + static_cast<int64_t>(random() % 12);
  }
  return counting_documents(lengths);
}

}  // namespace

TEST_CASE("tokenize: sentences and documents are ranges of ids, empty ones are left out") {
  const std::vector<Document> texts = {{"a b", " ", "ca"}, {"", " "}, {"d"}};
  const TokenizedDocuments documents = tokenize(testing::letter_tokenizer(), texts);
  CHECK(documents.ids == std::vector<int32_t>{5, 6, 7, 15, 8});
  CHECK(documents.sentences == std::vector<TokenRange>{{0, 2}, {2, 4}, {4, 5}});
  REQUIRE(documents.documents.size() == 2);
  CHECK(documents.documents[0].end == 2);
  CHECK(documents.documents[1].begin == 2);
}

TEST_CASE("sentence_pairs: all that two small documents can give, as often as computed by hand") {
  // Document 0: sentences [0, 2) and [2, 5); document 1: [5, 9). The target is 9 = T - 3 with
  // probability 0.9, and else one of 2 ... 9.
  const TokenizedDocuments documents = counting_documents({{2, 3}, {4}});
  double whole = 0, next = 0, from_first = 0;
  constexpr int epochs = 4000;
  for (uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<Instance> pairs = sentence_pairs(documents, 12, {1, epoch});
    const Instance& first = pairs[0];
    CHECK(first.segments[0] == TokenRange{0, 2});
    if (!first.is_random) {  // A and B are the document, nothing is left for another pair
      ++next;
      CHECK(first.segments[1] == TokenRange{2, 5});
      REQUIRE(pairs.size() == 2);
    } else {  // the second sentence was put back, or never collected: it makes its own pair
      CHECK(first.segments[1] == TokenRange{5, 9});
      REQUIRE(pairs.size() == 3);
      CHECK(pairs[1].segments == std::vector<TokenRange>{{2, 5}, {5, 9}});
      CHECK(pairs[1].is_random);
    }
    const Instance& last = pairs.back();
    CHECK(last.segments[0] == TokenRange{5, 9});
    CHECK(last.is_random);
    from_first += last.segments[1].begin == 0;
    whole += last.segments[1] == TokenRange{0, 5};  // wants 3 tokens or more: target 7, 8 or 9
  }
  // A target of 2 ends at the first sentence; 3 or more collects both: 7 of 8 short targets.
  check_share(next, epochs, 0.5 * (0.9 + 0.1 * 7 / 8));
  check_share(from_first, epochs, 0.5);
  check_share(whole, epochs, 0.5 * (0.9 + 0.1 * 3 / 8));
}

TEST_CASE("sentence_pairs: A is part of a document, B what follows it or of another document") {
  const TokenizedDocuments documents = mixed_documents();
  for (const int64_t T : {5, 8, 20, 64, 400}) {
    for (uint64_t epoch = 0; epoch < 20; ++epoch) {
      for (const Instance& pair : sentence_pairs(documents, T, {3, epoch})) {
        REQUIRE(pair.segments.size() == 2);
        const auto [a, b] = std::pair(pair.segments[0], pair.segments[1]);
        CHECK(a.size() >= 1);
        CHECK(b.size() >= 1);
        CHECK(a.size() + b.size() <= T - 3);
        const size_t document = document_of(documents, a.begin);
        CHECK(document_of(documents, a.end - 1) == document);
        CHECK(document_of(documents, b.end - 1) == document_of(documents, b.begin));
        CHECK((document_of(documents, b.begin) != document) == pair.is_random);
        if (!pair.is_random) CHECK(b.begin >= a.end);
        if (!pair.is_random && a.size() + b.size() < T - 3) CHECK(b.begin == a.end);
      }
    }
  }
}

TEST_CASE("sentence_pairs: every sentence is used once, in A or as what follows; none is lost") {
  const TokenizedDocuments units = unit_documents({50, 1, 7, 30, 2});
  const TokenizedDocuments mixed = mixed_documents();
  for (uint64_t epoch = 0; epoch < 50; ++epoch) {
    std::vector<int> uses(units.ids.size());
    for (const Instance& pair : sentence_pairs(units, 13, {5, epoch})) {
      for (size_t s = 0; s < (pair.is_random ? 1 : 2); ++s) {
        for (int64_t i = pair.segments[s].begin; i < pair.segments[s].end; ++i) {
          ++uses[static_cast<size_t>(i)];
        }
      }
    }
    CHECK(std::ranges::count(uses, 1) == static_cast<int64_t>(units.ids.size()));
    // With longer sentences truncation takes tokens, and without it nothing does.
    std::vector<int> long_uses(mixed.ids.size());
    for (const Instance& pair : sentence_pairs(mixed, 1000, {5, epoch})) {
      for (size_t s = 0; s < (pair.is_random ? 1 : 2); ++s) {
        for (int64_t i = pair.segments[s].begin; i < pair.segments[s].end; ++i) {
          ++long_uses[static_cast<size_t>(i)];
        }
      }
    }
    CHECK(std::ranges::count(long_uses, 1) == static_cast<int64_t>(mixed.ids.size()));
  }
}

TEST_CASE("sentence_pairs: targets, cuts, random pairs and their places are as often as asked") {
  const TokenizedDocuments documents = unit_documents({40, 10, 10, 10});
  constexpr int64_t most = 20;
  constexpr double epochs = 6000;
  std::map<int64_t, double> targets, cuts;
  std::map<size_t, double> others;
  std::map<int64_t, double> starts;
  double random = 0;
  for (uint64_t epoch = 0; epoch < static_cast<uint64_t>(epochs); ++epoch) {
    const Instance first = sentence_pairs(documents, most + 3, {9, epoch})[0];
    const auto [a, b] = std::pair(first.segments[0], first.segments[1]);
    if (first.is_random) {
      ++random;
      ++others[document_of(documents, b.begin)];
      ++starts[(b.begin - 40) % 10];
    } else {
      ++targets[a.size() + b.size()];
      if (a.size() + b.size() == most) ++cuts[a.size()];
    }
  }
  check_share(random, epochs, 0.5);
  const double next = epochs - random;
  CHECK(targets.size() == most - 1);  // 2 ... 20
  check_share(targets[most], next, 0.9 + 0.1 / (most - 1));
  check_share(targets[2], next, 0.1 / (most - 1));
  CHECK(cuts.size() == most - 1);  // A has 1 ... 19 sentences
  for (const auto& [size, count] : cuts) check_share(count, targets[most], 1.0 / (most - 1));
  CHECK(others.size() == 3);
  for (const auto& [document, count] : others) check_share(count, random, 1.0 / 3);
  CHECK(starts.size() == 10);
  for (const auto& [start, count] : starts) check_share(count, random, 0.1);
}

TEST_CASE("sentence_pairs: truncation shortens the longer segment, evenly at front and back") {
  const TokenizedDocuments documents = counting_documents({{100}, {100}, {4}});
  double front = 0, back = 0;
  for (uint64_t epoch = 0; epoch < 300; ++epoch) {
    for (const Instance& pair : sentence_pairs(documents, 23, {2, epoch})) {
      const auto [a, b] = std::pair(pair.segments[0], pair.segments[1]);
      CHECK(a.size() + b.size() <= 20);
      if (a.begin >= 200 || b.begin >= 200) {  // the short one stays whole
        CHECK((a.begin >= 200 ? a : b) == TokenRange{200, 204});
        continue;
      }
      CHECK(a.size() == 10);
      CHECK(b.size() == 10);
      front += static_cast<double>(a.begin % 100);
      back += static_cast<double>(100 - (a.begin % 100 + a.size()));
    }
  }
  check_share(front, front + back, 0.5);
}

TEST_CASE("sentence_pairs: half of the pairs of long documents are random; epochs differ") {
  const TokenizedDocuments documents = unit_documents({3000, 3000, 3000});
  const auto pairs = sentence_pairs(documents, 43, {1, 0});
  double random = 0;
  for (const Instance& pair : pairs) random += pair.is_random;
  check_share(random, static_cast<double>(pairs.size()), 0.5);
  const auto segments = [&](const InstanceSeed& seed) {
    return sentence_pairs(documents, 43, seed)[0].segments;
  };
  CHECK(segments({1, 0}) == pairs[0].segments);
  CHECK((segments({1, 1}) != pairs[0].segments || segments({1, 2}) != pairs[0].segments));
  CHECK((segments({2, 0}) != pairs[0].segments || segments({3, 0}) != pairs[0].segments));
}

TEST_CASE("full_sentences: rows are full, lose no token, and part documents") {
  const TokenizedDocuments documents = mixed_documents();
  for (const int64_t T : {5, 9, 30, 1000}) {
    const std::vector<Instance> rows = full_sentences(documents, T, {4, 7});
    std::vector<int> uses(documents.ids.size());
    for (size_t r = 0; r < rows.size(); ++r) {
      int64_t length = 1;
      std::set<size_t> of;
      for (const TokenRange& segment : rows[r].segments) {
        CHECK(segment.size() > 0);
        length += segment.size() + 1;
        of.insert(document_of(documents, segment.begin));
        CHECK(document_of(documents, segment.end - 1) == document_of(documents, segment.begin));
        for (int64_t i = segment.begin; i < segment.end; ++i) ++uses[static_cast<size_t>(i)];
      }
      CHECK(of.size() == rows[r].segments.size());  // one segment per document
      CHECK(length <= T);
      CHECK(!rows[r].is_random);
      if (r + 1 == rows.size()) continue;
      // What begins the next row did not fit: a whole sentence, or what a row can hold of one.
      const int64_t begin = rows[r + 1].segments[0].begin;
      const auto sentence = std::ranges::find_if(documents.sentences, [&](const TokenRange& s) {
        return s.begin <= begin && begin < s.end;
      });
      const bool joins = rows[r].segments.back().end == begin &&
                         document_of(documents, begin) == document_of(documents, begin - 1);
      CHECK(length + sentence->end - begin + (joins ? 0 : 1) > T);
      if (begin != sentence->begin) CHECK(sentence->size() > T - 2);
    }
    CHECK(std::ranges::count(uses, 1) == static_cast<int64_t>(documents.ids.size()));
  }
}

TEST_CASE("full_sentences: documents come in another order in every epoch") {
  const TokenizedDocuments documents = mixed_documents();
  const auto beginning = [&](uint64_t epoch) {
    return full_sentences(documents, 30, {4, epoch})[0].segments[0];
  };
  CHECK(beginning(0) == beginning(0));
  CHECK((beginning(0) != beginning(1) || beginning(1) != beginning(2)));
}

TEST_CASE(
    "pre-training: one document gives no pairs, four tokens no sequence, each in a sentence") {
  const TokenizedDocuments one = counting_documents({{2, 3}}), none;
  CHECK(sentence_of<ValueError>([&] { sentence_pairs(one, 12, {}); }) ==
        "next-sentence prediction: a random second segment needs another document, and the text "
        "has 1; part documents by blank lines or leave this task out");
  CHECK(sentence_of<ValueError>([&] { full_sentences(one, 4, {}); }) ==
        "pre-training: a sequence of 4 tokens is too short: [CLS] A [SEP] B [SEP] takes at least "
        "5");
  CHECK(sentence_of<ValueError>([&] { full_sentences(none, 12, {}); }) ==
        "pre-training: there is no document");
  CHECK(full_sentences(one, 12, {}).size() == 1);
}
