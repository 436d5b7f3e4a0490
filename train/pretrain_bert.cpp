#include "train/pretrain_bert.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "data/tokenizer.h"
#include "nn/pretrained/bert.h"
#include "tensor/errors.h"
#include "train/bert_report.h"
#include "train/masked_objective.h"
#include "train/report.h"
#include "train/signals.h"
#include "train/trainer.h"
#include "train/trial.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

// A fresh run that continues another model takes all weights that both have.
void begin_from(const std::string& directory, BERTForPreTraining& model) {
  const BERTForPreTraining given = load_bert(directory);
  const std::vector<NamedTensor> weights = given.named_parameters();
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    const auto found = std::find_if(weights.begin(), weights.end(),
                                    [&](const NamedTensor& other) { return other.name == p.name; });
    if (found != weights.end()) p.tensor.copy_(found->tensor);
  }
}

void train_bert(const BERTRequest& request, const BERTOptions& options,
                const PretrainingCorpus& corpus, const MaskedLines& lines, RunFolder& folder,
                const Deadline& end = {}) {
  manual_seed(options.seed);
  MaskedObjective objective(options, corpus);
  Trainer trainer(options, {corpus.digest, Tokenizer(corpus.tokenizer).digest()}, objective,
                  folder);
  const bool goes_on = trainer.restore();
  if (!goes_on && !options.init.empty()) begin_from(options.init, objective.model());
  save_masked_lines(lines, folder.path());
  trainer.keep_to(end);
  trainer.train(request.run.stop_after, request.run.quiet);
  if (!request.run.quiet) say_verdict(folder.path());
}

int64_t count_parameters(const BERTOptions& options) {
  const MetaMode no_memory;
  return BERTForPreTraining(options.model, options.next_sentence).num_parameters();
}

void print_cost(BERTOptions options, const PretrainingCorpus& corpus, double minutes) {
  check_memory(count_parameters(options));
  manual_seed(options.seed);
  MaskedObjective objective(options, corpus);
  const Trial trial = try_out(options, objective, 1);
  if (minutes > 0) options.stretch(steps_in(minutes, trial));
  fmt::print("{}", cost_in_words(shape_in_words(options.model), options, trial));
}

void resume_bert(const BERTRequest& request) {
  RunFolder folder(request.run.folder, false);
  BERTOptions options = stored_settings<BERTOptions>("pretrain bert", folder, request.options.data,
                                                     bert_options_from);
  options.model = load_bert_config(folder.path());
  options.check();
  const PretrainingCorpus corpus =
      read_pretraining_corpus(options, WordPieceTokenizer::load(folder.path()));
  train_bert(request, options, corpus, masked_lines(options, corpus), folder);
}

void begin_bert(const BERTRequest& request) {
  const Deadline end = request.run.end();
  BERTOptions options = request.options;
  options.check();
  if (!request.run.dry_run) RunFolder::check_unused(request.run.folder);
  const PretrainingCorpus corpus =
      options.init.empty()
          ? read_pretraining_corpus(options)
          : read_pretraining_corpus(options, WordPieceTokenizer::load(options.init));
  if (corpus.warning) fmt::print(stderr, "warning: {}\n", *corpus.warning);
  if (options.init.empty()) {
    options.model.vocab_size = corpus.tokenizer.vocab_size();
    options.model.pad_token = corpus.tokenizer.id("[PAD]");
  }
  check_value(corpus.tokenizer.vocab_size() <= options.model.vocab_size,
              "pretrain: the tokenizer has {} tokens, the model {}", corpus.tokenizer.vocab_size(),
              options.model.vocab_size);
  if (request.run.dry_run) return print_cost(options, corpus, request.run.minutes);
  const MaskedLines lines = masked_lines(options, corpus);  // throws if the text does not serve
  RunFolder folder(request.run.folder, true);
  options.make_data_absolute();
  corpus.tokenizer.save(folder.path());
  save_bert_config(options.model, options.next_sentence, folder.path());
  folder.save_settings(to_json(options));
  train_bert(request, options, corpus, lines, folder, end);
}

}  // namespace

void pretrain_bert(const BERTRequest& request) {
  survive_failed_writes();
  request.run.resume ? resume_bert(request) : begin_bert(request);
}

}  // namespace gradus
