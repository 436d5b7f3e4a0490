// gradus attention: what every head of a model looks at, as a page.

#include <nlohmann/json.hpp>

#include "data/encoding.h"
#include "data/file.h"
#include "nn/attention_maps.h"
#include "nn/pretrained/trunk.h"
#include "tensor/errors.h"
#include "train/attention_page.h"
#include "train/commands.h"

namespace gradus {
namespace {

struct AttentionArguments {
  std::string model, text, pair, html = "attention.html";
  bool json = false;
};

constexpr int64_t most_tokens = 256;  // a page of them all is some megabytes

// The piece of text that each token stands for; the name of those that frame it.
std::vector<std::string> token_texts(const Tokenizer& tokenizer, const Encoding& encoding,
                                     const AttentionArguments& o) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    const auto [begin, end] = encoding.sources[i];
    const std::string& from = encoding.types[i] == 0 ? o.text : o.pair;
    texts.push_back(end > begin ? from.substr(begin, end - begin)
                                : tokenizer.decode(std::span(&encoding.ids[i], 1)));
  }
  return texts;
}

std::vector<Tensor> maps_of(const Trunk& trunk, const EncodedBatch& batch) {
  const BERT* bert = std::get_if<BERT>(&trunk);
  return bert != nullptr ? attention_maps(*bert, batch.ids, batch.types)
                         : attention_maps(std::get<GPT>(trunk), batch.ids);
}

void print_json(const AttentionPicture& picture) {
  const int64_t T = static_cast<int64_t>(picture.tokens.size());
  nlohmann::ordered_json object{{"tokens", picture.tokens}};
  for (const Tensor& layer : picture.maps) {
    nlohmann::ordered_json heads = nlohmann::ordered_json::array();
    for (int64_t h = 0; h < layer.dim(1); ++h) {
      const Tensor map = layer.select(0, 0).select(0, h);
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (int64_t t = 0; t < T; ++t) rows.push_back(map.select(0, t).to_vector());
      heads.push_back(rows);
    }
    object["layers"].push_back(heads);
  }
  fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void attention_command(const AttentionArguments& o) {
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const Trunk trunk = load_trunk(o.model);
  const int64_t room = std::visit([](const auto& m) { return m.config.block_size; }, trunk);
  const EncodeOptions options{.max_length = std::min(room, most_tokens)};
  const Encoding encoding = o.pair.empty() ? encode(tokenizer, o.text, options)
                                           : encode_pair(tokenizer, o.text, o.pair, options);
  check_value(!encoding.ids.empty(), "attention: the text has no tokens");
  if (encoding.dropped > 0) {
    fmt::print(stderr, "the last {} tokens are left out: {} are shown\n", encoding.dropped,
               encoding.ids.size());
  }
  const AttentionPicture picture{
      .model = o.model,
      .text = o.pair.empty() ? o.text : o.text + " | " + o.pair,
      .tokens = token_texts(tokenizer, encoding, o),
      .maps = maps_of(trunk, pad(std::span(&encoding, 1), format_of(tokenizer).pad))};
  if (o.json) return print_json(picture);
  write_file_atomically(o.html, attention_page(picture));
  fmt::print(stderr, "{}: {} layers of {} heads over {} tokens\n", o.html, picture.maps.size(),
             picture.maps.front().dim(1), picture.tokens.size());
}

}  // namespace

void add_attention(CLI::App& program) {
  auto o = std::make_shared<AttentionArguments>();
  CLI::App* command =
      program.add_subcommand("attention", "What every head looks at in a text, as a page");
  command->add_option("--model", o->model, "Model directory: any BERT or GPT")->required();
  command->add_option("--text", o->text, "The text")->required();
  command->add_option("--pair", o->pair, "A second text, for models that read pairs");
  command->add_option("--html", o->html, "The page to write")->capture_default_str();
  command->add_flag("--json", o->json, "The probabilities on standard output, and no page");
  command->callback([o] { attention_command(*o); });
}

}  // namespace gradus
