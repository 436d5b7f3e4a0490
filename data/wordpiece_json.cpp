#include "data/wordpiece_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/json.h"
#include "data/tokenizer_json.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::optional<int32_t> id_in(const std::vector<std::string>& tokens, const char* token) {
  const auto found = std::ranges::find(tokens, token);
  if (found == tokens.end()) return {};
  return static_cast<int32_t>(found - tokens.begin());
}

// A value that the file may leave out.
bool switch_of(const json& object, const char* name, bool otherwise, const std::string& file) {
  expect_field(object, name, {nullptr, false, true}, file);
  return object.value(name, json(otherwise)).is_null() ? otherwise : object.value(name, otherwise);
}

// Without a normaliser nothing is cleaned, parted or lowered.
BertTextOptions options_from(const json& document, const std::string& file) {
  const json normalizer = document.value("normalizer", json());
  const json split = document.value("pre_tokenizer", json());
  BertTextOptions options{false, false, false, false};
  check<FileError>(normalizer.is_object() || normalizer.is_null(),
                   "{}: normalizer is {}; only a BertNormalizer is understood", file,
                   excerpt(normalizer));
  if (normalizer.is_object()) {
    expect_field(normalizer, "type", {"BertNormalizer"}, file);
    options.clean_text = switch_of(normalizer, "clean_text", true, file);
    options.handle_chinese_chars = switch_of(normalizer, "handle_chinese_chars", true, file);
    options.lowercase = switch_of(normalizer, "lowercase", true, file);
    options.strip_accents = switch_of(normalizer, "strip_accents", options.lowercase, file);
    if (normalizer.value("strip_accents", json()).is_null()) options.strip_accents.reset();
  }
  check<FileError>(split.is_object(),
                   "{}: pre_tokenizer is {}; only a BertPreTokenizer or a Whitespace is understood",
                   file, excerpt(split));
  expect_field(split, "type", {"BertPreTokenizer", "Whitespace"}, file);
  if (split["type"] == "Whitespace") options.split = BertSplit::runs;
  return options;
}

// [CLS] A [SEP] B [SEP] as Hugging Face's TemplateProcessing.
ordered_json frame(int32_t cls, int32_t sep) {
  const auto special = [](const char* token, int type) {
    return ordered_json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto text = [](const char* name, int type) {
    return ordered_json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  const auto token = [](const char* name, int32_t id) {
    return ordered_json{
        {"id", name}, {"ids", ordered_json::array({id})}, {"tokens", ordered_json::array({name})}};
  };
  const auto list = [](std::initializer_list<ordered_json> parts) {
    ordered_json array = ordered_json::array();
    for (const ordered_json& part : parts) array.push_back(part);
    return array;
  };
  const ordered_json start = special("[CLS]", 0), a = text("A", 0), end = special("[SEP]", 0);
  return {{"type", "TemplateProcessing"},
          {"single", list({start, a, end})},
          {"pair", list({start, a, end, text("B", 1), special("[SEP]", 1)})},
          {"special_tokens", {{"[CLS]", token("[CLS]", cls)}, {"[SEP]", token("[SEP]", sep)}}}};
}

// The frame, in either of the forms that it has had; none where there are no tokens for it.
void check_frame(const json& found, const std::vector<std::string>& tokens,
                 const std::string& file) {
  const std::optional<int32_t> cls = id_in(tokens, "[CLS]"), sep = id_in(tokens, "[SEP]");
  const bool possible = cls && sep;
  check<FileError>(!possible || !found.is_null(),
                   "{}: post_processor is null, but the vocabulary has [CLS] and [SEP] for a frame",
                   file);
  if (found.is_null()) return;
  const bool understood = possible && (found == json(frame(*cls, *sep)) ||
                                       found == json({{"type", "BertProcessing"},
                                                      {"sep", json::array({"[SEP]", *sep})},
                                                      {"cls", json::array({"[CLS]", *cls})}}));
  check<FileError>(understood,
                   "{}: post_processor is {}; only the frame [CLS] A [SEP] B [SEP], types 0 and 1, "
                   "with the vocabulary's ids is understood",
                   file, excerpt(found));
}

// How long texts may be is the caller's choice, but not on which side they give way or grow.
void check_lengths(const json& document, const std::vector<std::string>& tokens,
                   const std::string& file) {
  const json truncation = document.value("truncation", json());
  const json padding = document.value("padding", json());
  if (truncation.is_object()) {
    expect_field(truncation, "direction", {nullptr, "Right"}, file);
    expect_field(truncation, "strategy", {"LongestFirst"}, file);
  } else {
    expect_field(document, "truncation", {nullptr}, file);
  }
  if (padding.is_object()) {
    expect_field(padding, "direction", {"Right"}, file);
    expect_field(padding, "pad_type_id", {0}, file);
    expect_field(padding, "pad_id", {id_in(tokens, "[PAD]").value_or(0)}, file);
  } else {
    expect_field(document, "padding", {nullptr}, file);
  }
}

int64_t max_characters_from(const json& model, const std::string& file) {
  const json value = model.value("max_input_chars_per_word", json(100));
  check<FileError>(value.is_number_unsigned() && value.get<uint64_t>() < uint64_t{1} << 31,
                   "{}: max_input_chars_per_word is {}, it must be an integer in [0, 2^31)", file,
                   excerpt(value));
  return value.get<int64_t>();
}

void check_model(const json& document, const std::string& file) {
  check<FileError>(document.is_object() && document.value("model", json()).is_object(),
                   "{}: not a tokenizer: it must be an object with a model", file);
  const json& model = document["model"];
  expect_field(model, "type", {"WordPiece"}, file);
  expect_field(model, "unk_token", {nullptr, unknown_token}, file);
  expect_field(model, "continuing_subword_prefix", {nullptr, "##"}, file);
  const json decoder = document.value("decoder", json());
  if (decoder.is_null()) return;
  check<FileError>(decoder.is_object(), "{}: decoder is {}; only a WordPiece one is understood",
                   file, excerpt(decoder));
  expect_field(decoder, "type", {"WordPiece"}, file);
  expect_field(decoder, "prefix", {nullptr, "##"}, file);
  expect_field(decoder, "cleanup", {nullptr, true}, file);
}

// What tokenizer.json says about any BERT; {0} are the added tokens, {1} is the normaliser, {2} the
// split, {3} the frame, {4} the longest word and {5} the vocabulary.
constexpr const char* wordpiece_json_form = R"({{
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": {0},
  "normalizer": {1},
  "pre_tokenizer": {{"type": "{2}"}},
  "post_processor": {3},
  "decoder": {{"type": "WordPiece", "prefix": "##", "cleanup": true}},
  "model": {{
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "##",
    "max_input_chars_per_word": {4},
    "vocab": {5}
  }}
}}
)";

}  // namespace

WordPieceVocabulary read_wordpiece_json(const std::filesystem::path& path) {
  const std::string file = path.string();
  const json document = read_json(path);
  check_model(document, file);
  const json& model = document["model"];
  SpelledTokens spelled = spelled_tokens(model.value("vocab", json()), file);
  const json list = document.value("added_tokens", json());
  WordPieceVocabulary vocabulary;
  vocabulary.added.emplace();
  for (const AddedSpelling& added : spelled_added_tokens(list, spelled, file)) {
    vocabulary.added->push_back(added.token);
  }
  for (const json& entry : list) {
    for (const char* absent : {"normalized", "lstrip"}) {
      expect_field(entry, absent, {nullptr, false}, file);
    }
  }
  vocabulary.tokens = tokens_by_id(spelled, file);
  vocabulary.text = options_from(document, file);
  vocabulary.max_characters = max_characters_from(model, file);
  check_frame(document.value("post_processor", json()), vocabulary.tokens, file);
  check_lengths(document, vocabulary.tokens, file);
  return vocabulary;
}

std::string wordpiece_json(const WordPieceVocabulary& vocabulary) {
  const std::vector<std::string>& tokens = vocabulary.tokens;
  const BertTextOptions& text = vocabulary.text;
  const std::optional<int32_t> cls = id_in(tokens, "[CLS]"), sep = id_in(tokens, "[SEP]");
  ordered_json normalizer{{"type", "BertNormalizer"},
                          {"clean_text", text.clean_text},
                          {"handle_chinese_chars", text.handle_chinese_chars},
                          {"strip_accents", nullptr},
                          {"lowercase", text.lowercase}};
  if (text.strip_accents) normalizer["strip_accents"] = *text.strip_accents;
  return fmt::format(wordpiece_json_form, added_tokens_json(*vocabulary.added, tokens),
                     normalizer.dump(),
                     text.split == BertSplit::marks ? "BertPreTokenizer" : "Whitespace",
                     cls && sep ? frame(*cls, *sep).dump() : "null", vocabulary.max_characters,
                     vocab_json(tokens));
}

}  // namespace gradus
