// Texts as vectors: length, order, padding, and models of every kind.

#include "nn/pretrained/text_embedder.h"

#include <cmath>

#include "autograd/mode.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt2.h"
#include "nn/pretrained/task_model.h"
#include "nn/similarity.h"
#include "tests/data/pretraining_support.h"
#include "tests/data/support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

BERTConfig letter_config() {
  return {.block_size = 8, .vocab_size = 25, .n_layer = 2, .n_head = 2, .n_embd = 8};
}

TextEmbedder letter_embedder() {
  manual_seed(3);
  return {Tokenizer(letter_tokenizer()), BERT(letter_config())};
}

const std::vector<std::string> letter_texts{"a b c d e", "b", "c d", "a", "j i h"};

}  // namespace

TEST_CASE("embeddings stand in the order of their texts and have length 1") {
  const TextEmbedder embedder = letter_embedder();
  const TextEmbeddings all = embedder.embed(letter_texts, {.batch_size = 2});
  REQUIRE(all.rows.shape() == Shape{5, 8});
  CHECK(all.truncated == 0);
  for (int64_t i = 0; i < 5; ++i) {
    const Tensor row = all.rows.select(0, i);
    CHECK(static_cast<double>(sum(row * row).item()) == doctest::Approx(1).epsilon(1e-5));
    const TextEmbeddings alone =
        embedder.embed(std::span(&letter_texts[static_cast<size_t>(i)], 1));
    CHECK(difference(row, alone.rows.select(0, 0)) == "");
  }
}

TEST_CASE("padding beside a longer text changes nothing") {
  const TextEmbedder embedder = letter_embedder();
  const Tensor together = embedder.embed(letter_texts, {.batch_size = 5}).rows;
  CHECK(difference(together, embedder.embed(letter_texts, {.batch_size = 1}).rows) == "");
}

TEST_CASE("an embedding is the mean of the last hidden states, the frame included") {
  const EvalMode evaluation;
  manual_seed(3);
  const BERT model(letter_config());
  const Tensor x = model.hidden(Tokens({1, 4}, {2, 7, 8, 3}), Tokens({1, 4}));  // [CLS] c d [SEP]
  const std::string text = "c d";
  CHECK(difference(letter_embedder().embed(std::span(&text, 1)).rows, unit_rows(mean(x, {1}))) ==
        "");
}

TEST_CASE("texts that are too long are cut and counted, and every batch is told") {
  const std::vector<std::string> texts{"a b c d e f g", "a b c d e f", "a"};
  std::vector<int64_t> told;
  const TextEmbeddings all = letter_embedder().embed(
      texts, {.batch_size = 2, .on_batch = [&](int64_t done) { told.push_back(done); }});
  CHECK(all.truncated == 1);
  CHECK(difference(all.rows.select(0, 0), all.rows.select(0, 1)) == "");
  CHECK(told == std::vector<int64_t>{2, 3});
}

TEST_CASE("any directory serves: BERT and GPT, pre-trained and fine-tuned") {
  const auto rows_of = [](const TemporaryFolder& folder) {
    return TextEmbedder::load(folder.path()).embed(letter_texts).rows;
  };
  {
    const TemporaryFolder plain, tuned;
    const BERTForPreTraining model(letter_config(), true);
    save_bert(model, plain.path());
    TaskModel head(letter_config(), {.labels = {"x", "y"}});
    load_backbone_weights(head, plain.path());
    save_task_model(head, tuned.path());
    for (const TemporaryFolder* folder : {&plain, &tuned}) letter_tokenizer().save(folder->path());
    CHECK(bit_difference(rows_of(plain), rows_of(tuned)) == "");
  }
  const GPTConfig config{.block_size = 8, .vocab_size = 25, .n_layer = 1, .n_head = 2, .n_embd = 8};
  const TemporaryFolder plain, tuned;
  save_gpt2(GPT(config), plain.path());
  TaskModel head(config, {.labels = {"x", "y"}});
  load_backbone_weights(head, plain.path());
  save_task_model(head, tuned.path());
  for (const TemporaryFolder* folder : {&plain, &tuned}) letter_tokenizer().save(folder->path());
  CHECK(bit_difference(rows_of(plain), rows_of(tuned)) == "");
  CHECK(rows_of(plain).shape() == Shape{5, 8});
}

TEST_CASE("no texts, and a tokenizer with more tokens than the model, are refused") {
  CHECK(message_of<ValueError>([] { letter_embedder().embed({}); }) == "embed: there are no texts");
  BERTConfig smaller = letter_config();
  smaller.vocab_size = 20;
  CHECK(message_of<ValueError>([&] {
          TextEmbedder(Tokenizer(letter_tokenizer()), BERT(smaller));
        }) == "TextEmbedder: the tokenizer has 25 tokens, the model 20");
}
