#include "train/experiments/small_bert.h"

#include <algorithm>

#include "train/finetune/session.h"
#include "train/learner.h"
#include "train/signals.h"

namespace gradus {

namespace {

const PretrainingCorpus& all_stories() {
  static const PretrainingCorpus corpus = [] {
    BERTOptions options = bert_options_from("tiny");
    options.data = builtin_data;
    return read_pretraining_corpus(options);
  }();
  return corpus;
}

}  // namespace

BERTOptions small_bert(const ExperimentOptions& o, uint64_t seed) {
  BERTOptions options = bert_options_from("tiny");
  options.data = builtin_data;
  options.seed = seed;
  options.model.vocab_size = all_stories().tokenizer.vocab_size();
  options.model.n_head = 4;
  options.model.block_size = 128;
  options.model.init_std = real(0.08);
  options.sequence_length = 72;
  options.masking.probability = 0.3;
  options.beta2 = real(0.98);
  options.next_weight = real(0.2);
  options.steps = o.quick ? 20 : 2000;
  options.schedule = {.decay = Decay::linear,
                      .lr = real(2e-3),
                      .min_lr = real(2e-5),
                      .warmup_steps = options.steps / 20,
                      .decay_start = options.steps / 4,
                      .decay_steps = options.steps};
  return options;
}

PretrainingCorpus bert_stories(int64_t most_documents) {
  PretrainingCorpus corpus = all_stories();
  if (most_documents == 0) return corpus;
  TokenizedDocuments some = corpus.train;
  some.documents.resize(std::min(some.documents.size(), static_cast<size_t>(most_documents)));
  corpus.train = std::move(some);
  return corpus;
}

double names_f1(const BERTForPreTraining* pretrained, const BERTConfig& shape, int64_t label_count,
                uint64_t seed, const ExperimentOptions& o) {
  const Tokenizer tokenizer(bert_stories().tokenizer);
  const TaskData train = read_task_data(TaskName::ner, builtin_task, Part::train);
  const TaskData dev = read_task_data(TaskName::ner, builtin_task, Part::dev);
  const TaskConfig task = task_of(train, TaskKind::tagging, real(0.1));
  const ReadingOptions reading = reading_options(TaskName::ner, shape.block_size, 0, 0);
  manual_seed(seed);
  TaskModel model(shape, task);
  if (pretrained != nullptr) {
    const NoGrad guard;
    for (NamedTensor& p : model.named_parameters()) {
      if (p.name.starts_with("bert.")) p.tensor.copy_(pretrained->find(p.name));
    }
  }
  FineTuneOptions options{.lr = default_lr(shape.n_embd, pretrained == nullptr, false),
                          .evaluations = 1,  // after the last step
                          .seed = seed};
  if (o.quick) options.min_steps = 5, options.epochs = 1;
  const auto examples = make_examples(train.sample(label_count, seed), task, tokenizer, reading);
  const auto held_out = make_examples(dev, task, tokenizer, reading);
  return 100 * fine_tune(model, *examples, *held_out, options).dev.main();
}

void take_steps(const RunOptions& options, Objective& objective) {
  Learner learner(options, objective);
  for (int64_t step = 0; step < options.steps && stop_signal() == 0; ++step) {
    learner.step(step, options.schedule(step));
  }
}

}  // namespace gradus
