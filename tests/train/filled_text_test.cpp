// Samples of what fills the gaps of a text.

#include "train/filled_text.h"

#include <algorithm>

#include "data/batches.h"
#include "tensor/creation.h"
#include "tests/data/pretraining_support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// Rows of [CLS] a [MASK] [SEP], where a b stood.
MaskedBatch masked_rows(int64_t B) {
  MaskedBatch batch;
  batch.ids = Tokens({B, 4});
  batch.targets = Tokens({B, 4}, no_target);
  for (int64_t b = 0; b < B; ++b) {
    std::ranges::copy(std::vector<int32_t>{2, 5, 4, 3}, batch.ids.data() + b * 4);
    batch.targets.data()[b * 4 + 2] = 6;
  }
  return batch;
}

}  // namespace

TEST_CASE("filled text: each text without its padding, then a line per predicted token") {
  MaskedBatch batch = masked_rows(2);
  batch.targets.data()[1] = 7;  // another one in the first row, and a row that ends early
  std::ranges::copy(std::vector<int32_t>{2, 4, 3, 0}, batch.ids.data() + 4);
  std::ranges::copy(std::vector<int32_t>{no_target, 8, no_target, no_target},
                    batch.targets.data() + 4);
  batch.key_mask = from_data({2, 4}, {1, 1, 1, 1, 1, 1, 1, 0});
  const auto number = [](int64_t i) { return fmt::format("guess {}", i); };
  CHECK(filled_text(batch, letter_tokenizer(), number) ==
        "[CLS] a [MASK] [SEP]\n"
        "  c            guess 0\n"
        "  b            guess 1\n"
        "\n"
        "[CLS] [MASK] [SEP]\n"
        "  d            guess 2\n"
        "\n");
}

TEST_CASE("filled text: of a large batch three sequences are shown, and no more are asked for") {
  int64_t asked = 0;
  const std::string text = filled_text(masked_rows(5), letter_tokenizer(), [&](int64_t i) {
    asked = i + 1;
    return std::string("a");
  });
  CHECK(asked == 3);
  CHECK(std::ranges::count(text, '\n') == 9);
}
