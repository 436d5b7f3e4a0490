#include "data/text_frame.h"

#include <nlohmann/json.hpp>

#include "data/json.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::filesystem::path;

// An id, or -1, which is out of range, for what is none.
int32_t id_in(const json& value) {
  const bool sound = value.is_number_unsigned() && value.get<uint64_t>() < uint64_t{1} << 31;
  return sound ? value.get<int32_t>() : -1;
}

// {"type": "RobertaProcessing", "cls": ["<s>", 0], "sep": ["</s>", 2], ...}
TextFrame roberta_frame(const json& processor) {
  return {.before = {id_in(processor.at("cls").at(1))},
          .after = {id_in(processor.at("sep").at(1))}};
}

// {"single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
//  "special_tokens": {"<s>": {"ids": [0]}}, ...}
TextFrame template_frame(const json& processor) {
  TextFrame frame;
  bool after = false;
  for (const json& piece : processor.at("single")) {
    if (piece.contains("Sequence")) {
      after = true;
      continue;
    }
    const std::string name = piece.at("SpecialToken").at("id").get<std::string>();
    for (const json& id : processor.at("special_tokens").at(name).at("ids")) {
      (after ? frame.after : frame.before).push_back(id_in(id));
    }
  }
  return frame;
}

TextFrame frame_of(const json& processor, const std::string& file) {
  if (processor.is_null()) return {};
  const std::string type = processor.at("type").get<std::string>();
  if (type == "ByteLevel") return {};
  if (type == "RobertaProcessing") return roberta_frame(processor);
  if (type == "TemplateProcessing") return template_frame(processor);
  check<FileError>(type == "Sequence",
                   "{}: post_processor is {}; only ByteLevel, RobertaProcessing, "
                   "TemplateProcessing and a Sequence of them are understood",
                   file, excerpt(processor));
  TextFrame frame;
  for (const json& one : processor.at("processors")) {
    const TextFrame next = frame_of(one, file);
    if (!next.empty()) frame = next;
  }
  return frame;
}

ordered_json special_token(const std::string& name) {
  return {{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
}

// `name` in tokenizer_config.json, a string or an object with a content; else the id that
// config.json has.
int32_t configured_id(const json& tokenizer_config, const std::string& name,
                      const SpelledTokens& spelled, const path& directory) {
  const json token = tokenizer_config.value(name, json());
  const json content = token.is_object() ? token.value("content", json()) : token;
  if (content.is_string()) {
    const auto found = spelled.find(content.get<std::string>());
    if (found != spelled.end()) return found->second;
  }
  const path file = directory / "config.json";
  const json config = std::filesystem::exists(file) ? read_json(file) : json::object();
  const json id = config.is_object() ? config.value(name + "_id", json()) : json();
  const bool known = id.is_number_unsigned() && id.get<uint64_t>() < spelled.size();
  check<FileError>(known, "{}: add_{} is true, but the vocabulary has no {}",
                   (directory / "tokenizer_config.json").string(), name, name);
  return id.get<int32_t>();
}

}  // namespace

TextFrame frame_from_json(const json& post_processor, size_t vocab_size, const std::string& file) {
  TextFrame frame;
  try {
    frame = frame_of(post_processor, file);
  } catch (const json::exception&) {
    throw FileError(
        fmt::format("{}: post_processor is {}, which lacks what its type needs or has another kind "
                    "of value",
                    file, excerpt(post_processor)));
  }
  for (const std::vector<int32_t>* side : {&frame.before, &frame.after}) {
    for (const int32_t id : *side) {
      check<FileError>(id >= 0 && static_cast<size_t>(id) < vocab_size,
                       "{}: post_processor adds the id {}, but there are {} tokens", file, id,
                       vocab_size);
    }
  }
  return frame;
}

std::string frame_json(const TextFrame& frame, const std::vector<std::string>& tokens) {
  if (frame.empty()) {
    return R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true})";
  }
  ordered_json single = ordered_json::array(), special = ordered_json::object();
  const auto add = [&](const std::vector<int32_t>& side) {
    for (const int32_t id : side) {
      const std::string& name = tokens[static_cast<size_t>(id)];
      single.push_back(special_token(name));
      special[name] = {{"id", name}, {"ids", {id}}, {"tokens", {name}}};
    }
  };
  add(frame.before);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  add(frame.after);
  ordered_json pair = single;
  for (ordered_json piece : single) {
    if (piece.contains("Sequence")) piece["Sequence"]["id"] = "B";
    pair.push_back(piece);
  }
  const ordered_json object{{"type", "TemplateProcessing"},
                            {"single", single},
                            {"pair", pair},
                            {"special_tokens", special}};
  return object.dump();
}

TextFrame frame_as_configured(TextFrame frame, const SpelledTokens& spelled,
                              const path& directory) {
  const path file = directory / "tokenizer_config.json";
  if (!std::filesystem::exists(file)) return frame;
  const json config = read_json(file);
  const auto change = [&](const char* switch_name, const char* token, std::vector<int32_t>& side) {
    const json wanted = config.is_object() ? config.value(switch_name, json()) : json();
    if (!wanted.is_boolean()) return;
    side.clear();
    if (wanted == true) side.push_back(configured_id(config, token, spelled, directory));
  };
  change("add_bos_token", "bos_token", frame.before);
  change("add_eos_token", "eos_token", frame.after);
  return frame;
}

}  // namespace gradus
