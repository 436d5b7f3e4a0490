#include "data/text_portion.h"

#include "data/bpe_train.h"
#include "data/gpt2_split.h"
#include "support.h"

using namespace gradus;

namespace {

std::vector<std::string> portions(std::string_view text, size_t size) {
  std::vector<std::string> all;
  while (!text.empty()) {
    all.emplace_back(first_portion(text, size));
    text.remove_prefix(all.back().size());
  }
  return all;
}

}  // namespace

TEST_CASE("portions of a text end where words end") {
  CHECK(portions("one two three", 1) == std::vector<std::string>{"one", " two", " three"});
  CHECK(portions("one two three", 4) == std::vector<std::string>{"one two", " three"});
  CHECK(portions("one  \n two", 3) == std::vector<std::string>{"one", "  \n two"});
  CHECK(portions("word", 2) == std::vector<std::string>{"word"});
  CHECK(portions("\u3000 \u00e9 a", 1) == std::vector<std::string>{"\u3000 \u00e9 a"});
  CHECK(portions("a\fb c", 1) == std::vector<std::string>{"a\fb", " c"});  // BERT drops \f
  CHECK(portions("", 5).empty());
}

TEST_CASE("portions of a text, split or encoded one by one, give what the whole text gives") {
  const std::string alphabet = "aab1' \n s.\xc3\xa9\xe3\x80\xff";
  const BPETokenizer tokenizer = train_bpe(testing::random_text(alphabet, 5000, 0), 400);
  for (unsigned seed = 1; seed < 200; ++seed) {
    const std::string text = testing::random_text(alphabet, 120, seed);
    std::vector<std::string> pieces;
    std::vector<int32_t> ids;
    for (const std::string& portion : portions(text, 1 + seed % 20)) {
      for (const std::string_view piece : gpt2_split(portion)) pieces.emplace_back(piece);
      const std::vector<int32_t> more = tokenizer.encode(portion);
      ids.insert(ids.end(), more.begin(), more.end());
    }
    const auto whole = gpt2_split(text);
    CHECK(pieces == std::vector<std::string>(whole.begin(), whole.end()));
    CHECK(ids == tokenizer.encode(text));
  }
}
