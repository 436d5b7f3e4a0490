#include "train/pretrain_gpt.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/batches.h"
#include "data/file.h"
#include "data/json.h"
#include "nn/generate.h"
#include "nn/pretrained/gpt2.h"
#include "optim/optimizer.h"
#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/kernels/reduce.h"
#include "train/evaluation.h"
#include "train/metrics.h"
#include "train/progress.h"
#include "train/report.h"
#include "train/run_folder.h"
#include "train/signals.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

// What a sample begins with: what stands before a document; else a new line, or the first token of
// a vocabulary that has none.
std::vector<int32_t> sample_start(const Tokenizer& tokenizer, std::optional<int32_t> separator) {
  if (separator) return {*separator};
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (tokenizer.decode(std::span(&id, 1)) == "\n") return {id};
  }
  return {0};
}

// Some text; where there are documents, one of them.
std::string write_sample(const GPT& model, const TrainingCorpus& corpus, uint64_t seed) {
  const std::vector<int32_t> start = sample_start(corpus.tokenizer, corpus.separator);
  GenerateOptions options{.max_new_tokens = 300, .seed = seed};
  if (corpus.separator) options.stop_token = *corpus.separator;
  return corpus.tokenizer.decode(generate(model, start, options));
}

// A number that is not finite ends the run before it reaches the weights.
void check_finite(int64_t step, double loss, double norm, const GPT& model) {
  if (std::isfinite(loss) && std::isfinite(norm)) return;
  std::string culprit = "none";
  for (const NamedTensor& p : model.named_parameters()) {
    const Tensor grad = p.tensor.grad();
    if (!grad.defined() || kernels::all_finite(grad.numel(), grad.data())) continue;
    culprit = p.name;
    break;
  }
  throw ValueError(
      fmt::format("pretrain: step {}: loss {} and gradient norm {} are not both finite "
                  "(first such gradient: {}); the last checkpoint stands; try a smaller "
                  "--lr",
                  step, loss, norm, culprit));
}

// A full disk costs no work: training goes on and the next interval tries again.
template <class F>
bool try_to_save(Progress& progress, F save) {
  try {
    save();
    return true;
  } catch (const FileError& error) {
    progress.warning(fmt::format("not saved, will try again: {}", error.what()));
    return false;
  }
}

// Weights, gradients and two moments must fit into the machine.
void check_memory(const GPTConfig& config) {
  const MetaMode no_memory;
  double numbers = 0;
  for (const NamedTensor& p : GPT(config).named_parameters()) {
    numbers += 4 * static_cast<double>(p.tensor.numel());
  }
  const double gigabytes = numbers * sizeof(real) / 1e9;
  const double there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e9;
  check<MemoryError>(gigabytes < there,
                     "pretrain: weights, gradients and moments of this model take {:.1f} GB, the "
                     "machine has {:.1f}",
                     gigabytes, there);
}

// Model, optimizer, data and place in them: what a checkpoint holds.
class Trainer {
 public:
  Trainer(const TrainingOptions& options, TrainingCorpus corpus, RunFolder& folder)
      : o(options),
        corpus_(std::move(corpus)),
        folder_(folder),
        model_(o.model),
        optimizer_(model_.named_parameters(), {.lr = o.schedule.lr,
                                               .beta1 = o.beta1,
                                               .beta2 = o.beta2,
                                               .eps = o.eps,
                                               .weight_decay = o.weight_decay}),
        loader_(corpus_.train, {.batch_size = o.batch_size,
                                .block_size = o.model.block_size,
                                .seed = o.seed,
                                .separator = corpus_.separator}) {
    state_.data_digest = corpus_.digest;
    state_.tokenizer_digest = corpus_.tokenizer.digest();
    state_.kernels = kernels::describe();
  }

  void restore() {
    const TrainerState saved = folder_.restore(model_, optimizer_);
    check<FileError>(saved.data_digest == state_.data_digest,
                     "{}: this is not the text that the run began with", o.data);
    check<FileError>(saved.tokenizer_digest == state_.tokenizer_digest,
                     "{}: the tokenizer is not the one that the run began with",
                     folder_.path().string());
    if (saved.kernels != state_.kernels) {
      const std::string warning = fmt::format(
          "warning: the run was computed by {}; here {} goes on, whose last digits differ\n",
          saved.kernels, state_.kernels);
      std::fputs(warning.c_str(), stderr);
    }
    state_ = saved;
    state_.kernels = kernels::describe();
    loader_.seek(state_.loader_position);
    default_generator() = state_.generator;
    folder_.rewind_metrics(state_.step);
  }

  int64_t step() const { return state_.step; }
  void train(int64_t last, bool quiet);

 private:
  double compute_gradients();
  void report(Progress& progress, double loss, double norm);
  double validate();
  void save();
  bool due(int64_t interval) const { return state_.step % interval == 0 || state_.step == o.steps; }

  const TrainingOptions& o;
  TrainingCorpus corpus_;
  RunFolder& folder_;
  GPT model_;
  AdamW optimizer_;
  CausalLoader loader_;
  TrainerState state_;
  int64_t first_ = 0;  // the step that this session began with
};

// Gradients of the mean loss over all micro-batches. Each has as many targets as any other, so the
// mean of all is the mean of the means. Returns that loss.
double Trainer::compute_gradients() {
  double total = 0;
  for (int64_t i = 0; i < o.accumulation; ++i) {
    const auto [ids, targets] = loader_.next();     // (B, T), (B, T)
    const Tensor loss = model_.loss(ids, targets);  // ()
    total += static_cast<double>(loss.item());
    (loss / static_cast<real>(o.accumulation)).backward();
  }
  return total / static_cast<double>(o.accumulation);
}

// The training loop.
void Trainer::train(int64_t last, bool quiet) {
  const double most =
      o.clip > 0 ? static_cast<double>(o.clip) : std::numeric_limits<double>::infinity();
  const int64_t first = first_ = state_.step;
  bool saved = false;
  Progress progress("step", o.steps, first, quiet);
  progress.line(fmt::format("{} parameters, vocabulary {}, {} tokens to train on, {} to validate",
                            model_.num_parameters(), o.model.vocab_size, corpus_.train.size(),
                            corpus_.val.size()));

  while (state_.step < last && stop_signal() == 0) {
    optimizer_.lr = o.schedule(state_.step);
    const double loss = compute_gradients();
    const double norm = clip_grad_norm(model_.named_parameters(), most);
    check_finite(state_.step, loss, norm, model_);
    optimizer_.step();
    optimizer_.zero_grad();
    ++state_.step;

    report(progress, loss, norm);
    saved = state_.step % o.checkpoint_interval == 0 && try_to_save(progress, [&] { save(); });
  }
  if (!saved) save();
  if (state_.step == o.steps) progress.line("\n" + write_sample(model_, corpus_, o.seed) + "\n");
  progress.line(fmt::format("{} steps in {}", state_.step - first, clock_time(progress.seconds())));
}

// The bar, metrics.jsonl, and at their intervals a validation, a sample and the report.
void Trainer::report(Progress& progress, double loss, double norm) {
  const double tokens = static_cast<double>(o.batch_size * o.accumulation * o.model.block_size);
  const double pace = static_cast<double>(state_.step - first_) * tokens / progress.seconds();
  progress.update(state_.step, fmt::format("loss {:.4f}  {:.0f} tokens/s", loss, pace));
  StepMetrics metrics{.step = state_.step,
                      .loss = loss,
                      .lr = static_cast<double>(optimizer_.lr),
                      .grad_norm = norm,
                      .tokens_per_second = std::round(pace)};
  if (due(o.eval_interval)) {
    const double val = validate();
    metrics.val_loss = val;
    progress.line(fmt::format(
        "step {:>6}  loss {:.4f}  val {:.4f}  lr {:.2e}  norm {:.2f}  {:.0f} "
        "tokens/s  {}",
        state_.step, loss, val, optimizer_.lr, norm, pace, clock_time(progress.seconds())));
  }
  try_to_save(progress, [&] {
    folder_.append_metrics(to_json_line(metrics));
    if (due(o.sample_interval)) {
      folder_.save_sample(state_.step, write_sample(model_, corpus_, o.seed));
    }
    if (metrics.val_loss) write_report(folder_.path());
  });
}

// The last validation takes the whole split.
double Trainer::validate() {
  const int64_t batches = state_.step == o.steps ? 0 : o.eval_batches;
  const double loss =
      evaluate(model_, corpus_.val, o.batch_size, o.model.block_size, batches, corpus_.separator)
          .loss;
  if (state_.best_val_loss == 0 || loss < state_.best_val_loss) state_.best_val_loss = loss;
  return loss;
}

void Trainer::save() {
  state_.loader_position = loader_.position();
  state_.generator = default_generator();
  folder_.save(model_, optimizer_, state_, o.keep_checkpoints);
}

}  // namespace

void pretrain_gpt(const PretrainRequest& request) {
  survive_failed_writes();
  TrainingOptions options = request.options;
  std::optional<Tokenizer> tokenizer;
  std::optional<RunFolder> folder;
  if (request.resume) {
    folder.emplace(request.folder, false);
    const std::string file = folder->settings_file().string();
    options = training_options_from(read_json(file), file);
    options.model = load_gpt2_config(request.folder);
    if (!request.options.data.empty()) options.data = request.options.data;  // the text has moved
    tokenizer = Tokenizer::load(request.folder);
  }
  options.check();
  options.model.checked();
  const TrainingCorpus corpus = read_training_corpus(options, tokenizer);
  options.model.vocab_size = corpus.tokenizer.vocab_size();
  options.model.document_token = corpus.separator.value_or(-1);
  check_memory(options.model);
  manual_seed(options.seed);
  if (!request.resume) {
    folder.emplace(request.folder, true);
    if (options.data != "-" && options.data != builtin_data)
      options.data = std::filesystem::absolute(options.data);
  }
  Trainer trainer(options, corpus, *folder);
  if (request.resume) {
    folder->has_checkpoint() ? trainer.restore() : folder->rewind_metrics(0);
  } else {
    corpus.tokenizer.save(request.folder);
    save_gpt2_config(options.model, request.folder);
    write_file_atomically(folder->settings_file(), to_json(options).dump(2) + "\n");
  }
  const Baselines lines = baselines(corpus.train, corpus.val, options.model.vocab_size);
  save_reference_lines({lines, corpus.floor, static_cast<int64_t>(corpus.train.size())},
                       request.folder);
  watch_signals();
  const int64_t last = request.stop_after > 0 ? trainer.step() + request.stop_after : options.steps;
  trainer.train(std::min(last, options.steps), request.quiet);
}

}  // namespace gradus
