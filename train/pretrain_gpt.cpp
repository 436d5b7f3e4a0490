#include "train/pretrain_gpt.h"

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/causal_objective.h"
#include "train/plan.h"
#include "train/report.h"
#include "train/signals.h"
#include "train/trainer.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

// The settings that a run folder holds; the text may have moved since.
TrainingOptions settings_of(const std::string& run, const std::string& data) {
  const fs::path file = fs::path(run) / "training.json";
  TrainingOptions options = training_options_from(read_json(file), file.string());
  options.model = load_gpt2_config(run);
  if (!data.empty()) options.data = data;
  return options;
}

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

void write_settings(const TrainingOptions& options, const TrainingCorpus& corpus,
                    const RunFolder& folder) {
  corpus.tokenizer.save(folder.path());
  save_gpt2_config(options.model, folder.path());
  write_file_atomically(folder.settings_file(), to_json(options).dump(2) + "\n");
}

void train(const PretrainRequest& request, const TrainingOptions& options,
           const TrainingCorpus& corpus, RunFolder& folder,
           std::optional<Trainer::Clock::time_point> end = {}) {
  manual_seed(options.seed);
  CausalObjective objective(options, corpus);
  Trainer trainer(options, {corpus.digest, corpus.tokenizer.digest()}, objective, folder);
  if (folder.has_checkpoint()) {
    trainer.restore();
  } else {
    if (!options.init.empty()) copy_weights(load_gpt2(options.init), objective.model());
    folder.rewind_metrics(0);
  }
  const Baselines lines = baselines(corpus.train, corpus.val, options.model.vocab_size);
  save_reference_lines({lines, corpus.floor, static_cast<int64_t>(corpus.train.size())},
                       folder.path());
  watch_signals();
  if (end) trainer.keep_to(*end);
  trainer.train(request.stop_after, request.quiet);
}

void resume(const PretrainRequest& request) {
  RunFolder folder(request.folder, false);
  const TrainingOptions options = settings_of(request.folder, request.options.data);
  const TrainingCorpus corpus = read_training_corpus(options, Tokenizer::load(request.folder));
  check_memory(options.model);
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
  const Trainer::Clock::time_point start = Trainer::Clock::now();
  TrainingOptions options = request.options;
  options.check();
  options.model.checked();
  if (!request.dry_run) RunFolder::check_unused(request.folder);
  const bool has_tokenizer = !options.init.empty();
  const TrainingCorpus corpus = read_training_corpus(
      options, has_tokenizer ? std::optional(Tokenizer::load(options.init)) : std::nullopt);
  fit_to_corpus(options, corpus);
  std::optional<Trainer::Clock::time_point> end;
  if (request.minutes > 0) {
    end = start + std::chrono::nanoseconds(static_cast<int64_t>(60e9 * request.minutes));
    const std::chrono::duration<double> left = *end - Trainer::Clock::now();
    if (!request.quiet) fmt::print(stderr, "a few steps to see how fast this machine is ...\n");
    std::vector<TrainingOptions> shapes = candidates(request, corpus);
    for (TrainingOptions& shape : shapes) fit_to_corpus(shape, corpus);
    const Plan plan = plan_for(left.count(), shapes, corpus);
    if (!request.quiet) fmt::print(stderr, "{}", to_text(plan));
    options = plan.options;
  }
  check_memory(options.model);
  if (request.dry_run) {
    fmt::print("{}", to_text(options, try_out(options, corpus, 1)));
    return;
  }
  RunFolder folder(request.folder, true);
  if (options.data != "-" && !options.is_builtin()) options.data = fs::absolute(options.data);
  write_settings(options, corpus, folder);
  train(request, options, corpus, folder, end);
}

}  // namespace

void pretrain_gpt(const PretrainRequest& request) {
  survive_failed_writes();
  request.resume ? resume(request) : begin(request);
}

}  // namespace gradus
