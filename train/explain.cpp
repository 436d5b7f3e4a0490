// gradus explain: one small forward and backward pass, step by step.

#include "data/file.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/stepper.h"

namespace gradus {
namespace {

struct ExplainArguments {
  std::string subject = "attention", html;
};

void explain_command(const ExplainArguments& o) {
  const Walkable subject = walkable(o.subject);
  const std::vector<WalkStep> steps = walk(subject);
  if (o.html.empty()) {
    fmt::print("{}", to_text(subject, steps));
  } else {
    write_file_atomically(o.html, to_html(subject, steps));
    fmt::print(stderr, "{}: {} values, to be opened in a browser\n", o.html, steps.size());
  }
}

}  // namespace

void add_explain(CLI::App& program) {
  auto o = std::make_shared<ExplainArguments>();
  CLI::App* command = program.add_subcommand(
      "explain", "One small forward and backward pass, every value, formula and gradient");
  command->add_option("subject", o->subject, "neuron, classifier, attention or gpt")
      ->check(CLI::IsMember(walkable_names()))
      ->capture_default_str();
  command->add_option("--html", o->html, "Page to write; without it, text on standard output");
  command->callback([o] { explain_command(*o); });
}

}  // namespace gradus
