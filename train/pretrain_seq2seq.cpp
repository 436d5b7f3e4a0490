// gradus pretrain seq2seq: its command line.

#include "train/commands.h"
#include "train/run_command.h"
#include "train/seq2seq_command.h"

namespace gradus {
namespace {

struct PretrainSeq2SeqArguments {
  std::string preset = "t5-tiny", init;
  Settings<Seq2SeqOptions> settings;
  Seq2SeqRequest request;
};

void add_denoising_settings(CLI::App& command, Settings<Seq2SeqOptions>& settings) {
  using O = Seq2SeqOptions;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--noise-share", [](O& o) -> auto& { return o.share; },
      "Share of the tokens that are taken out (default: 0.15 in span corruption, 0.3 in infilling)")
      ->check(Between(1e-9, 1.0));
  add("--mean-span", [](O& o) -> auto& { return o.mean_span; }, "Tokens in a span (default: 3)");
  // clang-format on
}

void pretrain_seq2seq_command(const CLI::App& command, PretrainSeq2SeqArguments& a) {
  const RunRequest& run = a.request.run;
  check_run_command(command, run, {"--data"});
  if (!run.resume) {
    or_usage_error("pretrain seq2seq", [&] {
      a.request.options =
          seq2seq_options_after(command, a.preset, a.init, a.settings, a.request.options);
    });
  }
  train_seq2seq(a.request);
  exit_if_stopped("pretrain seq2seq", run);
}

}  // namespace

void add_pretrain_seq2seq(CLI::App& pretrain) {
  CLI::App* command = pretrain.add_subcommand(
      "seq2seq", "An encoder-decoder that restores what was taken out of a text");
  auto a = std::make_shared<PretrainSeq2SeqArguments>();
  command->add_option("--data", a->request.options.data,
                      "Text: a file, a folder, or - for standard input; or builtin");
  a->settings.add_choice(
      *command, "--objective", [](Seq2SeqOptions & o) -> auto& { return o.task; }, denoising_names,
      "span-corruption: write what was taken out (T5); text-infilling: write the whole text "
      "(BART)");
  add_run_options(*command, a->request.run,
                  add_beginnings(*command, a->preset, a->init, seq2seq_presets_in_words().c_str()),
                  "Time to take; the number of steps follows the clock");
  add_seq2seq_settings(*command, a->settings);
  add_denoising_settings(*command, a->settings);
  command->callback([=] { pretrain_seq2seq_command(*command, *a); });
}

}  // namespace gradus
