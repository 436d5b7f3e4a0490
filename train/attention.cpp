// gradus attention: what every head of a model looks at, as a page.

#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "data/encoding.h"
#include "data/file.h"
#include "data/seq2seq_tokenizer.h"
#include "nn/attention_maps.h"
#include "nn/beam_search.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/trunk.h"
#include "tensor/errors.h"
#include "train/attention_page.h"
#include "train/commands.h"

namespace gradus {
namespace {

struct AttentionArguments {
  std::string model, text, pair, target, html = "attention.html";
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

nlohmann::ordered_json layers_of(const AttentionPart& part) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const Tensor& layer : part.maps) {
    nlohmann::ordered_json heads = nlohmann::ordered_json::array();
    for (int64_t h = 0; h < layer.dim(1); ++h) {
      const Tensor map = layer.select(0, 0).select(0, h);  // (T, S)
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (int64_t t = 0; t < map.dim(0); ++t) rows.push_back(map.select(0, t).to_vector());
      heads.push_back(rows);
    }
    layers.push_back(heads);
  }
  return layers;
}

// Of one part its tokens and layers; of several those of each, by its name.
void print_json(const AttentionPicture& picture) {
  nlohmann::ordered_json object;
  for (const AttentionPart& part : picture.parts) {
    if (picture.parts.size() == 1) {
      object = {{"tokens", part.queries}, {"layers", layers_of(part)}};
    } else {
      object[part.name] = {
          {"queries", part.queries}, {"keys", part.looked_at()}, {"layers", layers_of(part)}};
    }
  }
  fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void tell_left_out(int64_t dropped, size_t shown) {
  if (dropped <= 0) return;
  fmt::print(stderr, "the last {} tokens are left out: {} are shown\n", dropped, shown);
}

// A BERT or a GPT.
AttentionPicture picture_of_text(const AttentionArguments& o) {
  check_value(o.target.empty(),
              "attention: {} reads texts; --target is for what an "
              "encoder-decoder writes",
              o.model);
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const Trunk trunk = load_trunk(o.model);
  const int64_t room = std::visit([](const auto& m) { return m.config.block_size; }, trunk);
  const EncodeOptions options{.max_length = std::min(room, most_tokens)};
  const Encoding encoding = o.pair.empty() ? encode(tokenizer, o.text, options)
                                           : encode_pair(tokenizer, o.text, o.pair, options);
  check_value(!encoding.ids.empty(), "attention: the text has no tokens");
  tell_left_out(encoding.dropped, encoding.ids.size());
  return {
      .model = o.model,
      .text = o.pair.empty() ? o.text : o.text + " | " + o.pair,
      .parts = {{.queries = token_texts(tokenizer, encoding, o),
                 .maps = maps_of(trunk, pad(std::span(&encoding, 1), format_of(tokenizer).pad))}}};
}

// The pieces of a text to text, cut to what is shown.
std::vector<int32_t> ids_of_source(const Seq2SeqTokenizer& tokenizer, const std::string& text,
                                   int64_t most) {
  std::vector<int32_t> ids;
  for (const TokenPiece& piece : tokenizer.pieces_as_read(text)) ids.push_back(piece.id);
  const auto dropped = static_cast<int64_t>(ids.size()) - most;
  if (dropped > 0) {
    ids.resize(static_cast<size_t>(most));
    ids.back() = tokenizer.tokens().end;
  }
  tell_left_out(dropped, ids.size());
  return ids;
}

std::vector<std::string> pieces_of_ids(const Tokenizer& tokenizer,
                                       const std::vector<int32_t>& ids) {
  std::vector<std::string> pieces;
  for (const int32_t id : ids) pieces.push_back(tokenizer.decode(std::span(&id, 1)));
  return pieces;
}

// The source, and what the decoder reads of the target: one that is given, or what it writes.
AttentionPicture picture_of_pair(const AttentionArguments& o) {
  check_value(o.pair.empty(),
              "attention: {} reads one source; --target is the text that it is to "
              "write",
              o.model);
  check_value(o.text.find_first_not_of(" \t\r\n") != o.text.npos,
              "attention: the text has no tokens");
  const EncoderDecoder model = load_encoder_decoder(o.model);
  const Seq2SeqTokenizer tokenizer = Seq2SeqTokenizer::load(o.model);
  const int64_t most = std::min(model.config.block_size, most_tokens);
  const std::vector<int32_t> source = ids_of_source(tokenizer, o.text, most);
  std::vector<int32_t> target;
  if (o.target.empty()) {
    const EvalMode evaluation;
    target = generate(model, std::span(&source, 1), most - 1).front();
  } else {
    target = ids_of_source(tokenizer, o.target, most);
    target.pop_back();  // </s> is written, and not read again
  }
  std::vector<int32_t> inputs{model.config.start_token};
  inputs.insert(inputs.end(), target.begin(), target.end());
  const auto row = [](const std::vector<int32_t>& ids) {
    return Tokens({1, static_cast<int64_t>(ids.size())}, ids);
  };
  const EncoderDecoderMaps maps = attention_maps(model, row(source), row(inputs));
  const auto read = pieces_of_ids(tokenizer.tokenizer(), source);
  const auto written = pieces_of_ids(tokenizer.tokenizer(), inputs);
  return {
      .model = o.model,
      .text = fmt::format("{} → {}", o.text, tokenizer.decode(target, true)),
      .parts = {{.name = "encoder", .queries = read, .maps = maps.encoder},
                {.name = "decoder", .queries = written, .maps = maps.decoder},
                {.name = "cross-attention", .queries = written, .keys = read, .maps = maps.cross}}};
}

void attention_command(const AttentionArguments& o) {
  const bool writes = is_encoder_decoder(model_type_of(o.model));
  const AttentionPicture picture = writes ? picture_of_pair(o) : picture_of_text(o);
  if (o.json) return print_json(picture);
  write_file_atomically(o.html, attention_page(picture));
  for (const AttentionPart& part : picture.parts) {
    fmt::print(stderr, "{}: {}{} layers of {} heads over {} tokens\n", o.html,
               part.name.empty() ? "" : part.name + ", ", part.maps.size(),
               part.maps.front().dim(1), part.looked_at().size());
  }
}

}  // namespace

void add_attention(CLI::App& program) {
  auto o = std::make_shared<AttentionArguments>();
  CLI::App* command =
      program.add_subcommand("attention", "What every head looks at in a text, as a page");
  command->add_option("--model", o->model, "Model directory: a BERT, a GPT or an encoder-decoder")
      ->required();
  command->add_option("--text", o->text, "The text")->required();
  command->add_option("--pair", o->pair, "A second text, for models that read pairs");
  command->add_option("--target", o->target,
                      "What an encoder-decoder is to write (default: what it writes, greedily)");
  command->add_option("--html", o->html, "The page to write")->capture_default_str();
  command->add_flag("--json", o->json, "The probabilities on standard output, and no page");
  command->callback([o] { attention_command(*o); });
}

}  // namespace gradus
