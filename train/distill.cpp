// gradus distill: its command line.

#include "nn/distillation.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/distill_bert.h"
#include "train/run_command.h"
#include "train/settings.h"

namespace gradus {
namespace {

struct DistillArguments {
  std::string teacher;
  int64_t layers = 0;
  Settings<DistillOptions> settings;
  DistillRequest request;
};

void add_distill_settings(CLI::App& command, Settings<DistillOptions>& settings) {
  using O = DistillOptions;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--temperature", [](O& o) -> auto& { return o.temperature; },
      "Divides the logits of both before they are compared (default: 2)");
  add("--alpha-kl", [](O& o) -> auto& { return o.soft_weight; },
      "Weight of what the teacher says of every token (default: 5)");
  add("--alpha-mlm", [](O& o) -> auto& { return o.masked_weight; },
      "Weight of the masked tokens (default: 2)");
  add("--alpha-cos", [](O& o) -> auto& { return o.cosine_weight; },
      "Weight of the direction of the hidden states (default: 1)");
  add("--dropout", [](O& o) -> auto& { return o.model.dropout; },
      "Probability of dropping a number (default: the teacher's)");
  add("--sequence-length", [](O& o) -> auto& { return o.sequence_length; },
      "Tokens of a sequence, [CLS] and [SEP] included");
  add("--mask-probability", [](O& o) -> auto& { return o.masking.probability; },
      "Share of tokens that are masked");
  // clang-format on
  add_run_settings(command, settings);
}

void read_distill_settings(const CLI::App& command, DistillArguments& a) {
  DistillOptions options = distill_options_for_teacher(a.teacher);
  options.data = a.request.options.data;
  or_usage_error("distill", [&] {
    const int64_t most = options.model.n_layer;
    options.model.n_layer = a.layers != 0 ? a.layers : (most + 1) / 2;
    layers_to_keep(most, options.model.n_layer);  // throws if they are not there
    const int64_t usual_steps = options.steps;
    a.settings.apply(options);
    scale_warmup(command, usual_steps, options);
  });
  a.request.options = options;
}

void distill_command(const CLI::App& command, DistillArguments& a) {
  const RunRequest& run = a.request.run;
  check_run_command(command, run, {"--teacher", "--data"});
  if (!run.resume) read_distill_settings(command, a);
  distill_bert(a.request);
  exit_if_stopped("distill", run);
}

}  // namespace

void add_distill(CLI::App& program) {
  CLI::App* command = program.add_subcommand("distill", "A smaller BERT that learns from a larger");
  auto a = std::make_shared<DistillArguments>();
  CLI::Option* teacher = command->add_option("--teacher", a->teacher,
                                             "Model directory: a BERT with its head for masked "
                                             "tokens");
  command->add_option("--data", a->request.options.data,
                      "Text: a file, a folder, or - for standard input; or builtin, stories whose "
                      "entropy is known");
  CLI::Option* layers = command
                            ->add_option("--layers", a->layers,
                                         "Of the student, spread evenly over the teacher's "
                                         "(default: half of them)")
                            ->check(Between(int64_t{1}, int64_t{10000}));
  add_run_options(*command, a->request.run, {teacher, layers},
                  "Time to take; the number of steps follows the clock");
  add_distill_settings(*command, a->settings);
  command->callback([=] { distill_command(*command, *a); });
}

}  // namespace gradus
