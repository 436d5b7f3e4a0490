// Tokens around a text, as folders of Hugging Face say it, and what swallows white space.

#include "data/text_frame.h"

#include <nlohmann/json.hpp>

#include "data/encoding.h"
#include "data/tokenizer.h"
#include "support.h"

using namespace gradus;
using nlohmann::json;
using testing::contains;
using testing::sentence_of;

namespace {

// <s> 3, </s> 4, <mask> 5; `post_processor` and what tokenizer_config.json is to say.
json framed_document(const json& post_processor) {
  json document = json::parse(R"({"version":"1.0","truncation":null,"padding":null,
    "normalizer":null,"added_tokens":[{"id":3,"content":"<s>","special":true},
      {"id":4,"content":"</s>","special":true},
      {"id":5,"content":"<mask>","special":true,"lstrip":true}],
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"},
    "model":{"type":"BPE","vocab":{"a":0,"\u0120":1,"\u0120a":2},"merges":["\u0120 a"]}})");
  document["post_processor"] = post_processor;
  return document;
}

struct FrameFolder {
  testing::TemporaryFolder folder;

  explicit FrameFolder(const json& post_processor) {
    folder.file("tokenizer.json", framed_document(post_processor).dump());
  }
  Tokenizer tokenizer() const { return Tokenizer::load(folder.path()); }
  std::string refusal() const {
    return sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  }
};

void check_frame_is(const Tokenizer& tokenizer, const std::vector<int32_t>& before,
                    const std::vector<int32_t>& after) {
  CHECK(tokenizer.frame().before == before);
  CHECK(tokenizer.frame().after == after);
}

const json llama_template = json::parse(R"({"type":"TemplateProcessing",
  "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
  "pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[3],"tokens":["<s>"]}}})");
const json bart_processing = json::parse(R"({"type":"RobertaProcessing","sep":["</s>",4],
  "cls":["<s>",3],"trim_offsets":true,"add_prefix_space":false})");
const json byte_level = json::parse(R"({"type":"ByteLevel","trim_offsets":false})");

}  // namespace

TEST_CASE("tokenizer.json's post-processor says what stands around a text") {
  check_frame_is(FrameFolder(nullptr).tokenizer(), {}, {});
  check_frame_is(FrameFolder(byte_level).tokenizer(), {}, {});
  check_frame_is(FrameFolder(bart_processing).tokenizer(), {3}, {4});
  check_frame_is(FrameFolder(llama_template).tokenizer(), {3}, {});
  const json sequence{{"type", "Sequence"}, {"processors", {byte_level, llama_template}}};
  check_frame_is(FrameFolder(sequence).tokenizer(), {3}, {});
}

TEST_CASE("tokenizer_config.json's add_bos_token and add_eos_token go before the post-processor") {
  const FrameFolder llama(llama_template), plain(nullptr);
  llama.folder.file("tokenizer_config.json", R"({"add_bos_token":false})");
  check_frame_is(llama.tokenizer(), {}, {});
  const char* both = R"({"add_bos_token":true,"bos_token":"<s>","add_eos_token":true,
                         "eos_token":{"content":"</s>","lstrip":false}})";
  plain.folder.file("tokenizer_config.json", both);
  check_frame_is(plain.tokenizer(), {3}, {4});
  plain.folder.file("tokenizer_config.json", R"({"add_bos_token":true})");
  CHECK(contains(plain.refusal(), "add_bos_token is true, but the vocabulary has no bos_token"));
  plain.folder.file("config.json", R"({"bos_token_id":4})");
  check_frame_is(plain.tokenizer(), {4}, {});
}

TEST_CASE("all that reads a text puts the frame around it, not only what generates") {
  CHECK(encode(FrameFolder(llama_template).tokenizer(), "a", {}).ids == std::vector<int32_t>{3, 0});
  CHECK(encode(FrameFolder(bart_processing).tokenizer(), "a", {}).ids ==
        std::vector<int32_t>{3, 0, 4});
}

TEST_CASE("a frame that is not sound is refused in a sentence") {
  json outside = llama_template;
  outside["special_tokens"]["<s>"]["ids"] = {6};
  CHECK(contains(FrameFolder(outside).refusal(), "adds the id 6, but there are 6 tokens"));
  outside["special_tokens"]["<s>"]["ids"] = {"3"};
  CHECK(contains(FrameFolder(outside).refusal(), "adds the id -1"));
  outside.erase("special_tokens");
  CHECK(contains(FrameFolder(outside).refusal(), "lacks what its type needs"));
  CHECK(contains(FrameFolder(json{{"type", "BertProcessing"}}).refusal(), "only ByteLevel"));
  CHECK(contains(FrameFolder("no").refusal(), "post_processor is"));
}

TEST_CASE("a frame is saved and read again, and counts in the digest") {
  const Tokenizer bart = FrameFolder(bart_processing).tokenizer();
  const testing::TemporaryFolder folder;
  bart.save(folder.path());
  check_frame_is(Tokenizer::load(folder.path()), {3}, {4});
  CHECK(bart.digest() == Tokenizer::load(folder.path()).digest());
  CHECK(bart.digest() != FrameFolder(nullptr).tokenizer().digest());
}

TEST_CASE("BART's <mask> swallows the white space before it, as its file says") {
  const Tokenizer bart = FrameFolder(bart_processing).tokenizer();
  CHECK(bart.encode("a \n<mask> a") == std::vector<int32_t>{0, 5, 2});
  CHECK(bart.encode(" <mask>") == std::vector<int32_t>{5});
  CHECK(bart.encode("a </s>") == std::vector<int32_t>{0, 1, 4});
  std::vector<std::pair<size_t, size_t>> places;
  for (const TokenPiece& piece : token_pieces(bart, "a \n<mask> a")) {
    places.emplace_back(piece.source.begin, piece.source.end);
  }
  CHECK(places == std::vector<std::pair<size_t, size_t>>{{0, 1}, {3, 9}, {9, 11}});
  const testing::TemporaryFolder folder;
  bart.save(folder.path());
  CHECK(Tokenizer::load(folder.path()).encode("a <mask>") == std::vector<int32_t>{0, 5});
}
