// gradus evaluate: the loss of a model on a text.

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numbers>

#include "data/batches.h"
#include "data/corpus.h"
#include "data/json.h"
#include "data/tokenizer.h"
#include "nn/ablation.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/gpt.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/bert_options.h"
#include "train/commands.h"
#include "train/evaluate_seq2seq.h"
#include "train/evaluation.h"
#include "train/masked_objective.h"
#include "train/progress.h"
#include "train/seq2seq_command.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

struct EvaluateArguments {
  std::string model, data, split;
  std::vector<std::string> ablations;         // PATTERN=zero|mean|random
  BeamOptions beams = {.max_new_tokens = 0};  // 0: as the model was taught
  bool writes = false;                        // whether the command line speaks of beams
  int64_t batch_size = 16;
  bool json = false;
};

// What is measured: ids, and the bytes that all but the first of them stand for.
struct Measured {
  TokenView ids;
  double bytes;
  std::optional<int32_t> separator = {};
  std::optional<double> floor = {};
};

Measured read_measured(const EvaluateArguments& o, const Tokenizer& tokenizer) {
  if (o.data == builtin_data) {
    const TrainingCorpus corpus = builtin_corpus(tokenizer);
    const TokenView& ids = o.split == "train" ? corpus.train : corpus.val;
    std::vector<int32_t> all(ids.size());
    ids.copy(0, all);
    const double bytes = static_cast<double>(tokenizer.decode(std::span(all).subspan(1)).size());
    return {ids, bytes, corpus.separator, o.split == "train" ? std::nullopt : corpus.floor};
  }
  const std::string text = read_corpus(o.data);
  const Split<std::string_view> parts = train_val_split(text);
  const std::string_view part = o.split == "train" ? parts.train
                                : o.split == "val" ? parts.val
                                                   : text;
  std::vector<int32_t> ids = tokenizer.encode(part);
  const std::vector<int32_t> before = tokenizer.frame().before;  // such as a Llama's <s>
  // The first token is given, all others are predicted.
  const size_t given = before.empty() ? tokenizer.decode(std::span(ids).first(1)).size() : 0;
  ids.insert(ids.begin(), before.begin(), before.end());
  return {ids, static_cast<double>(part.size() - given)};
}

std::vector<AblationRule> rules_of(const EvaluateArguments& o) {
  std::vector<AblationRule> rules;
  or_usage_error("--ablate", [&] {
    for (const std::string& text : o.ablations) rules.push_back(ablation_from(text));
  });
  return rules;
}

// A run is measured as it was while it trained, another model as a new run would be.
MaskedTextOptions reading_of(const std::string& model) {
  const std::filesystem::path settings = std::filesystem::path(model) / "training.json";
  if (!std::filesystem::exists(settings)) return {};
  return masked_text_options_from(read_json(settings), settings.string());
}

// A BERT is measured on what it was pre-trained on: masked tokens and, if it knows them, pairs of
// segments.
void evaluate_bert(const EvaluateArguments& o, const std::vector<AblationRule>& rules) {
  if (!o.split.empty())
    throw CLI::ValidationError("--split", "a BERT is measured on the documents that are held out");
  const BERTForPreTraining model = load_bert(o.model);
  const WordPieceTokenizer tokenizer = WordPieceTokenizer::load(o.model);
  MaskedTextOptions options = reading_of(o.model);
  options.data = o.data;
  options.model = model.config();
  options.sequence_length = std::min<int64_t>(options.sequence_length, model.config().block_size);
  options.batch_size = o.batch_size;
  options.next_sentence = model.predicts_next_sentence();
  const PretrainingCorpus corpus = read_pretraining_corpus(options, tokenizer);
  const PretrainingBlocks blocks = corpus.validation(options);
  const MaskedBaselines lines =
      masked_baselines(corpus.train->ids, PretrainingVocabulary(tokenizer), blocks);
  const auto losses = [&] {
    Progress progress("batch", blocks.size(), 0, o.json);
    return measure(model, blocks, blocks.size(), 1,
                   [&](int64_t done) { progress.update(done, ""); });
  };
  Objective::Losses whole;  // before something was taken away
  if (!rules.empty()) whole = losses();
  const std::vector<std::string> ablated = ablate(model, model.config().block(), rules);
  const Objective::Losses result = losses();
  nlohmann::ordered_json report;
  for (const auto& [name, value] : result.measures) report[name] = value;
  for (const auto& [name, value] : whole.measures) report[name + "_before_ablation"] = value;
  if (!ablated.empty()) report["ablated"] = ablated;
  report["unigram_loss"] = lines.unigram_loss;
  report["unigram_accuracy"] = lines.unigram_accuracy;
  if (options.next_sentence) report["majority_next"] = lines.majority_next;
  if (o.json) {
    fmt::print("{}\n", report.dump());
    return;
  }
  const int width = rules.empty() ? 18 : 32;
  for (const auto& [name, value] : report.items()) {
    if (value.is_number()) fmt::print("{:<{}} {:.4f}\n", name, width, value.get<double>());
  }
}

// An encoder-decoder is measured on what it writes, or on a spoiled text.
void evaluate_texts(const EvaluateArguments& o) {
  check_value(o.ablations.empty() && o.split != "train",
              "evaluate: --ablate and --split train are not for encoder-decoders");
  evaluate_seq2seq({.model = o.model,
                    .data = o.data,
                    .beams = o.beams,
                    .held_out = o.split == "val",
                    .batch_size = o.batch_size,
                    .json = o.json});
}

Evaluation evaluate_with_progress(const GPT& model, const Measured& data,
                                  const EvaluateArguments& o) {
  const int64_t T = model.config.block_size;
  const EvaluationBlocks blocks(data.ids, o.batch_size, T, data.separator);
  Progress progress("batch", blocks.size(), 0, o.json);
  return evaluate(model, data.ids, o.batch_size, T, 0, data.separator,
                  [&](int64_t done, int64_t) { progress.update(done, ""); });
}

void evaluate_command(const EvaluateArguments& o) {
  const std::vector<AblationRule> rules = rules_of(o);
  if (is_encoder_decoder(model_type_of(o.model))) return evaluate_texts(o);
  check_value(!o.writes,
              "evaluate: --beams, --length-penalty and --max-new-tokens are for models that write "
              "targets for sources");
  check_value(
      !is_task_model(o.model),
      "evaluate: {} is fine-tuned; its metrics.json says how good it is, and gradus predict "
      "what it answers",
      o.model);
  if (is_bert(model_type_of(o.model))) return evaluate_bert(o, rules);
  const Tokenizer tokenizer = Tokenizer::load(o.model);
  const Measured data = read_measured(o, tokenizer);
  const GPT model = load_gpt(o.model);
  std::optional<double> whole;  // the loss before something was taken away
  if (!rules.empty()) whole = evaluate_with_progress(model, data, o).loss;
  const std::vector<std::string> ablated = ablate(model, model.config.block(), rules);
  const Evaluation result = evaluate_with_progress(model, data, o);
  check_value(std::isfinite(result.loss),
              "evaluate: the loss is {}; the weights of {} are not sound", result.loss, o.model);
  const double nats = result.loss * static_cast<double>(result.tokens);
  nlohmann::ordered_json report{{"loss", result.loss},
                                {"perplexity", std::exp(result.loss)},
                                {"bits_per_byte", nats / std::numbers::ln2 / data.bytes},
                                {"tokens", result.tokens}};
  if (data.floor) report["floor"] = *data.floor;
  if (whole) report["loss_before_ablation"] = *whole, report["ablated"] = ablated;
  if (o.json) {
    fmt::print("{}\n", report.dump());
  } else {
    fmt::print(
        "loss           {:.4f} nats per token\nperplexity     {:.3f}\nbits per byte  "
        "{:.4f}\ntokens         {}\n",
        result.loss, std::exp(result.loss), nats / std::numbers::ln2 / data.bytes, result.tokens);
    if (whole) {
      fmt::print("whole model    {:.4f} nats per token; without {} parts {:+.4f}\n", *whole,
                 ablated.size(), result.loss - *whole);
    }
    if (data.floor) {
      fmt::print("floor          {:.4f} nats per token; the model is {:.1f} % above\n", *data.floor,
                 100 * (result.loss / *data.floor - 1));
    }
  }
}

}  // namespace

void add_evaluate(CLI::App& program) {
  auto o = std::make_shared<EvaluateArguments>();
  CLI::App* command = program.add_subcommand(
      "evaluate",
      "Loss of a model on a text; of a BERT on the documents it holds out; what an encoder-decoder "
      "writes for sources");
  command->add_option("--model", o->model, "Model directory")->required();
  command
      ->add_option("--data", o->data,
                   "File, folder, - for standard input, or builtin; a table of pairs, "
                   "builtin:summary and the like for an encoder-decoder that learned pairs")
      ->required();
  command
      ->add_option("--split", o->split,
                   "train (the first 90 %) or val (the rest); default: the whole text, of the "
                   "built-in corpus its val")
      ->check(CLI::IsMember({"train", "val"}));
  command->add_option("--batch-size", o->batch_size, "Blocks, or sources of pairs, at a time")
      ->check(Between(1, 65536))
      ->capture_default_str();
  command->add_option("--ablate", o->ablations,
                      "PATTERN=zero, mean or random: takes the parameters of these names away "
                      "first, such as h.*.attn.q.weight=zero (q, k and v are parts of c_attn), "
                      "or h.0.attn.q[2]=zero for head 2 of them, counted from 0; may be repeated");
  add_beam_options(*command, o->beams,
                   "Of a text that is written (default: as many as its targets had at most)");
  command->add_flag("--json", o->json, "One JSON object: loss, perplexity, bits_per_byte, tokens");
  command->callback([o, command] {
    o->writes = command->count("--beams") + command->count("--length-penalty") +
                    command->count("--max-new-tokens") >
                0;
    evaluate_command(*o);
  });
}

}  // namespace gradus
