#include "train/pretrain_gpt.h"

#include <nlohmann/json.hpp>

#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/causal_objective.h"
#include "train/plan.h"
#include "train/report.h"
#include "train/signals.h"
#include "train/trainer.h"

namespace gradus {
namespace {

// What the corpus decides about the model: how many tokens there are, and which begins a document.
// Weights that are given have a vocabulary already.
void fit_to_corpus(TrainingOptions& options, const TrainingCorpus& corpus) {
  GPTConfig& model = options.model;
  const int64_t tokens = corpus.tokenizer.vocab_size();
  if (options.init.empty()) model.vocab_size = tokens;
  check_value(tokens <= model.vocab_size, "pretrain: the tokenizer has {} tokens, the model {}",
              tokens, model.vocab_size);
  if (corpus.separator) model.document_token = *corpus.separator;
}

void train(const PretrainRequest& request, const TrainingOptions& options,
           const TrainingCorpus& corpus, RunFolder& folder, const Deadline& end = {}) {
  manual_seed(options.seed);
  CausalObjective objective(options, corpus);
  Trainer trainer(options, {corpus.digest, corpus.tokenizer.digest()}, objective, folder);
  const bool goes_on = trainer.restore();
  if (!goes_on && !options.init.empty()) copy_weights(load_gpt2(options.init), objective.model());
  const Baselines lines = baselines(corpus.train, corpus.val, options.model.vocab_size);
  save_reference_lines({lines, corpus.floor, static_cast<int64_t>(corpus.train.size())},
                       folder.path());
  trainer.keep_to(end);
  trainer.train(request.run.stop_after, request.run.quiet);
  if (!request.run.quiet) say_verdict(folder.path());
}

void resume(const PretrainRequest& request) {
  RunFolder folder(request.run.folder, false);
  TrainingOptions options =
      stored_settings("pretrain gpt", folder, request.options.data, training_options_from);
  options.model = load_gpt2_config(folder.path());
  const TrainingCorpus corpus = read_training_corpus(options, Tokenizer::load(folder.path()));
  check_memory(count_parameters(options.model));
  train(request, options, corpus, folder);
}

// The shapes to choose from, without those whose context is a large part of the text.
std::vector<TrainingOptions> candidates(const PretrainRequest& request,
                                        const TrainingCorpus& corpus) {
  if (request.ladder.empty()) return {request.options};
  std::vector<TrainingOptions> all;
  for (const TrainingOptions& rung : request.ladder) {
    const bool fits = rung.model.block_size < static_cast<int64_t>(corpus.train.size()) / 10;
    if (fits || all.empty()) all.push_back(rung);
  }
  return all;
}

void begin(const PretrainRequest& request) {
  const Deadline end = request.run.end();
  TrainingOptions options = request.options;
  options.check();
  options.model.checked();
  if (!request.run.dry_run) RunFolder::check_unused(request.run.folder);
  const bool has_tokenizer = !options.init.empty();
  const TrainingCorpus corpus = read_training_corpus(
      options, has_tokenizer ? std::optional(Tokenizer::load(options.init)) : std::nullopt);
  fit_to_corpus(options, corpus);
  if (end) {
    const std::chrono::duration<double> left = *end - Trainer::Clock::now();
    if (!request.run.quiet) fmt::print(stderr, "a few steps to see how fast this machine is ...\n");
    std::vector<TrainingOptions> shapes = candidates(request, corpus);
    for (TrainingOptions& shape : shapes) fit_to_corpus(shape, corpus);
    const Plan plan = plan_for(left.count(), shapes, corpus);
    if (!request.run.quiet) fmt::print(stderr, "{}", to_text(plan));
    options = plan.options;
  }
  check_memory(count_parameters(options.model));
  if (request.run.dry_run) {
    const Trial trial = try_out(options, corpus, 1);
    fmt::print("{}", cost_in_words(shape_in_words(options.model), options, trial));
    return;
  }
  RunFolder folder(request.run.folder, true);
  options.make_data_absolute();
  corpus.tokenizer.save(folder.path());
  save_gpt2_config(options.model, folder.path());
  folder.save_settings(to_json(options));
  train(request, options, corpus, folder, end);
}

}  // namespace

void pretrain_gpt(const PretrainRequest& request) {
  survive_failed_writes();
  request.run.resume ? resume(request) : begin(request);
}

}  // namespace gradus
