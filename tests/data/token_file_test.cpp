#include "data/token_file.h"

#include "data/batches.h"
#include "data/digest.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

constexpr const char* token_text = "to be, or not to be: that is the question";

Tokenizer characters_of(const std::string& text) { return Tokenizer(CharTokenizer::train(text)); }

std::vector<int32_t> all_ids(const TokenView& view) {
  std::vector<int32_t> ids(view.size());
  view.copy(0, ids);
  return ids;
}

// The bytes of a sound file.
std::string sound_file() {
  const testing::TemporaryFolder folder;
  write_token_file(folder.path() / "x", characters_of(token_text), token_text);
  return testing::slurp(folder.path() / "x");
}

std::string open_refusal(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("ids", bytes).string();
  const std::string sentence = sentence_of<FileError>([&] { TokenFile::open(path); });
  CHECK(sentence.starts_with(path));
  return sentence;
}

std::string replaced(std::string bytes, size_t offset, const std::string& by) {
  return bytes.replace(offset, by.size(), by);
}

}  // namespace

TEST_CASE("token files: written and opened, they hold the ids of the text") {
  const testing::TemporaryFolder folder;
  const Tokenizer tokenizer = characters_of(token_text);
  const auto path = folder.path() / "ids";
  CHECK(write_token_file(path, tokenizer, token_text) == std::strlen(token_text));
  CHECK(is_token_file(path));
  const TokenFile file = TokenFile::open(path);
  CHECK(all_ids(file.ids) == tokenizer.encode(token_text));
  CHECK(file.tokenizer_digest == tokenizer.digest());
}

TEST_CASE("token files: the bytes are those that the header documents") {
  const std::string bytes = sound_file();
  CHECK(bytes.size() == 40 + 2 * std::strlen(token_text));
  CHECK(bytes.substr(0, 8) == "gradus-t");
  CHECK(bytes.substr(8, 8) == testing::bytes_of<uint32_t>({1, 16}));
  const std::string ids = bytes.substr(40);
  CHECK(bytes.substr(16) == testing::bytes_of<uint64_t>(
                                {ids.size() / 2, digest(ids), characters_of(token_text).digest()}) +
                                ids);
}

TEST_CASE("token files: more than 65,536 tokens take 32 bits each") {
  BPEVocabulary vocabulary;
  for (int32_t id = 0; id <= 65536; ++id) vocabulary.tokens.push_back(fmt::format("<{}>", id));
  for (const int32_t id : {7, 65536}) vocabulary.added.push_back({id});
  const testing::TemporaryFolder folder;
  write_token_file(folder.path() / "ids", Tokenizer(BPETokenizer(vocabulary)), "<65536><7>");
  CHECK(testing::slurp(folder.path() / "ids").size() == 40 + 2 * 4);
  CHECK(all_ids(TokenFile::open(folder.path() / "ids").ids) == std::vector<int32_t>{65536, 7});
}

TEST_CASE("token files: what is not sound is refused") {
  const std::string bytes = sound_file();
  CHECK(contains(open_refusal(""), "not a token file"));
  CHECK(contains(open_refusal(token_text), "not a token file"));
  CHECK(contains(open_refusal(bytes.substr(0, 39)), "not a token file"));
  CHECK(contains(open_refusal(replaced(bytes, 0, "G")), "not a token file"));
  CHECK(contains(open_refusal(replaced(bytes, 8, "\x02")), "version 2"));
  CHECK(contains(open_refusal(replaced(bytes, 12, "\x11")), "ids of 17 bits"));
  CHECK(contains(open_refusal(replaced(bytes, 12, std::string(1, '\0'))), "ids of 0 bits"));
  CHECK(contains(open_refusal(bytes + "x"), "bytes follow"));
  CHECK(contains(open_refusal(bytes + "xx"), "bytes follow"));
  CHECK(contains(open_refusal(replaced(bytes, 16, std::string(8, '\xff'))), "promises"));
  CHECK(contains(open_refusal(replaced(bytes, 23, "\x80")), "promises"));
  for (size_t size = 40; size < bytes.size(); ++size) {
    CHECK(contains(open_refusal(bytes.substr(0, size)), "promises"));
  }
  for (size_t i = 24; i < bytes.size(); ++i) {
    if (i >= 32 && i < 40) continue;  // the tokenizer's digest belongs to whoever asks for it
    const std::string flipped(1, static_cast<char>(bytes[i] ^ 1));
    CHECK(contains(open_refusal(replaced(bytes, i, flipped)), "the file is damaged"));
  }
  CHECK(contains(sentence_of<FileError>([] { TokenFile::open("/nonexistent"); }), "No such file"));
  CHECK_FALSE(is_token_file("/nonexistent"));
  CHECK_FALSE(is_token_file("/"));
}

TEST_CASE("token files: a text that cannot be encoded leaves no file") {
  const testing::TemporaryFolder folder;
  const auto write = [&] { write_token_file(folder.path() / "ids", characters_of("ab"), "abc"); };
  CHECK(contains(sentence_of<ValueError>(write), "'c'"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("token views: a slice keeps its owner alive, whatever the width") {
  const testing::TemporaryFolder folder;
  TokenView from_file, from_memory;
  {
    const Tokenizer tokenizer = characters_of(token_text);
    write_token_file(folder.path() / "ids", tokenizer, token_text);
    from_file = TokenFile::open(folder.path() / "ids").ids.slice(3, 5);
    from_memory = TokenView(tokenizer.encode(token_text)).slice(3, 5);
  }
  CHECK(from_file.size() == 5);
  CHECK(all_ids(from_file) == characters_of(token_text).encode("be, o"));
  CHECK(all_ids(from_memory) == all_ids(from_file));
}

TEST_CASE("token views: a loader draws the same batches from memory and from a file") {
  const testing::TemporaryFolder folder;
  const Tokenizer tokenizer = characters_of(token_text);
  write_token_file(folder.path() / "ids", tokenizer, token_text);
  const CausalLoaderConfig config{.batch_size = 3, .block_size = 4, .seed = 2};
  CausalLoader memory(tokenizer.encode(token_text), config);
  CausalLoader file(TokenFile::open(folder.path() / "ids").ids, config);
  for (int k = 0; k < 20; ++k) {
    const Batch a = memory.next(), b = file.next();
    CHECK(a.ids.ids == b.ids.ids);
    CHECK(a.targets.ids == b.targets.ids);
  }
}
