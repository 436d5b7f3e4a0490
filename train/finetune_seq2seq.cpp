// gradus finetune seq2seq: its command line, and the figures of what it has made.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/run_command.h"
#include "train/seq2seq_command.h"
#include "train/signals.h"
#include "train/text_to_text.h"

namespace gradus {
namespace {

struct FinetuneSeq2SeqArguments {
  std::string preset = "t5-tiny", model;
  bool scratch = false, json = false;
  Settings<Seq2SeqOptions> settings;
  Seq2SeqRequest request;
};

// Writes a target for every held-out source; the figures go into metrics.json and are printed.
void measure_pairs(const FinetuneSeq2SeqArguments& a, const Seq2SeqObjective& trained,
                   const Seq2SeqOptions& o, BeamOptions beams,
                   const std::filesystem::path& folder) {
  const Seq2SeqData& data = trained.data();
  if (beams.max_new_tokens == 0) beams.max_new_tokens = o.target_length;
  const TextWriter writer(trained.model(), data.tokenizer, {.source_length = o.source_length});
  const PairScore score = score_pairs(writer, data.dev, data.train, beams, a.request.run.quiet);
  nlohmann::ordered_json object{{"dev", to_json(score)},
                                {"examples", {{"train", data.train.size()}, {"dev", score.pairs}}},
                                {"notes", data.notes},
                                {"settings", to_json(o)}};
  write_file_atomically(folder / "metrics.json", object.dump(2) + "\n");
  if (a.json) {
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("{} pairs to learn from, {} to measure on (dev)\n\n{}", data.train.size(),
               score.pairs, to_text(score, "dev"));
  }
}

void finetune_seq2seq_command(const CLI::App& command, FinetuneSeq2SeqArguments& a) {
  const RunRequest& run = a.request.run;
  check_run_command(command, run, {"--train"});
  a.request.options.task = Seq2SeqTask::pairs;
  if (!run.resume) {
    if (a.scratch == !a.model.empty())
      throw CLI::ValidationError("finetune seq2seq", "give one of --model and --scratch");
    or_usage_error("finetune seq2seq", [&] {
      a.request.options =
          seq2seq_options_after(command, a.preset, a.model, a.settings, a.request.options);
    });
  }
  const BeamOptions asked = a.request.options.beams;
  train_seq2seq(a.request, [&](const Seq2SeqObjective& trained, const Seq2SeqOptions& o,
                               const std::filesystem::path& folder) {
    measure_pairs(a, trained, o, beams_after(command, asked, o.beams), folder);
  });
  exit_if_stopped("finetune seq2seq", run);
}

// What a run begins with.
std::vector<CLI::Option*> add_seq2seq_beginnings(CLI::App& command, FinetuneSeq2SeqArguments& a) {
  CLI::Option* preset =
      command.add_option("--preset", a.preset, seq2seq_presets_in_words())->capture_default_str();
  CLI::Option* model =
      command.add_option("--model", a.model, "Directory of a pre-trained encoder-decoder")
          ->check(CLI::ExistingDirectory)
          ->excludes(preset);
  CLI::Option* scratch =
      command.add_flag("--scratch", a.scratch, "Random weights in the shape of --preset");
  CLI::Option* dev = command.add_option(
      "--dev", a.request.options.dev,
      "Pairs to be measured on (default: a tenth of --train, held out; or builtin's)");
  return {preset, model, scratch, dev};
}

}  // namespace

void add_finetune_seq2seq(CLI::App& finetune) {
  CLI::App* command =
      finetune.add_subcommand("seq2seq", "Text to text: sources, and targets to write for them");
  auto a = std::make_shared<FinetuneSeq2SeqArguments>();
  command->add_option("--train", a->request.options.data,
                      "Table (TSV or CSV) of sources and targets; or builtin:summary (the same as "
                      "builtin), builtin:names, builtin:question, builtin:answer");
  add_run_options(*command, a->request.run, add_seq2seq_beginnings(*command, *a),
                  "Time to learn; the number of steps follows the clock");
  add_beam_options(*command, a->request.options.beams,
                   "Of a text at the end (default: --target-length)");
  command->add_flag("--json", a->json, "All figures as one JSON object");
  add_seq2seq_settings(*command, a->settings);
  a->settings.add(
      *command, "--target-length", [](Seq2SeqOptions & o) -> auto& { return o.target_length; },
      "Tokens of a target, its end included");
  command->callback([=] { finetune_seq2seq_command(*command, *a); });
}

}  // namespace gradus
