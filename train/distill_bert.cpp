#include "train/distill_bert.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/tokenizer.h"
#include "nn/pretrained/bert.h"
#include "tensor/errors.h"
#include "train/bert_report.h"
#include "train/distill_comparison.h"
#include "train/signals.h"
#include "train/trainer.h"
#include "train/trial.h"

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

void train_student(const DistillRequest& request, const DistillOptions& options,
                   DistillObjective& objective, const PretrainingCorpus& corpus,
                   const MaskedLines& lines, RunFolder& folder, const Deadline& end = {}) {
  Trainer trainer(options, {corpus.digest, Tokenizer(corpus.tokenizer).digest()}, objective,
                  folder);
  trainer.restore();
  save_masked_lines(lines, folder.path());
  trainer.keep_to(end);
  trainer.train(request.run.stop_after, request.run.quiet);
  if (stop_signal() == 0 && request.run.stop_after == 0)
    fmt::print("{}", to_text(compare(objective)));
}

void resume_distillation(const DistillRequest& request) {
  RunFolder folder(request.run.folder, false);
  DistillOptions options =
      stored_settings("distill", folder, request.options.data, distill_options_from);
  options.model = load_bert_config(folder.path());
  options.check();
  BERTForPreTraining teacher = load_teacher(options.teacher);
  const PretrainingCorpus corpus =
      read_pretraining_corpus(options, WordPieceTokenizer::load(folder.path()));
  manual_seed(options.seed);
  DistillObjective objective(options, corpus, std::move(teacher));
  train_student(request, options, objective, corpus, masked_lines(options, corpus), folder);
}

void begin_distillation(const DistillRequest& request) {
  const Deadline end = request.run.end();
  DistillOptions options = request.options;
  options.check();
  if (!request.run.dry_run) RunFolder::check_unused(request.run.folder);
  BERTForPreTraining teacher = load_teacher(options.teacher);
  const PretrainingCorpus corpus =
      read_pretraining_corpus(options, WordPieceTokenizer::load(options.teacher));
  if (corpus.warning) fmt::print(stderr, "warning: {}\n", *corpus.warning);
  options.teacher = fs::absolute(options.teacher);
  options.make_data_absolute();
  manual_seed(options.seed);
  DistillObjective objective(options, corpus, std::move(teacher));
  if (request.run.dry_run) {
    const Trial trial = try_out(options, objective, 1);
    if (request.run.minutes > 0) options.stretch(steps_in(request.run.minutes, trial));
    fmt::print("{}", cost_in_words(shape_in_words(options.model), options, trial));
    return;
  }
  const MaskedLines lines = masked_lines(options, corpus);  // throws if the text does not serve
  RunFolder folder(request.run.folder, true);
  corpus.tokenizer.save(folder.path());
  save_bert_config(options.model, false, folder.path());
  folder.save_settings(to_json(options));
  train_student(request, options, objective, corpus, lines, folder, end);
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
  request.run.resume ? resume_distillation(request) : begin_distillation(request);
}

}  // namespace gradus
