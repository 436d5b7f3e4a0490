// gradus evaluate: the loss of a model on a text.

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "data/batches.h"
#include "data/corpus.h"
#include "data/tokenizer.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/evaluation.h"
#include "train/progress.h"

namespace gradus {
namespace {

struct EvaluateArguments {
  std::string model, data, split;
  int64_t batch_size = 16;
  bool json = false;
};

void evaluate_command(const EvaluateArguments& o) {
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const std::string text = read_corpus(o.data);
  const Split<std::string_view> parts = train_val_split(text);
  const std::string_view part = o.split == "train" ? parts.train
                                : o.split == "val" ? parts.val
                                                   : text;
  const std::vector<int32_t> ids = tokenizer.encode(part);
  const GPT model = load_gpt2(o.model);
  Evaluation result;
  {
    const int64_t T = model.config.block_size;
    Progress progress("batch", evaluation_blocks(ids, o.batch_size, T).size(), 0, o.json);
    result = evaluate(model, ids, o.batch_size, T, 0,
                      [&](int64_t done, int64_t) { progress.update(done, ""); });
  }
  check_value(std::isfinite(result.loss),
              "evaluate: the loss is {}; the weights of {} are not sound", result.loss, o.model);
  // The first token is given, all others are predicted.
  const std::string first = tokenizer.decode(std::span(ids).first(1));
  const double bytes = static_cast<double>(part.size() - first.size());
  const double nats = result.loss * static_cast<double>(result.tokens);
  const nlohmann::ordered_json report{{"loss", result.loss},
                                      {"perplexity", std::exp(result.loss)},
                                      {"bits_per_byte", nats / std::numbers::ln2 / bytes},
                                      {"tokens", result.tokens}};
  if (o.json) {
    fmt::print("{}\n", report.dump());
  } else {
    fmt::print(
        "loss           {:.4f} nats per token\nperplexity     {:.3f}\nbits per byte  "
        "{:.4f}\ntokens         {}\n",
        result.loss, std::exp(result.loss), nats / std::numbers::ln2 / bytes, result.tokens);
  }
}

}  // namespace

void add_evaluate(CLI::App& program) {
  auto o = std::make_shared<EvaluateArguments>();
  CLI::App* command = program.add_subcommand("evaluate", "Loss of a model on a text");
  command->add_option("--model", o->model, "Model directory")->required();
  command->add_option("--data", o->data, "File, folder or - for standard input")->required();
  command
      ->add_option("--split", o->split,
                   "train (the first 90 %) or val (the rest); default: the whole text")
      ->check(CLI::IsMember({"train", "val"}));
  command->add_option("--batch-size", o->batch_size, "Blocks at a time")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command->add_flag("--json", o->json, "One JSON object: loss, perplexity, bits_per_byte, tokens");
  command->callback([o] { evaluate_command(*o); });
}

}  // namespace gradus
