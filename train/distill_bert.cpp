#include "train/distill_bert.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "data/tokenizer.h"
#include "nn/pretrained/bert.h"
#include "tensor/errors.h"
#include "train/bert_report.h"
#include "train/distill_comparison.h"
#include "train/signals.h"
#include "train/trainer.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

// Throws a sentence that says what the folder lacks.
void check_teacher(const std::string& directory) {
  const std::string type = model_type_of(directory);
  check<FileError>(type == "bert", "{}: only a BERT can be distilled, and this is a {}", directory,
                   type);
  check<FileError>(SafetensorsSet(directory).contains("cls.predictions.bias"),
                   "{}: this BERT has no head for masked tokens; distil the one that was "
                   "pre-trained",
                   directory);
}

BERTForPreTraining load_teacher(const std::string& directory) {
  check_teacher(directory);
  return load_bert(directory);
}

DistillOptions distill_settings_of(const std::string& run, const std::string& data) {
  const fs::path file = fs::path(run) / "training.json";
  DistillOptions options = distill_options_from(read_json(file), file.string());
  options.model = load_bert_config(run);
  if (!data.empty()) options.data = data;
  options.check();
  return options;
}

void train_student(const DistillRequest& request, const DistillOptions& options,
                   BERTForPreTraining teacher, const PretrainingCorpus& corpus, RunFolder& folder,
                   std::optional<Trainer::Clock::time_point> end = {}) {
  manual_seed(options.seed);
  DistillObjective objective(options, corpus, std::move(teacher));
  Trainer trainer(options, {corpus.digest, Tokenizer(corpus.tokenizer).digest()}, objective,
                  folder);
  if (folder.has_checkpoint()) {
    trainer.restore();
  } else {
    folder.rewind_metrics(0);
  }
  save_masked_lines(masked_lines(options, corpus), folder.path());
  watch_signals();
  if (end) trainer.keep_to(*end);
  trainer.train(request.stop_after, request.quiet);
  if (stop_signal() == 0 && request.stop_after == 0) fmt::print("{}", to_text(compare(objective)));
}

void resume_distillation(const DistillRequest& request) {
  RunFolder folder(request.folder, false);
  const DistillOptions options = distill_settings_of(request.folder, request.options.data);
  BERTForPreTraining teacher = load_teacher(options.teacher);
  const PretrainingCorpus corpus =
      read_pretraining_corpus(options, WordPieceTokenizer::load(request.folder));
  train_student(request, options, std::move(teacher), corpus, folder);
}

void begin_distillation(const DistillRequest& request) {
  const Trainer::Clock::time_point start = Trainer::Clock::now();
  DistillOptions options = request.options;
  options.check();
  RunFolder::check_unused(request.folder);
  BERTForPreTraining teacher = load_teacher(options.teacher);
  const PretrainingCorpus corpus =
      read_pretraining_corpus(options, WordPieceTokenizer::load(options.teacher));
  if (corpus.warning) fmt::print(stderr, "warning: {}\n", *corpus.warning);
  RunFolder folder(request.folder, true);
  options.teacher = fs::absolute(options.teacher);
  if (options.data != "-" && !options.is_builtin()) options.data = fs::absolute(options.data);
  corpus.tokenizer.save(folder.path());
  save_bert_config(options.model, false, folder.path());
  write_file_atomically(folder.settings_file(), to_json(options).dump(2) + "\n");
  std::optional<Trainer::Clock::time_point> end;
  if (request.minutes > 0)
    end = start + std::chrono::nanoseconds(static_cast<int64_t>(60e9 * request.minutes));
  train_student(request, options, std::move(teacher), corpus, folder, end);
}

}  // namespace

DistillOptions distill_options_for_teacher(const std::string& directory) {
  check_teacher(directory);
  const bool next_sentence = predicts_next_sentence(directory);
  DistillOptions options = distill_options_for(load_bert_config(directory), next_sentence);
  options.teacher = directory;
  return options;
}

void distill_bert(const DistillRequest& request) {
  survive_failed_writes();
  request.resume ? resume_distillation(request) : begin_distillation(request);
}

}  // namespace gradus
