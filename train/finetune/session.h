#pragma once
// A fine-tuning session: a pre-trained model and labelled data in; a model directory, its figures
// and the baselines they are read against out.

#include "train/finetune/fine_tune.h"
#include "train/finetune/task_data.h"

namespace gradus {

struct SessionOptions {
  TaskName task = TaskName::sentiment;
  TaskKind kind = TaskKind::classification;  // of sentiment and pairs
  std::string model, train, dev, test, out;  // dev may be empty: a tenth of train
  TextColumns columns = {};
  int64_t labels = 0;    // examples to learn from; 0: all
  bool scratch = false;  // random weights in place of the pre-trained ones
  int64_t seeds = 1;     // runs
  std::optional<real> lr = {};
  Pooling pooling = Pooling::token;
  std::optional<real> dropout = {};  // default: in the head 0.1, in the backbone as pre-trained
  int64_t max_length = 0, doc_stride = 0;  // 0: what the model can read, and a third of it
  FineTuneOptions tuning = {};
  bool json = false, quiet = false;
};

/// The learning rate where none is given: 1e-2 for a head alone, 1e-3 from scratch and for models
/// of at most 128 features (both measured with two layers). Wider pre-trained ones take 1e-3
/// (128 / n_embd)^2, which for 768 is 3e-5, within the 2e-5 to 5e-5 of Devlin et al. 2019, A.3.
real default_lr(int64_t n_embd, bool scratch, bool freeze);

/// A model for the task with the pre-trained backbone of a directory or, from scratch, with
/// another of that shape; the seed of the default generator decides what is drawn at random.
TaskModel begin_task_model(const std::filesystem::path& directory, const TaskConfig& task,
                           bool scratch, std::optional<real> dropout);

/// How a session ended: all models trained; by a signal; by one that came before the first step.
enum class SessionEnd { complete, stopped, without_model };

/// Trains `seeds` models, keeps the one that is best on dev in `out`, with metrics.json beside it,
/// and prints the figures. Throws FileError and ValueError. If a signal comes before the first
/// model has learned anything, nothing is written.
SessionEnd fine_tune_session(const SessionOptions& options);

}  // namespace gradus
