// gradus pretrain bert: its command line.

#include <filesystem>

#include "nn/pretrained/bert.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/model_kind.h"
#include "train/pretrain_bert.h"
#include "train/run_command.h"
#include "train/settings.h"

namespace gradus {
namespace {

struct BERTArguments {
  std::string preset = "tiny", init, mode;
  Settings<BERTOptions> settings;
  BERTRequest request;
};

void add_bert_settings(CLI::App& command, Settings<BERTOptions>& settings) {
  add_shape_settings(command, settings, "Positions of the model");
  add_block_settings(command, settings);
  using O = BERTOptions;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--sequence-length", [](O& o) -> auto& { return o.sequence_length; },
      "Tokens of a pair of segments, [CLS] and [SEP] included");
  add("--short-steps", [](O& o) -> auto& { return o.short_steps; },
      "First steps, on short rows of full sentences without pairs (default: 0)");
  add("--short-length", [](O& o) -> auto& { return o.short_length; },
      "Tokens of a short row (default: 24)");
  add("--mask-probability", [](O& o) -> auto& { return o.masking.probability; },
      "Share of tokens that are predicted");
  add("--mask-share", [](O& o) -> auto& { return o.masking.mask_share; },
      "Of these, how many stand behind [MASK] (default: 0.8)");
  add("--random-share", [](O& o) -> auto& { return o.masking.random_share; },
      "And how many behind a random token (default: 0.1); the rest are in plain sight");
  add("--whole-word", [](O& o) -> auto& { return o.masking.whole_word; },
      "Mask words whole: true or false");
  add("--next-sentence", [](O& o) -> auto& { return o.next_sentence; },
      "Pairs and next-sentence prediction: true, or false for packed full sentences");
  add("--nsp-weight", [](O& o) -> auto& { return o.next_weight; },
      "Of the loss of next sentences beside that of masked tokens (default: 1)");
  add("--dynamic-masking", [](O& o) -> auto& { return o.dynamic; },
      "Other masks at every visit: true, or false for as many as --duplicates");
  add("--duplicates", [](O& o) -> auto& { return o.duplicates; }, "Of every text with static masks");
  add("--tokenizer", [](O& o) -> auto& { return o.tokenizer; },
      "wordpiece or word, learned from the text, or a folder with a vocab.txt (default: wordpiece; for builtin word)")
      ->check([](const std::string& name) {
        const bool known = name == "wordpiece" || name == "word" || std::filesystem::is_directory(name);
        return known ? "" : name + " is neither wordpiece nor word nor a folder";
      });
  add("--vocab-size", [](O& o) -> auto& { return o.vocab_size; },
      "Most tokens of a tokenizer that is learned (default: 8192)");
  add("--lowercase", [](O& o) -> auto& { return o.lowercase; },
      "Whether a learned vocabulary drops case: true or false");
  add("--keep-accents", [](O& o) -> auto& { return o.keep_accents; },
      "Whether it keeps accents and tone marks, as Vietnamese needs: true or false");
  // clang-format on
  const std::map<std::string, WordPieceScore> scores{{"frequency", WordPieceScore::frequency},
                                                     {"likelihood", WordPieceScore::likelihood}};
  settings
      .add(
          command, "--merge-by", [](O & o) -> auto& { return o.merge_by; },
          "Which pairs a learned WordPiece vocabulary merges first: frequency or likelihood")
      ->transform(CLI::CheckedTransformer(scores).description(""));
  const std::map<std::string, DocumentFormat> formats{{"automatic", DocumentFormat::automatic},
                                                      {"lines", DocumentFormat::lines},
                                                      {"text", DocumentFormat::text},
                                                      {"wikitext", DocumentFormat::wikitext}};
  settings
      .add(
          command, "--format", [](O & o) -> auto& { return o.format; },
          "How the text shows documents and sentences: lines, text, wikitext or automatic")
      ->transform(CLI::CheckedTransformer(formats).description(""));
  add_run_settings(command, settings);
}

// RoBERTa (Liu et al. 2019): packed sentences, other masks every time, beta2 0.98.
void make_roberta(BERTOptions& options) {
  options.next_sentence = false;
  options.dynamic = true;
  options.beta2 = real(0.98);
}

void read_bert_settings(const CLI::App& command, BERTArguments& a) {
  BERTOptions options = bert_options_from(a.preset);
  if (!a.init.empty()) {
    check_model_kind("pretrain bert", a.init, {ModelKind::bert});
    options.model = load_bert_config(a.init);
    options.init = std::filesystem::absolute(a.init).string();
  }
  const BERTConfig given = options.model;
  options.data = a.request.options.data;
  if (a.mode == "roberta") make_roberta(options);
  if (a.mode == "bert") options.next_sentence = true;
  const int64_t preset_steps = options.steps;
  a.settings.apply(options);
  scale_warmup(command, preset_steps, options);
  check_value(
      options.short_steps == 0 || a.request.run.minutes > 0 || options.short_steps < options.steps,
      "--short-steps {} leaves none of the {} steps for whole rows", options.short_steps,
      options.steps);
  if (!a.init.empty()) {
    BERTConfig same = options.model;
    same.dropout = given.dropout;
    check_value(same == given && options.tokenizer.empty(),
                "--init decides the shape of the model and its tokenizer; give no other");
  }
  a.request.options = options;
}

void pretrain_bert_command(const CLI::App& command, BERTArguments& a) {
  const RunRequest& run = a.request.run;
  check_run_command(command, run, {"--data"});
  if (!run.resume) or_usage_error("pretrain bert", [&] { read_bert_settings(command, a); });
  pretrain_bert(a.request);
  exit_if_stopped("pretrain bert", run);
}

}  // namespace

void add_pretrain_bert(CLI::App& pretrain) {
  CLI::App* command = pretrain.add_subcommand("bert", "A BERT on masked tokens and next sentences");
  auto a = std::make_shared<BERTArguments>();
  command->add_option("--data", a->request.options.data,
                      "Text: a file, a folder, or - for standard input; or builtin, stories whose "
                      "entropy is known");
  command
      ->add_option("--mode", a->mode, "bert, or roberta: no next sentence, other masks each time")
      ->check(CLI::IsMember({"bert", "roberta"}));
  add_run_options(*command, a->request.run,
                  add_beginnings(*command, a->preset, a->init,
                                 fmt::format("{}", fmt::join(bert_preset_names(), ", ")).c_str()),
                  "Time to take; the number of steps follows the clock");
  add_bert_settings(*command, a->settings);
  command->callback([=] { pretrain_bert_command(*command, *a); });
}

}  // namespace gradus
