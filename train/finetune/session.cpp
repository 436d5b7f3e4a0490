#include "train/finetune/session.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "data/file.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/finetune/forward.h"
#include "train/finetune/result.h"
#include "train/progress.h"
#include "train/run_folder.h"
#include "train/signals.h"

namespace gradus {
namespace {

struct Splits {
  TaskData train, dev;
  std::optional<TaskData> test;
  TaskConfig task;  // its labels are all of train's, also of what is held out
};

Splits read_splits(const SessionOptions& o) {
  Splits splits;
  splits.train = read_task_data(o.task, o.train, Part::train, o.columns, o.kind);
  splits.task = task_of(splits.train, o.kind, o.dropout.value_or(real(0.1)));
  splits.task.pooling = o.pooling;
  if (!o.dev.empty() || o.train == builtin_task) {
    const std::string& source = o.dev.empty() ? o.train : o.dev;
    splits.dev = read_task_data(o.task, source, Part::dev, o.columns, o.kind);
  } else {
    std::tie(splits.dev, splits.train) = splits.train.split(o.tuning.seed);
    splits.dev.notes.clear();  // train has them
  }
  if (!o.test.empty()) splits.test = read_task_data(o.task, o.test, Part::test, o.columns, o.kind);
  return splits;
}

// What goes on while a model learns.
class TuningProgress {
 public:
  TuningProgress(int64_t steps, bool quiet) : progress_("step", steps, 0, quiet) {}
  void operator()(const FineTuneStep& now) {
    progress_.update(now.step, fmt::format("loss {:.4f}", now.loss));
    if (now.dev == nullptr) return;
    progress_.line(fmt::format("step {:>6}  loss {:.4f}  dev {} {:.4f}", now.step, now.loss,
                               now.dev->main_name(), now.dev->main()));
  }

 private:
  Progress progress_;
};

class Session {
 public:
  explicit Session(const SessionOptions& options)
      : o(options),
        splits_(read_splits(o)),
        tokenizer_(Tokenizer::load(o.model)),
        task_(splits_.task),
        reading_(reading_options(
            o.task,
            std::visit([](const auto& c) { return c.block_size; }, load_backbone_config(o.model)),
            o.max_length, o.doc_stride)),
        dev_(examples_of(splits_.dev)) {
    remember_reading();
    check_vocabulary(tokenizer_, load_backbone_config(o.model), o.model);
    if (splits_.test) test_ = examples_of(*splits_.test);
    note_shortened("dev", *dev_);
    if (test_) note_shortened("test", *test_);
  }

  void run() {
    for (int64_t i = 0; i < o.seeds && stop_signal() == 0; ++i)
      run_seed(o.tuning.seed + uint64_t(i));
    if (best_) save();
  }
  const FineTuneResult& result() const { return result_; }

 private:
  std::unique_ptr<Examples> examples_of(const TaskData& data) const {
    return make_examples(data, task_, tokenizer_, reading_);
  }
  // What predictions must do as well.
  void remember_reading() {
    task_.reading.max_length = reading_.max_length;
    if (o.task == TaskName::qa) task_.reading.doc_stride = reading_.doc_stride;
    if (o.task == TaskName::sentiment || o.task == TaskName::pairs)
      task_.reading.pairs = o.task == TaskName::pairs;
  }
  void note(const std::string& text, const char* kind = "note") {
    result_.notes.push_back(text);
    if (!o.quiet) std::fprintf(stderr, "%s: %s\n", kind, text.c_str());
  }
  void note_shortened(const char* part, const Examples& examples) {
    if (examples.shortened() == 0) return;
    note(fmt::format("{}: {} of {} texts were longer than {} tokens and were cut", part,
                     examples.shortened(), examples.size(), reading_.max_length));
  }

  void run_seed(uint64_t seed) {
    const TaskData data = splits_.train.sample(o.labels, seed);
    const std::unique_ptr<Examples> train = examples_of(data);
    if (result_.runs.empty()) describe(data, *train);
    manual_seed(seed);
    TaskModel model = begin_task_model(o.model, task_, o.scratch, o.dropout);
    FineTuneOptions tuning = o.tuning;
    tuning.seed = seed;
    SeedResult run{.seed = seed};
    {
      TuningProgress progress(tuning.steps_for(train->size()), o.quiet);
      run.tuned = fine_tune(model, *train, *dev_, tuning, std::ref(progress));
    }
    run.dev_baselines = baselines(task_, data, *train, splits_.dev, *dev_, seed);
    if (test_) {
      run.test = test_->score(Forward(model, test_->encodings(), test_->pad_id()).all());
      run.test_baselines = baselines(task_, data, *train, *splits_.test, *test_, seed);
    }
    const bool better =
        result_.runs.empty() || run.tuned.dev.main() > result_.best().tuned.dev.main();
    result_.runs.push_back(std::move(run));
    if (better) {
      result_.best_run = result_.runs.size() - 1;
      best_.emplace(std::move(model));
    }
  }

  void describe(const TaskData& data, const Examples& train) {
    const TaskData test = splits_.test.value_or(TaskData());
    for (const TaskData& part :
         {std::cref(splits_.train), std::cref(splits_.dev), std::cref(test)}) {
      for (const std::string& left_out : part.notes) note(part.source + ": " + left_out);
    }
    if (o.labels > splits_.train.size())
      note(fmt::format("{} labels were asked for; there are {}", o.labels, splits_.train.size()));
    note_shortened("train", train);
    if (const auto few = few_examples("dev", splits_.dev.size())) note(*few, "warning");
    if (splits_.test) {
      if (const auto few = few_examples("test", splits_.test->size())) note(*few, "warning");
    }
    result_.train_rows = data.size();
    result_.dev_rows = splits_.dev.size();
    result_.test_rows = splits_.test ? splits_.test->size() : 0;
    result_.labels = task_.labels;
  }

  void save() const {
    std::filesystem::create_directories(o.out);
    save_task_model(*best_, o.out);
    tokenizer_.save(o.out);
    write_file_atomically(std::filesystem::path(o.out) / "metrics.json",
                          to_json(o, result_).dump(2) + "\n");
  }

  const SessionOptions& o;
  Splits splits_;
  Tokenizer tokenizer_;
  TaskConfig task_;
  ReadingOptions reading_;
  std::unique_ptr<Examples> dev_, test_;
  FineTuneResult result_;
  std::optional<TaskModel> best_;
};

}  // namespace

real default_lr(int64_t n_embd, bool scratch, bool freeze) {
  if (freeze) return real(1e-2);
  const real narrower = scratch ? 1 : std::min(real(1), real(128) / real(n_embd));
  return real(1e-3) * narrower * narrower;
}

TaskModel begin_task_model(const std::filesystem::path& directory, const TaskConfig& task,
                           bool scratch, std::optional<real> dropout) {
  BackboneConfig backbone = load_backbone_config(directory);
  if (dropout) std::visit([&](auto& config) { config.dropout = *dropout; }, backbone);
  TaskModel model(backbone, task);
  if (!scratch) load_backbone_weights(model, directory);
  return model;
}

SessionEnd fine_tune_session(const SessionOptions& options) {
  RunFolder::check_unused(options.out);
  SessionOptions o = options;
  const auto n_embd =
      std::visit([](const auto& c) { return c.n_embd; }, load_backbone_config(o.model));
  o.tuning.lr = o.lr.value_or(default_lr(n_embd, o.scratch, o.tuning.freeze));
  if (o.train == builtin_task && o.test.empty()) o.test = builtin_task;
  o.tuning.check();
  Session session(o);
  session.run();
  const FineTuneResult& result = session.result();
  if (result.runs.empty()) return SessionEnd::without_model;
  fmt::print("{}", o.json ? to_json(o, result).dump() + "\n" : to_text(o, result));
  return stop_signal() == 0 ? SessionEnd::complete : SessionEnd::stopped;
}

}  // namespace gradus
