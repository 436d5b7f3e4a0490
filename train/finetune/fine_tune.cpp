#include "train/finetune/fine_tune.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "data/shuffled_batches.h"
#include "optim/schedule.h"
#include "tensor/errors.h"
#include "train/finetune/forward.h"
#include "train/signals.h"

namespace gradus {
namespace {

// While this lives nothing gets a gradient but the head: a linear probe. A pooler that pre-training
// has not made is a fixed random layer then.
class FrozenBackbone {
 public:
  FrozenBackbone(TaskModel& model, bool wanted)
      : model_(model), name_(model.bert ? "bert" : "gpt"), wanted_(wanted) {
    set(false);
  }
  ~FrozenBackbone() { set(true); }
  FrozenBackbone(const FrozenBackbone&) = delete;
  FrozenBackbone& operator=(const FrozenBackbone&) = delete;

 private:
  void set(bool learns) {
    if (!wanted_) return;
    model_.requires_grad(learns, name_);
    if (model_.pooler) model_.requires_grad(learns, "pooler");
  }

  TaskModel& model_;
  std::string name_;
  bool wanted_;
};

// The weights that were best so far.
class BestWeights {
 public:
  explicit BestWeights(const Module& model) : parameters_(model.named_parameters()) {}
  void keep() {
    copies_.clear();
    for (const NamedTensor& p : parameters_) copies_.push_back(p.tensor.detach().clone());
  }
  void restore() {
    for (size_t i = 0; i < copies_.size(); ++i) parameters_[i].tensor.copy_(copies_[i]);
  }

 private:
  std::vector<NamedTensor> parameters_;
  std::vector<Tensor> copies_;
};

AdamW layered_optimizer(const TaskModel& model, const FineTuneOptions& o) {
  AdamW optimizer({}, {.lr = o.lr, .weight_decay = o.weight_decay});
  for (const NamedTensor& p : model.named_parameters()) {
    optimizer.add({p}, {.lr_scale = layer_lr_scale(p.name, model.n_layer(), o.layer_decay)});
  }
  return optimizer;
}

std::vector<size_t> lengths_of(const Examples& examples) {
  std::vector<size_t> lengths;
  for (const Encoding& e : examples.encodings()) lengths.push_back(e.ids.size());
  return lengths;
}

// Steps between evaluations. A forward pass takes a third of a step's time.
int64_t evaluation_interval(int64_t steps, int64_t dev_examples, const FineTuneOptions& o) {
  const int64_t affordable = 3 * steps * o.batch_size / std::max<int64_t>(1, dev_examples);
  const int64_t count = std::clamp<int64_t>(affordable, 1, o.evaluations);
  return std::max<int64_t>(1, (steps + count - 1) / count);
}

}  // namespace

int64_t FineTuneOptions::steps_for(int64_t examples) const {
  return std::max(min_steps, epochs * ((examples + batch_size - 1) / batch_size));
}

void FineTuneOptions::check() const {
  check_value(epochs >= 0 && min_steps >= 0 && epochs + min_steps > 0,
              "finetune: {} epochs and {} steps at least; one of them must be positive", epochs,
              min_steps);
  check_value(batch_size >= 1, "finetune: a batch size of {} must be at least 1", batch_size);
  check_value(evaluations >= 1 && patience >= 0,
              "finetune: {} evaluations and a patience of {} are impossible", evaluations,
              patience);
  check_value(std::isfinite(lr) && lr > 0, "finetune: a learning rate of {} must be positive", lr);
  check_value(layer_decay > 0 && layer_decay <= 1,
              "finetune: a layer decay of {} must be in (0, 1]", layer_decay);
  check_value(warmup >= 0 && warmup <= 1, "finetune: a warm-up of {} must be in [0, 1]", warmup);
  check_value(clip > 0, "finetune: a largest gradient norm of {} must be positive", clip);
  check_value(std::isfinite(weight_decay) && weight_decay >= 0,
              "finetune: a weight decay of {} must not be negative", weight_decay);
}

real layer_lr_scale(const std::string& name, int64_t n_layer, real decay) {
  const auto raised = [&](int64_t depth) { return std::pow(decay, static_cast<real>(depth)); };
  for (const std::string_view backbone : {"bert.", "gpt."}) {
    if (!name.starts_with(backbone)) continue;
    const std::string_view part = std::string_view(name).substr(backbone.size());
    if (part.starts_with("ln_f.")) return 1;
    if (!part.starts_with("h.")) return raised(n_layer + 1);
    int64_t layer = 0;
    std::from_chars(part.data() + 2, part.data() + part.size(), layer);
    return raised(n_layer - layer);
  }
  return 1;
}

FineTuned fine_tune(TaskModel& model, const Examples& train, const Examples& dev,
                    const FineTuneOptions& o,
                    const std::function<void(const FineTuneStep&)>& report) {
  o.check();
  manual_seed(o.seed);
  const FrozenBackbone frozen(model, o.freeze);
  const Forward learn(model, train.encodings(), train.pad_id(), o.freeze);
  const Forward measure(model, dev.encodings(), dev.pad_id(), o.freeze);
  AdamW optimizer = layered_optimizer(model, o);
  ShuffledBatches batches(lengths_of(train), o.batch_size, o.seed);
  BestWeights best(model);

  const auto loss_of = [&](const std::vector<int64_t>& rows) {
    const PrecisionMode products(o.precision);  // backward multiplies as forward did
    return train.loss(learn(rows), rows);
  };

  const int64_t steps = o.steps_for(train.size());
  const int64_t interval = evaluation_interval(steps, dev.size(), o);
  const Schedule schedule{.decay = Decay::linear,
                          .lr = o.lr,
                          .warmup_steps = static_cast<int64_t>(o.warmup * static_cast<real>(steps)),
                          .decay_steps = steps};
  FineTuned result;
  int64_t worse = 0;  // evaluations since the best one
  for (int64_t step = 1; step <= steps && !result.stopped; ++step) {
    const std::vector<int64_t> rows = batches.next();
    const Tensor loss = loss_of(rows);
    loss.backward();
    const double norm = grad_norm(model.named_parameters());
    check_value(std::isfinite(loss.item()) && std::isfinite(norm),
                "finetune: step {}: loss {} and gradient norm {} are not both finite; try a "
                "smaller learning rate",
                step, loss.item(), norm);
    optimizer.lr = schedule(step - 1);
    optimizer.step(clip_scale(norm, static_cast<double>(o.clip)));
    optimizer.zero_grad();

    result.steps = step;
    result.stopped = stop_signal() != 0;
    FineTuneStep now{.step = step, .steps = steps, .loss = static_cast<double>(loss.item())};
    Score score;
    if (step % interval == 0 || step == steps || result.stopped) {
      score = dev.score(measure.all());
      now.dev = &score;
      const bool better = result.best_step == 0 || score.main() > result.dev.main();
      worse = better ? 0 : worse + 1;
      if (better) {
        result.best_step = step;
        result.dev = score;
        best.keep();
      }
    }
    if (report) report(now);
    if (o.patience > 0 && worse >= o.patience) break;
  }
  best.restore();
  return result;
}

}  // namespace gradus
