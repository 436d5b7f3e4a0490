// gradus demo: a small GPT learns to tell stories and a small BERT to read them, with words on what
// happens.

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "data/ngram.h"
#include "data/stories/corpus.h"
#include "nn/generate.h"
#include "nn/pretrained/gpt2.h"
#include "train/commands.h"
#include "train/demo_bert.h"
#include "train/metrics.h"
#include "train/pretrain_gpt.h"
#include "train/signals.h"
#include "train/terminal.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

struct DemoArguments {
  std::string out = "build/demo/run";
  double minutes = 3.6;  // half of it for each model
  int64_t steps = 0;     // instead of minutes
  uint64_t seed = 1337;
};

// A story that may begin with words of the user's.
std::string write_story(const GPT& model, const Tokenizer& tokenizer, int32_t separator,
                        const std::string& beginning, uint64_t seed) {
  std::vector<int32_t> prompt = tokenizer.encode(beginning);
  prompt.insert(prompt.begin(), separator);
  const std::vector<int32_t> ids =
      generate(model, prompt,
               {.max_new_tokens = model.config.block_size, .seed = seed, .stop_token = separator});
  return beginning + tokenizer.decode(ids);
}

void introduce() {
  print_paragraph(
      "A GPT with 600,000 parameters is going to learn from 60,000 little stories such as");
  print_paragraph(stories::tell(stories::builtin(), 3, 1).text, 2);
  print_paragraph(
      "It knows nothing: not a word, not that words make sentences. All it ever does is to guess "
      "the next token and to be corrected. Its loss is the mean surprise, in nats per token. The "
      "program that wrote the stories knows every choice it made, so it knows how much of the "
      "surprise is pure chance. That is the floor, and no model can go below it.");
}

void explain_loss(double loss, const Baselines& lines, double floor) {
  fmt::print(
      "\n{:.3f}  guessing among all tokens\n{:.3f}  knowing how often each token occurs\n"
      "{:.3f}  knowing which token follows which\n{:.3f}  this model, on stories it has never "
      "seen\n"
      "{:.3f}  the floor; the model is {:.1f} % above it\n\n",
      lines.uniform, lines.unigram, lines.bigram, loss, floor, 100 * (loss / floor - 1));
}

// How many of its stories the grammar of the corpus could have told.
void tell_stories(const GPT& model, const TrainingCorpus& corpus, uint64_t seed) {
  constexpr int shown = 3, tried = 50;
  int sound = 0;
  for (int i = 0; i < tried && stop_signal() == 0; ++i) {
    const std::string story = write_story(model, corpus.tokenizer, *corpus.separator, "",
                                          seed + static_cast<uint64_t>(i));
    sound += stories::parse(stories::builtin(), story) ? 1 : 0;
    if (i < shown) print_paragraph(story, 2);
  }
  fmt::print("Of {} stories it wrote, {} are ones that the grammar itself could have told.\n",
             tried, sound);
}

// Until an empty line or the end of the input.
void write_together(const GPT& model, const TrainingCorpus& corpus, uint64_t seed) {
  fmt::print(
      "\nYour turn: begin a story (\"Ada\", \"One foggy Tuesday\") and it goes on.\n"
      "An empty line ends.\n");
  for (std::string line; stop_signal() == 0;) {
    fmt::print("> ");
    std::fflush(stdout);
    if (!std::getline(std::cin, line) || line.empty()) break;
    print_paragraph(write_story(model, corpus.tokenizer, *corpus.separator, line, ++seed));
  }
}

// The nano preset with what suits stories in so short a time: two layers, which learn to bring
// names back as soon as four do and take half as long; weights that begin larger than those of
// GPT-2, which is wider; a learning rate that does not depend on the length of the run for most of
// it.
TrainingOptions recipe(const DemoArguments& o) {
  TrainingOptions options = TrainingOptions::from(find_preset("nano"));
  options.data = builtin_data;
  options.model.n_layer = 2;
  options.model.init_std = real(0.08);
  options.steps = o.steps > 0 ? o.steps : 1000;  // a number that the clock corrects
  options.schedule = {.decay = Decay::linear,
                      .lr = real(3e-3),
                      .min_lr = real(2e-5),
                      .warmup_steps = std::min<int64_t>(100, options.steps / 10),
                      .decay_start = options.steps * 6 / 10,
                      .decay_steps = options.steps};
  options.eval_interval = options.sample_interval = std::max<int64_t>(1, options.steps / 10);
  options.eval_batches = 20;
  options.seed = o.seed;
  return options;
}

void demo_command(const DemoArguments& o) {
  introduce();
  std::fflush(stdout);
  pretrain_gpt(
      {.run = {.folder = o.out, .minutes = o.steps > 0 ? 0 : o.minutes / 2}, .options = recipe(o)});
  if (stop_signal() != 0) throw Exit{128 + stop_signal()};

  const TrainingCorpus corpus = builtin_corpus(Tokenizer::load(o.out));
  const GPT model = load_gpt2(o.out);
  const double loss = *read_metrics(std::filesystem::path(o.out) / "metrics.jsonl").back().val_loss;
  explain_loss(loss, baselines(corpus.train, corpus.val, model.config.vocab_size), *corpus.floor);
  tell_stories(model, corpus, o.seed);
  fmt::print("\nThe curves, and what it wrote on the way: {}\n",
             (std::filesystem::path(o.out) / "report.html").string());
  if (isatty(STDIN_FILENO) != 0) write_together(model, corpus, o.seed);
  fmt::print("\n");
  demo_bert({.out = o.out + "-bert", .minutes = o.minutes / 2, .steps = o.steps, .seed = o.seed});
  if (stop_signal() != 0) throw Exit{128 + stop_signal()};
}

}  // namespace

void add_demo(CLI::App& program) {
  auto o = std::make_shared<DemoArguments>();
  CLI::App* command = program.add_subcommand(
      "demo", "A small GPT learns to tell stories, a small BERT to read them");
  command->add_option("--out", o->out, "Run folder to make; BERT's has \"-bert\" behind its name")
      ->capture_default_str();
  command->add_option("--minutes", o->minutes, "Time to train")
      ->check(Between(0.1, 1e6))
      ->capture_default_str();
  command->add_option("--steps", o->steps, "Optimizer steps of each model, instead of a time")
      ->check(Between(int64_t{1}, int64_t{1} << 40));
  command->add_option("--seed", o->seed, "Random seed")->capture_default_str();
  command->callback([o] { demo_command(*o); });
}

}  // namespace gradus
