// gradus embed: texts as vectors.

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "data/safetensors.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/embedding_texts.h"
#include "train/model_kind.h"

namespace gradus {
namespace {

struct EmbedArguments {
  std::string model, data, out;
  std::vector<std::string> texts;
  int64_t batch_size = 32;
  bool json = false;
};

std::string embedding_as_json(const std::string& text, const std::vector<real>& numbers) {
  const nlohmann::ordered_json line{{"text", text}, {"embedding", numbers}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void embed_command(const EmbedArguments& o) {
  const std::vector<std::string> texts = o.data.empty() ? o.texts : read_text_lines(o.data);
  check_model_kind("embed", o.model, {ModelKind::gpt, ModelKind::bert});
  const TextEmbedder embedder = TextEmbedder::load(o.model);
  const Tensor rows = embed_with_progress(embedder, texts, o.batch_size, false);
  if (!o.out.empty()) {
    SafetensorsContents contents{.tensors = {{"embeddings", rows}}};
    if (sizeof(real) == 8) contents.type = StoredType::F64;
    write_safetensors(o.out, contents);
    fmt::print(stderr, "{} embeddings of {} numbers\n", rows.dim(0), rows.dim(1));
    return;
  }
  for (int64_t i = 0; i < rows.dim(0); ++i) {
    const std::vector<real> numbers = rows.select(0, i).to_vector();
    if (o.json) {
      fmt::print("{}\n", embedding_as_json(texts[static_cast<size_t>(i)], numbers));
    } else {
      fmt::print("{}\n", fmt::join(numbers, " "));
    }
  }
}

}  // namespace

void add_embed(CLI::App& program) {
  auto o = std::make_shared<EmbedArguments>();
  CLI::App* command = program.add_subcommand(
      "embed", "Texts as vectors: means of the last hidden states, of length 1");
  command->add_option("--model", o->model, "Model directory: any BERT or GPT")->required();
  CLI::App* texts = command->add_option_group("texts");
  texts->add_option("--data", o->data, "File with a text per line, or - for standard input");
  texts->add_option("--text", o->texts, "A text, or several");
  texts->require_option(1);
  CLI::Option* out = command->add_option(
      "--out", o->out, "File to write, .safetensors: `embeddings` (texts, width)");
  command
      ->add_flag("--json", o->json,
                 "A JSON object per text: text, embedding (default: the numbers alone)")
      ->excludes(out);
  command->add_option("--batch-size", o->batch_size, "Texts at a time")
      ->check(Between(1, 65536))
      ->capture_default_str();
  command->callback([o] { embed_command(*o); });
}

}  // namespace gradus
