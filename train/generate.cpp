// gradus generate: text from a model, as it is written.

#include "nn/generate.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>

#include "data/text_stream.h"
#include "data/tokenizer.h"
#include "nn/pretrained/gpt.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/embedding_texts.h"
#include "train/model_kind.h"
#include "train/precision_option.h"
#include "train/signals.h"
#include "train/written_texts.h"

namespace gradus {
namespace {

struct GenerateArguments {
  std::string model, prompts_file;
  std::vector<std::string> prompts, stops;
  int64_t samples = 1;
  GenerateOptions generate = {.max_new_tokens = 500};
  Precision precision = Precision::float32;
  bool no_cache = false, show_probabilities = false, verbose = false;
};

// What every text begins with: the token before a document, or what the tokenizer's files say,
// such as a Llama's <s>.
std::vector<int32_t> first_tokens(const GPTConfig& config, const Tokenizer& tokenizer) {
  if (config.document_token >= 0) return {config.document_token};
  return tokenizer.frame().before;
}

// Every prompt as often as it is to be continued.
std::vector<std::string> beginnings(const GenerateArguments& o, bool has_first_token) {
  std::vector<std::string> prompts = o.prompts;
  if (!o.prompts_file.empty()) prompts = read_text_lines(o.prompts_file);
  if (prompts.empty()) prompts.push_back(has_first_token ? "" : "\n");
  std::vector<std::string> texts;
  for (const std::string& prompt : prompts) {
    texts.insert(texts.end(), static_cast<size_t>(o.samples), prompt);
  }
  return texts;
}

// `first` stands before every text.
std::vector<std::vector<int32_t>> encoded(const std::vector<std::string>& texts,
                                          const Tokenizer& tokenizer,
                                          const std::vector<int32_t>& first) {
  std::vector<std::vector<int32_t>> prompts;
  for (const std::string& text : texts) {
    std::vector<int32_t> ids = first;
    const std::vector<int32_t> rest = tokenizer.encode(text);
    ids.insert(ids.end(), rest.begin(), rest.end());
    check_value(!ids.empty(), "generate: the prompt is empty");
    prompts.push_back(std::move(ids));
  }
  return prompts;
}

void report_speed(int64_t tokens, double seconds) {
  fmt::print(stderr, "{} tokens, {:.1f} tokens/s\n", tokens, static_cast<double>(tokens) / seconds);
}

void generate_command(const GenerateArguments& o) {
  or_usage_error("generate", [&] {
    o.generate.sampling.check();
    TextStream stream(o.stops);
  });
  check_model_kind("generate", o.model, {ModelKind::gpt});
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const GPT model = load_gpt(o.model);
  check_value(tokenizer.vocab_size() <= model.config.vocab_size,
              "generate: the tokenizer has {} tokens, the model {}", tokenizer.vocab_size(),
              model.config.vocab_size);
  const std::vector<int32_t> first = first_tokens(model.config, tokenizer);
  const std::vector<std::string> texts = beginnings(o, !first.empty());
  const auto prompts = encoded(texts, tokenizer, first);

  WrittenTexts written(texts, o.stops, o.show_probabilities, tokenizer);
  GenerateOptions options = o.generate;
  options.use_cache = !o.no_cache;
  options.stop_token = tokenizer.end_of_text_id().value_or(-1);
  options.on_token = [&](const NewToken& token) {
    const bool goes_on = written.add(token);
    return goes_on && stop_signal() == 0 && std::ferror(stdout) == 0;
  };
  watch_signals();
  const PrecisionMode mode(o.precision);
  const auto start = std::chrono::steady_clock::now();
  generate(model, prompts, options);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  written.finish();
  if (o.verbose || isatty(STDERR_FILENO) != 0) report_speed(written.tokens(), taken.count());
  if (stop_signal() != 0) throw Exit{128 + stop_signal()};
}

void add_sampling(CLI::App& command, SamplingOptions& sampling) {
  command
      .add_option("--temperature", sampling.temperature,
                  "Divides the logits; 0 always takes the most likely token")
      ->check(Between(0.0, 1e6))
      ->capture_default_str();
  command.add_option("--top-k", sampling.top_k, "Only the k most likely tokens; 0 means all")
      ->check(Between(int64_t{0}, int64_t{1} << 31))
      ->capture_default_str();
  command
      .add_option("--top-p", sampling.top_p,
                  "Only the most likely tokens of this total probability")
      ->check(Between(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--min-p", sampling.min_p,
                  "Only tokens at least this likely, relative to the most likely one")
      ->check(Between(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--repetition-penalty", sampling.repetition_penalty,
                  "Divides the logits of tokens that are in the text already (1.2, say), or "
                  "multiplies them if negative")
      ->capture_default_str();
}

}  // namespace

void add_generate(CLI::App& program) {
  auto o = std::make_shared<GenerateArguments>();
  CLI::App* command = program.add_subcommand("generate", "Text from a model");
  command->add_option("--model", o->model, "Model directory")->required();
  command
      ->add_option("--prompt", o->prompts,
                   "What the text begins with (default: nothing, or a new line); may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--prompts", o->prompts_file,
                   "File with a prompt per line, or - for standard input")
      ->excludes("--prompt");
  command->add_option("--samples", o->samples, "Texts for each prompt, written together")
      ->check(Between(1, 10000))
      ->capture_default_str();
  command->add_option("--max-new-tokens", o->generate.max_new_tokens, "Tokens to write")
      ->check(Between(int64_t{0}, int64_t{1} << 40))
      ->capture_default_str();
  add_sampling(*command, o->generate.sampling);
  command
      ->add_option("--stop", o->stops,
                   "Text that ends what is written and is not part of it; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--seed", o->generate.seed, "Of the first text; the next has the next number")
      ->capture_default_str();
  add_generation_precision(*command, [o](Precision p) { o->precision = p; });
  command->add_flag("--show-probabilities", o->show_probabilities,
                    "A line per token: its probability before any of the options above, and the "
                    "most likely tokens");
  command->add_flag("--no-cache", o->no_cache,
                    "Compute all keys and values afresh for every token");
  command->add_flag("--verbose", o->verbose, "Say how fast it was, also if nobody watches");
  command->callback([o] { generate_command(*o); });
}

}  // namespace gradus
