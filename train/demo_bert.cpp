#include "train/demo_bert.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "autograd/mode.h"
#include "data/stories/corpus.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/finetune/fine_tune.h"
#include "train/finetune/session.h"
#include "train/finetune/task_data.h"
#include "train/predictor.h"
#include "train/pretrain_bert.h"
#include "train/progress.h"
#include "train/signals.h"
#include "train/terminal.h"

namespace gradus {
namespace {

constexpr int64_t few_labels = 100;

void introduce_bert() {
  print_paragraph(
      "Now a BERT of the same size. It sees a whole story at once, with some of its words hidden, "
      "and guesses them from both sides. And it judges whether the second half of a story "
      "belongs to the first. Nobody has labelled anything: text alone is enough.");
}

// Stories are short: sequences of 72 tokens hold one. More is hidden than BERT's 15 %, weights
// begin larger than those of wider models, there are four heads, Adam forgets sooner, and the
// pairs, of which a batch has few, count less: each learns faster here (docs/results.md).
BERTOptions demo_recipe(const BERTDemo& demo) {
  BERTOptions options = bert_options_from("tiny");
  options.data = builtin_data;
  options.model.block_size = 128;
  options.model.n_head = 4;
  options.model.init_std = real(0.08);
  options.sequence_length = 72;
  options.beta2 = real(0.98);
  options.next_weight = real(0.2);
  options.masking.probability = 0.3;
  options.steps = demo.steps > 0 ? demo.steps : 1000;  // a number that the clock corrects
  options.schedule = {.decay = Decay::linear,
                      .lr = real(2e-3),
                      .min_lr = real(2e-5),
                      .warmup_steps = std::min<int64_t>(100, options.steps / 10),
                      .decay_start = options.steps / 2,
                      .decay_steps = options.steps};
  options.eval_interval = options.sample_interval = std::max<int64_t>(1, options.steps / 5);
  options.seed = demo.seed;
  return options;
}

// What is learned from a few sentences with their names marked, and measured on a thousand others.
struct Classroom {
  std::filesystem::path pretrained;
  uint64_t seed;
  Tokenizer tokenizer = Tokenizer::load(pretrained);
  TaskData train =
      read_task_data(TaskName::ner, builtin_task, Part::train).sample(few_labels, seed);
  TaskData test = read_task_data(TaskName::ner, builtin_task, Part::test);
  TaskConfig task = task_of(train, TaskKind::tagging, real(0.1));
  std::unique_ptr<Examples> lessons = examples(train), exam = examples(test);

  std::unique_ptr<Examples> examples(const TaskData& data) const {
    return make_examples(data, task, tokenizer, reading_options(TaskName::ner, 128, 0, 0));
  }
  /// A fine-tuned model, or one from scratch, and its F1 on the names of the test.
  std::pair<TaskModel, double> taught(bool scratch) const {
    manual_seed(seed);
    TaskModel model = begin_task_model(pretrained, task, scratch, {});
    FineTuneOptions options{
        .lr = default_lr(model.n_embd(), scratch, false), .evaluations = 1, .seed = seed};
    Progress progress(scratch ? "step from scratch" : "step", options.steps_for(lessons->size()));
    const FineTuned result =
        fine_tune(model, *lessons, *exam, options, [&](const FineTuneStep& now) {
          progress.update(now.step, fmt::format("loss {:.3f}", now.loss));
        });
    return {std::move(model), result.dev.main()};
  }
};

void find_names_together(const std::string& model) {
  const Predictor predictor(model);
  const std::string story = stories::tell(stories::builtin(), 7, 1).text;
  fmt::print("For instance:\n\n");
  print_paragraph(predictor.line(story).line, 2);
  if (isatty(STDIN_FILENO) == 0) return;
  fmt::print(
      "Your turn: tell it something (\"ada lost her kite in pebbleton\").\n"
      "An empty line ends.\n");
  for (std::string line; stop_signal() == 0;) {
    fmt::print("> ");
    std::fflush(stdout);
    if (!std::getline(std::cin, line) || line.find_first_not_of(" \t\r") == line.npos) break;
    try {
      fmt::print("  {}\n", predictor.line(line).line);
    } catch (const ValueError& error) {
      fmt::print("  {}\n", error.what());
    }
  }
}

}  // namespace

void demo_bert(const BERTDemo& demo) {
  introduce_bert();
  pretrain_bert({.run = {.folder = demo.out, .minutes = demo.steps > 0 ? 0 : demo.minutes},
                 .options = demo_recipe(demo)});
  if (stop_signal() != 0) return;
  fmt::print("\n");
  print_paragraph(
      fmt::format("Last, something that nobody has asked of it yet: which words are names, of "
                  "people (PER) and of places (LOC)? It gets one more linear layer and {} "
                  "sentences with their names marked. 1,000 others are the test; what counts is "
                  "F1, the balance of names found and names that are right.",
                  few_labels));
  const Classroom classroom{demo.out, demo.seed};
  const auto [tuned, right] = classroom.taught(false);
  const auto [fresh, right_from_scratch] = classroom.taught(true);
  for (const Baseline& b : baselines(classroom.task, classroom.train, *classroom.lessons,
                                     classroom.test, *classroom.exam, demo.seed)) {
    fmt::print("{:>5.1f} %  {}\n", 100 * b.score.main(), b.name);
  }
  fmt::print("{:>5.1f} %  the same network from scratch\n{:>5.1f} %  this model, pre-trained\n\n",
             100 * right_from_scratch, 100 * right);
  const std::string out = demo.out + "-names";
  std::filesystem::create_directories(out);
  save_task_model(tuned, out);
  classroom.tokenizer.save(out);
  find_names_together(out);
  fmt::print(
      "\nThe curves, and what it filled in: {}\n"
      "The model, to ask again: gradus predict --model {} --text \"...\"\n",
      (std::filesystem::path(demo.out) / "report.html").string(), out);
}

}  // namespace gradus
