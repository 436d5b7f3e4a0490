// gradus generate: text from a model, as it is written.

#include "nn/generate.h"

#include <cstdio>

#include <optional>

#include "data/tokenizer.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/signals.h"

namespace gradus {
namespace {

struct GenerateArguments {
  std::string model;
  std::optional<std::string> prompt;
  GenerateOptions generate = {.max_new_tokens = 500};
  bool no_cache = false;
};

void generate_command(const GenerateArguments& o) {
  or_usage_error("generate", [&] { o.generate.sampling.check(); });
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const GPT model = load_gpt2(o.model);
  const int32_t document = model.config.document_token;
  const std::string text = o.prompt.value_or(document >= 0 ? "" : "\n");
  std::vector<int32_t> prompt = tokenizer.encode(text);
  if (document >= 0) prompt.insert(prompt.begin(), document);
  check_value(!prompt.empty(), "generate: the prompt is empty");
  check_value(tokenizer.vocab_size() <= model.config.vocab_size,
              "generate: the tokenizer has {} tokens, the model {}", tokenizer.vocab_size(),
              model.config.vocab_size);
  fmt::print("{}", text);
  GenerateOptions options = o.generate;
  options.use_cache = !o.no_cache;
  options.stop_token = tokenizer.end_of_text_id().value_or(-1);
  options.on_token = [&](const NewToken& token) {
    const int32_t id = token.id;
    fmt::print("{}", tokenizer.decode(std::span(&id, 1)));
    std::fflush(stdout);
    return stop_signal() == 0 && std::ferror(stdout) == 0;
  };
  watch_signals();
  generate(model, prompt, options);
  fmt::print("\n");
  if (stop_signal() != 0) throw Exit{128 + stop_signal()};
}

}  // namespace

void add_generate(CLI::App& program) {
  auto o = std::make_shared<GenerateArguments>();
  CLI::App* command = program.add_subcommand("generate", "Text from a model");
  command->add_option("--model", o->model, "Model directory")->required();
  command->add_option("--prompt", o->prompt,
                      "What the text begins with (default: nothing, or a new line)");
  command->add_option("--max-new-tokens", o->generate.max_new_tokens, "Tokens to write")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40))
      ->capture_default_str();
  SamplingOptions& sampling = o->generate.sampling;
  command
      ->add_option("--temperature", sampling.temperature,
                   "Divides the logits; 0 always takes the most likely token")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_option("--top-k", sampling.top_k, "Only the k most likely tokens; 0 means all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 31))
      ->capture_default_str();
  command
      ->add_option("--top-p", sampling.top_p,
                   "Only the most likely tokens of this total probability")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--seed", o->generate.seed, "Random seed")->capture_default_str();
  command->add_flag("--no-cache", o->no_cache,
                    "Compute all keys and values afresh for every token");
  command->callback([o] { generate_command(*o); });
}

}  // namespace gradus
