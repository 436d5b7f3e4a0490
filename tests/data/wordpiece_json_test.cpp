// BERT's tokenizer.json: read, written, and refused where Hugging Face would mean something else.

#include "data/wordpiece_json.h"

#include <nlohmann/json.hpp>

#include "data/encoding.h"
#include "data/json.h"
#include "support.h"

using namespace gradus;
using nlohmann::json;
using testing::contains;
using testing::sentence_of;

namespace {

WordPieceTokenizer tokenizer(BertTextOptions text = {}) {
  return WordPieceTokenizer(
      {.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##a", "é", "\"\\"},
       .text = text});
}

// What the tokenizer writes, changed at a JSON pointer; a null value stays a null.
json changed(const std::string& pointer, const json& value) {
  json document = json::parse(wordpiece_json(tokenizer().vocabulary()));
  document[json::json_pointer(pointer)] = value;
  return document;
}

WordPieceTokenizer loaded(const json& document) {
  const testing::TemporaryFolder folder;
  folder.file("tokenizer.json", document.dump());
  return WordPieceTokenizer::load(folder.path());
}

std::string refused(const std::string& pointer, const json& value) {
  const std::string sentence = sentence_of<FileError>([&] { loaded(changed(pointer, value)); });
  CAPTURE(sentence);
  const std::string field = pointer.substr(pointer.rfind('/') + 1);
  CHECK(contains(sentence, field));
  return sentence;
}

}  // namespace

TEST_CASE("tokenizer.json: brings back vocabulary and options") {
  for (const BertTextOptions& text : std::vector<BertTextOptions>{
           {},
           {.lowercase = false},
           {.lowercase = true, .strip_accents = false},
           {.clean_text = false, .handle_chinese_chars = false, .strip_accents = true},
           {false, false, false, false, BertSplit::runs}}) {
    const testing::TemporaryFolder folder;
    WordPieceVocabulary vocabulary = tokenizer(text).vocabulary();
    vocabulary.max_characters = 7;
    vocabulary.added->push_back({5, false});
    const WordPieceTokenizer t(vocabulary);
    t.save(folder.path());
    const Tokenizer again = Tokenizer::load(folder.path());
    CHECK(again.digest() == Tokenizer(t).digest());
    const auto& found = std::get<WordPieceTokenizer>(again.kind()).vocabulary();
    CHECK(found.tokens == vocabulary.tokens);
    CHECK(found.text.strip_accents == text.strip_accents);
    CHECK_FALSE(found.added->back().special);
  }
}

TEST_CASE("tokenizer.json: says what Hugging Face's BertTokenizerFast says") {
  const json document = json::parse(wordpiece_json(tokenizer().vocabulary()));
  CHECK(document["normalizer"] == json::parse(R"({"type": "BertNormalizer", "clean_text": true,
      "handle_chinese_chars": true, "strip_accents": null, "lowercase": true})"));
  CHECK(document["added_tokens"][4] == json::parse(R"({"id": 4, "content": "[MASK]",
      "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
      "special": true})"));
  CHECK(document["post_processor"]["pair"] == json::parse(R"([
      {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
      {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
      {"SpecialToken": {"id": "[SEP]", "type_id": 1}}])"));
  CHECK(document["model"]["vocab"]["\"\\"] == 8);
}

TEST_CASE("tokenizer.json: other spellings of the same are understood") {
  CHECK(loaded(changed("/post_processor", json::parse(R"({"type": "BertProcessing",
      "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})")))
            .vocab_size() == 9);
  CHECK(loaded(changed("/truncation", json::parse(R"({"direction": "Right", "max_length": 128,
      "strategy": "LongestFirst", "stride": 0})")))
            .vocab_size() == 9);
  CHECK(loaded(changed("/padding", json::parse(R"({"strategy": {"Fixed": 128}, "direction": "Right",
      "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"})")))
            .vocab_size() == 9);
  CHECK(loaded(changed("/normalizer", nullptr)).encode("UN\u00e9") == std::vector<int32_t>{1});
  const json more = {{"id", 9}, {"content", "<user>"}, {"special", false}};
  const WordPieceTokenizer with_user = loaded(changed("/added_tokens", json::array({more})));
  CHECK(with_user.encode("un<user>una") == std::vector<int32_t>{5, 9, 5, 6});
  CHECK_FALSE(with_user.is_special(9));
}

TEST_CASE("tokenizer.json: what would give other ids is refused by its name") {
  refused("/model/unk_token", "<unk>");
  refused("/model/continuing_subword_prefix", "@@");
  refused("/model/max_input_chars_per_word", -1);
  refused("/model/max_input_chars_per_word", 1e3);
  refused("/normalizer/type", "Lowercase");
  refused("/normalizer/lowercase", 1);
  refused("/normalizer", "BertNormalizer");
  refused("/pre_tokenizer/type", "Metaspace");
  refused("/pre_tokenizer", nullptr);
  refused("/post_processor", nullptr);
  refused("/decoder/prefix", "");
  refused("/decoder/cleanup", false);
  refused("/added_tokens", 5);
  CHECK(contains(refused("/post_processor", {{"type", "RobertaProcessing"}}), "[CLS] A [SEP] B"));
  const auto refused_inside = [](const std::string& pointer, const json& value) {
    return sentence_of<FileError>([&] { loaded(changed(pointer, value)); });
  };
  CHECK(contains(refused_inside("/post_processor/special_tokens/[CLS]/ids", {3}),
                 "post_processor is"));
  CHECK(contains(refused_inside("/added_tokens/0/lstrip", true), "lstrip is true"));
  CHECK(contains(refused_inside("/added_tokens/0/normalized", true), "normalized is true"));
  CHECK(contains(refused_inside("/truncation", {{"direction", "Left"}}), "direction is \"Left\""));
  CHECK(contains(refused_inside("/padding", {{"direction", "Left"}}), "direction is \"Left\""));
  CHECK(contains(refused_inside("/padding", 3), "padding is 3"));
}

TEST_CASE("tokenizer.json: a vocabulary that is not sound is refused") {
  const auto refused_id = [](const char* token, const json& id) {
    return sentence_of<FileError>(
        [&] { loaded(changed(std::string("/model/vocab/") + token, id)); });
  };
  CHECK(contains(refused_id("un", 6), "the id 6 belongs to two tokens"));
  CHECK(contains(refused_id("un", 9), "the ids have holes"));
  CHECK(contains(refused_id("un", uint64_t{1} << 32), "the id of \"un\" is 4294967296"));
  CHECK(contains(refused_id("un", -1), "must be an integer in [0, 2^31)"));
  CHECK(contains(refused_id("un", "5"), "must be an integer in [0, 2^31)"));
  CHECK(contains(refused_id("", 9), "empty token"));
  CHECK(contains(refused_id("a\nb", 9), "line break"));
  CHECK(contains(sentence_of<FileError>([] {
                   loaded(changed("/model/vocab", {{"a", 0}}));
                 }),
                 "the id 0 belongs to two tokens"));  // [PAD] is the other
  json bare = changed("/added_tokens", json::array());
  bare["model"]["vocab"] = {{"a", 0}};
  bare["post_processor"] = nullptr;
  CHECK(contains(sentence_of<FileError>([&] { loaded(bare); }), "has no [UNK]"));
  CHECK(contains(sentence_of<FileError>([] { loaded(json::array()); }), "not a tokenizer"));
}

TEST_CASE("tokenizer.json: the model's type decides which tokenizer a folder has") {
  const testing::TemporaryFolder folder;
  folder.file("tokenizer.json", wordpiece_json(tokenizer().vocabulary()));
  CHECK(contains(sentence_of<FileError>([&] { BPETokenizer::load(folder.path()); }),
                 "type is \"WordPiece\""));
  folder.file("vocab.txt", "[UNK]\n");
  folder.file("tokenizer.json", R"({"model": {"type": "Unigram"}, "pre_tokenizer": null})");
  CHECK(contains(sentence_of<FileError>([&] { Tokenizer::load(folder.path()); }),
                 "type is \"Unigram\""));
}

TEST_CASE("tiny_bert: its tokenizer cuts at white space and frames with [CLS] and [SEP]") {
  const auto folder = testing::shared_path("conformance/tiny_bert");
  if (!folder) return;
  const Tokenizer t = Tokenizer::load(*folder);
  CHECK(t.vocab_size() == 256);
  CHECK(encode(t, "t5 t6 nothing").ids == std::vector<int32_t>{2, 5, 6, 1, 3});
  CHECK(encode_pair(t, "t7", "t8").types == std::vector<int32_t>{0, 0, 0, 1, 1});
}
