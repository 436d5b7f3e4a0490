// Pre-training batches: rows as BERT reads them, epochs, resuming; and what to measure them by.

#include "data/pretraining_batches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/batches.h"
#include "data/masked_baselines.h"
#include "pretraining_support.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::letter_tokenizer;
using testing::sentence_of;

namespace {

TokenizedDocuments documents_of(size_t n, unsigned seed = 1) {
  return tokenize(letter_tokenizer(), testing::random_documents(n, seed));
}

PretrainingLoader loader_of(size_t n, const PretrainingConfig& config) {
  return {documents_of(n), PretrainingVocabulary(letter_tokenizer()), config};
}

bool equal(const MaskedBatch& a, const MaskedBatch& b) {
  return a.ids.shape == b.ids.shape && a.ids.ids == b.ids.ids && a.types.ids == b.types.ids &&
         a.targets.ids == b.targets.ids && a.originals.ids == b.originals.ids &&
         a.hiding.ids == b.hiding.ids && a.places.ids == b.places.ids &&
         a.is_random.ids == b.is_random.ids && a.key_mask.defined() == b.key_mask.defined();
}

// Which instance a row shows, and with which masks.
std::vector<int32_t> row(const Tokens& tokens, int64_t b) {
  const int64_t T = tokens.dim(1);
  return {tokens.data() + b * T, tokens.data() + (b + 1) * T};
}

// Rows of an epoch without their padding, in their order.
std::vector<std::vector<int32_t>> epoch_rows(const PretrainingLoader& loader, uint64_t epoch,
                                             bool masked) {
  uint64_t first = 0;
  for (uint64_t e = 0; e < epoch; ++e) first += static_cast<uint64_t>(loader.epoch_size(e));
  std::vector<std::vector<int32_t>> rows;
  for (int64_t i = 0; i < loader.epoch_size(epoch); ++i) {
    const MaskedBatch batch = loader.batch(first + static_cast<uint64_t>(i));
    rows.push_back(row(batch.places, 0));
    if (masked) rows.back() = row(batch.ids, 0);
  }
  return rows;
}

}  // namespace

TEST_CASE("pre-training batches: [CLS] A [SEP] B [SEP], its types, its padding, its originals") {
  const PretrainingLoader loader = loader_of(30, {.batch_size = 6, .sequence_length = 24});
  const std::vector<int32_t>& text = loader.documents().ids;
  bool some_padding = false;
  for (uint64_t k = 0; k < 50; ++k) {
    const MaskedBatch batch = loader.batch(k);
    const int64_t T = batch.ids.dim(1);
    CHECK(T <= 24);
    int64_t longest = 0;
    for (int64_t b = 0; b < 6; ++b) {
      const auto originals = row(batch.originals, b), places = row(batch.places, b);
      const auto types = row(batch.types, b), targets = row(batch.targets, b);
      CHECK(originals[0] == 2);
      const auto first_end = std::ranges::find(originals, 3);
      const auto second_end = std::find(first_end + 1, originals.end(), 3);
      REQUIRE(second_end != originals.end());
      const int64_t a = first_end - originals.begin(), end = second_end - originals.begin();
      longest = std::max(longest, end + 1);
      for (int64_t t = 0; t < T; ++t) {
        const auto i = static_cast<size_t>(t);
        const bool is_padding = t > end, is_word = !is_padding && t != 0 && t != a && t != end;
        CHECK(types[i] == (t > a && !is_padding ? 1 : 0));
        CHECK((places[i] == no_place) == !is_word);
        if (is_word) CHECK(originals[i] == text[static_cast<size_t>(places[i])]);
        if (is_word && t > 1 && t != a + 1) CHECK(places[i] == places[i - 1] + 1);
        if (is_padding) CHECK(originals[i] == 0);
        if (!is_word) CHECK(targets[i] == no_target);
        if (batch.key_mask.defined()) {
          CHECK(batch.key_mask.data()[b * T + t] == (is_padding ? 0 : 1));
        }
      }
    }
    CHECK(longest == T);
    some_padding = some_padding || batch.key_mask.defined();
  }
  CHECK(some_padding);
}

TEST_CASE(
    "pre-training batches: nothing is masked that is not said to be, nothing padded for naught") {
  const PretrainingLoader loader = loader_of(30, {.batch_size = 1, .sequence_length = 40});
  for (uint64_t k = 0; k < 60; ++k) {
    const MaskedBatch batch = loader.batch(k);
    CHECK(!batch.key_mask.defined());
    const int64_t T = batch.ids.dim(1);
    CHECK(count_targets(batch.targets) == std::max<int64_t>(1, std::lrint(0.15 * double(T))));
    for (size_t i = 0; i < batch.ids.ids.size(); ++i) {
      const auto hiding = static_cast<Hiding>(batch.hiding.ids[i]);
      const int32_t original = batch.originals.ids[i], id = batch.ids.ids[i];
      CHECK(batch.targets.ids[i] == (hiding == Hiding::none ? no_target : original));
      if (hiding == Hiding::none || hiding == Hiding::kept) CHECK(id == original);
      if (hiding == Hiding::masked) CHECK(id == 4);
    }
  }
}

TEST_CASE("pre-training batches: is_random tells whether B is from another document") {
  const PretrainingLoader loader = loader_of(30, {.batch_size = 8, .sequence_length = 40});
  for (uint64_t k = 0; k < 30; ++k) {
    const MaskedBatch batch = loader.batch(k);
    for (int64_t b = 0; b < 8; ++b) {
      const auto places = row(batch.places, b);
      const auto gap = std::find(places.begin() + 1, places.end(), no_place);
      const bool differ = testing::document_of(loader.documents(), places[1]) !=
                          testing::document_of(loader.documents(), *(gap + 1));
      CHECK(batch.is_random.data()[b] == (differ ? 1 : 0));
    }
  }
}

TEST_CASE("pre-training batches: without pairs all types are 0 and no answer is asked for") {
  const PretrainingLoader loader =
      loader_of(30, {.batch_size = 4, .sequence_length = 30, .next_sentence = false});
  const MaskedBatch batch = loader.batch(3);
  CHECK(std::ranges::count(batch.types.ids, 0) == batch.types.numel());
  CHECK(batch.is_random.ids == Ids(4, no_target));
  const auto one = testing::random_documents(1, 1);  // a single document will do
  const PretrainingLoader single(tokenize(letter_tokenizer(), one),
                                 PretrainingVocabulary(letter_tokenizer()),
                                 {.next_sentence = false});
  CHECK(single.epoch_size(0) >= 1);
}

TEST_CASE("pre-training batches: an epoch shows each of its instances once, in its own order") {
  for (const bool next_sentence : {true, false}) {
    const PretrainingConfig config{
        .batch_size = 1, .sequence_length = 30, .seed = 3, .next_sentence = next_sentence};
    const PretrainingLoader loader = loader_of(20, config);
    const InstanceSeed seed{3, 1};
    const auto instances = next_sentence ? sentence_pairs(loader.documents(), 30, seed)
                                         : full_sentences(loader.documents(), 30, seed);
    std::multiset<std::vector<int32_t>> expected;
    for (const Instance& instance : instances) {
      std::vector<int32_t> places = {no_place};
      for (const auto& [begin, end] : instance.segments) {
        for (int64_t i = begin; i < end; ++i) places.push_back(static_cast<int32_t>(i));
        places.push_back(no_place);
      }
      expected.insert(places);
    }
    const auto rows = epoch_rows(loader, 1, false);
    CHECK(std::multiset<std::vector<int32_t>>(rows.begin(), rows.end()) == expected);
    CHECK(rows != epoch_rows(loader, 0, false));
    CHECK(!std::ranges::is_sorted(rows));
  }
}

TEST_CASE("pre-training batches: dynamic masks differ in every epoch, static ones come round") {
  const auto epochs = [](bool dynamic) {
    const PretrainingLoader loader = loader_of(
        12, {.batch_size = 1, .sequence_length = 30, .dynamic = dynamic, .duplicates = 2});
    std::vector<std::vector<std::vector<int32_t>>> rows;
    for (uint64_t e = 0; e < 4; ++e) rows.push_back(epoch_rows(loader, e, true));
    CHECK(rows[0] != rows[2]);  // the order at least is new
    for (auto& epoch : rows) std::ranges::sort(epoch);
    return rows;
  };
  const auto fixed = epochs(false), dynamic = epochs(true);
  CHECK(fixed[0] == fixed[2]);
  CHECK(fixed[1] == fixed[3]);
  CHECK(fixed[0] != fixed[1]);
  for (size_t e = 1; e < 4; ++e) CHECK(dynamic[0] != dynamic[e]);
}

TEST_CASE("pre-training batches: however many are made of documents, there is one copy of those") {
  const SharedDocuments documents = documents_of(20);
  const PretrainingVocabulary vocabulary(letter_tokenizer());
  const PretrainingConfig config{.batch_size = 2, .sequence_length = 40}, shorter{.batch_size = 3};
  const PretrainingLoader loader(documents, vocabulary, config), other = loader.with(shorter);
  for (const TokenizedDocuments* held :
       {&loader.documents(), &other.documents(),
        &PretrainingBlocks(documents, vocabulary, config).documents()}) {
    CHECK(held->ids.data() == documents->ids.data());
  }
  CHECK(equal(other.batch(1), PretrainingLoader(documents_of(20), vocabulary, shorter).batch(1)));
}

TEST_CASE("pre-training batches: a loader that seeks goes on as the one that was stopped") {
  const PretrainingConfig config{.batch_size = 7, .sequence_length = 30, .seed = 8};
  PretrainingLoader whole = loader_of(15, config);
  std::vector<MaskedBatch> batches;
  for (int k = 0; k < 60; ++k) batches.push_back(whole.next());
  CHECK(whole.position() == 60);
  CHECK(whole.epoch_size(0) * 3 < 60 * 7);  // several epochs, batches across their borders
  for (const uint64_t k : {59u, 0u, 31u, 30u, 7u}) {
    PretrainingLoader resumed = loader_of(15, config);
    resumed.seek(k);
    CHECK(equal(resumed.next(), batches[k]));
    CHECK(resumed.position() == k + 1);
    CHECK(equal(whole.batch(k), batches[k]));
  }
  CHECK(!equal(loader_of(15, {.batch_size = 7, .sequence_length = 30, .seed = 9}).batch(0),
               batches[0]));
}

TEST_CASE("pre-training blocks: one epoch in the order of its documents, always the same") {
  const PretrainingVocabulary vocabulary(letter_tokenizer());
  const PretrainingConfig config{.batch_size = 5, .sequence_length = 30, .seed = 2};
  const PretrainingBlocks blocks(documents_of(20), vocabulary, config);
  const PretrainingBlocks again(documents_of(20), vocabulary, config);
  const auto instances = sentence_pairs(blocks.documents(), 30, {2, 0});
  CHECK(blocks.size() == (static_cast<int64_t>(instances.size()) + 4) / 5);
  size_t k = 0;
  for (const MaskedBatch& batch : blocks) {
    for (int64_t b = 0; b < batch.ids.dim(0); ++b) {
      CHECK(row(batch.places, b)[1] == instances[k++].segments[0].begin);
    }
  }
  CHECK(k == instances.size());
  CHECK(equal(blocks[2], again[2]));
}

TEST_CASE("pre-training batches: sizes below 1 and impossible masks are refused") {
  CHECK(sentence_of<ValueError>([] { loader_of(5, {.batch_size = 0}); }) ==
        "pre-training: batch size 0 and 10 duplicates must be at least 1");
  CHECK(sentence_of<ValueError>([] { loader_of(5, {.duplicates = 0}); }) ==
        "pre-training: batch size 32 and 0 duplicates must be at least 1");
  CHECK_THROWS_AS(loader_of(5, {.masking = {.probability = 2}}), ValueError);
  CHECK_THROWS_AS(loader_of(5, {.sequence_length = 4}), ValueError);
  CHECK_THROWS_AS(loader_of(1, {}), ValueError);
}

TEST_CASE("masked_baselines: the loss of counting words, computed by hand") {
  // Training text: a a a b and [UNK], which is not counted; V is 25.
  const PretrainingVocabulary vocabulary(letter_tokenizer());
  const std::vector<int32_t> train = {5, 5, 5, 6, 1};
  // All words are predicted: two documents of one sentence each, so both pairs are random.
  const std::vector<Document> texts = {{"a b"}, {"a c"}};
  const PretrainingBlocks blocks(tokenize(letter_tokenizer(), texts), vocabulary,
                                 {.masking = {.probability = 1}});
  const MaskedBaselines found = masked_baselines(train, vocabulary, blocks);
  const double a = 4.0 / 29, b = 2.0 / 29, c = 1.0 / 29;
  CHECK(found.unigram_loss == doctest::Approx(-(2 * std::log(a) + std::log(b) + std::log(c)) / 4));
  CHECK(found.unigram_accuracy == doctest::Approx(0.5));
  CHECK(found.majority_next == 1);
  CHECK_THROWS_AS(masked_baselines(std::vector<int32_t>{1}, vocabulary, blocks), ValueError);
  CHECK_THROWS_AS(masked_baselines(std::vector<int32_t>{25}, vocabulary, blocks), ValueError);
}
