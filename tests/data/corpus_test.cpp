#include "data/corpus.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "data/char_tokenizer.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

std::string read_refusal(const std::string& source) {
  return sentence_of<FileError>([&] { read_corpus(source); });
}

// While it lives, standard input is this file.
class StandardInput {
 public:
  explicit StandardInput(const std::filesystem::path& path) : previous_(::dup(STDIN_FILENO)) {
    const int file = ::open(path.c_str(), O_RDONLY);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
  }
  ~StandardInput() {
    ::dup2(previous_, STDIN_FILENO);
    ::close(previous_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int previous_;
};

}  // namespace

TEST_CASE("corpus: a file is read as it is") {
  const testing::TemporaryFolder folder;
  CHECK(read_corpus(folder.file("a.log", "one\r\ntwo\n")) == "one\r\ntwo\n");
}

TEST_CASE("corpus: a folder gives its .txt and .md files in the order of their paths") {
  const testing::TemporaryFolder folder;
  folder.file("b.txt", "B\n");
  folder.file("a/z.md", "Z");
  folder.file("a/empty.txt", "");
  folder.file("a/c.txt", "C\n");
  folder.file("c.cpp", "no");
  folder.file("d.TXT", "no");
  std::filesystem::create_directory(folder.path() / "folder.txt");
  CHECK(read_corpus(folder.path()) == "C\n\nZ\nB\n");
}

TEST_CASE("corpus: '-' is standard input, to its end") {
  const testing::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
  {
    const StandardInput input(folder.file("input", text));
    CHECK(read_corpus("-") == text);
  }
  const StandardInput nothing("/dev/null");
  CHECK(read_refusal("-") == "standard input: there is no text in it");
}

TEST_CASE("corpus: missing, empty, textless folder and pipe each give one sentence") {
  const testing::TemporaryFolder folder;
  const std::string root = folder.path().string();
  CHECK(read_refusal(root) == root + ": the folder holds no .txt or .md file");
  CHECK(read_refusal(root + "/none") ==
        root + "/none: cannot open for reading: No such file or directory");
  const std::string empty = folder.file("empty.txt", "").string();
  CHECK(read_refusal(empty) == empty + ": there is no text in it");
  CHECK(read_refusal(root) == root + ": there is no text in it");
  CHECK(contains(read_refusal("/dev/null"), "is a device"));
  CHECK(contains(read_refusal(""), "No such file"));
}

TEST_CASE("split: the first int(0.9 n) characters are for training") {
  const Split<std::string_view> split = train_val_split("0123456789abcdefghi");  // int(17.1)
  CHECK(split.train == "0123456789abcdefg");
  CHECK(split.val == "hi");
  const Split<std::string_view> accents = train_val_split("\u00e9\u00e9\u00e9\u00e9", 0.5);
  CHECK(accents.train == "\u00e9\u00e9");
  CHECK(accents.val == "\u00e9\u00e9");
  CHECK(train_val_split("abc", 1.0).val.empty());
  CHECK(train_val_split("abc", 0.0).train.empty());
}

TEST_CASE("split: ids are divided like characters") {
  std::vector<int32_t> ids(19);
  std::iota(ids.begin(), ids.end(), 0);
  const Split<std::span<const int32_t>> split = train_val_split(ids);
  CHECK(split.train.size() == 17);
  CHECK(split.val.front() == 17);
  CHECK(split.val.size() == 2);
}

TEST_CASE("split: fractions outside [0, 1] and broken text are refused") {
  for (const double fraction : {-0.1, 1.1, std::nan("")}) {
    const auto split = [&] { train_val_split(std::string_view("abc"), fraction); };
    CHECK(contains(sentence_of<ValueError>(split), "outside [0, 1]"));
  }
  CHECK(contains(sentence_of<ValueError>([] { train_val_split("a\xff"); }), "offset 1"));
}

TEST_CASE("split: tiny Shakespeare has 65 characters and parts of 1,003,854 and 111,540") {
  const auto path = testing::shared_path("data/tinyshakespeare/input.txt");
  if (!path) return;
  const std::string text = read_corpus(path->string());
  const CharTokenizer tokenizer = CharTokenizer::train(text);
  CHECK(tokenizer.vocab_size() == 65);
  const Split<std::string_view> split = train_val_split(text);
  CHECK(tokenizer.encode(split.train).size() == 1'003'854);
  CHECK(tokenizer.encode(split.val).size() == 111'540);
}
