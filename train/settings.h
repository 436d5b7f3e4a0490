#pragma once
// Settings of a run on the command line: each remembers what it would change, so that a preset or
// a model to begin from can be chosen first and changed afterwards.

#include <CLI/CLI.hpp>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "nn/names.h"
#include "train/precision_option.h"
#include "train/training_options.h"

namespace gradus {

template <class Options>
class Settings {
 public:
  /// Adds an option that changes the setting found by `place`.
  template <class Place>
  CLI::Option* add(CLI::App& command, const char* name, Place place, const char* about) {
    using Value = std::remove_reference_t<decltype(place(std::declval<Options&>()))>;
    const auto change = [changes = changes_, place](const Value& value) {
      changes->push_back([=](Options& o) { place(o) = value; });
    };
    return command.add_option_function<Value>(name, change, about)->group(group_name);
  }
  /// Adds a flag that makes the setting true.
  template <class Place>
  void add_flag(CLI::App& command, const char* name, Place place, const char* about) {
    const auto change = [changes = changes_, place] {
      changes->push_back([=](Options& o) { place(o) = true; });
    };
    command.add_flag_callback(name, change, about)->group(group_name);
  }
  /// Adds an option whose words name the values of a switch (nn/names.h).
  template <class Place, class Switch, size_t N>
  void add_choice(CLI::App& command, const char* name, Place place, const Named<Switch> (&names)[N],
                  const char* about) {
    std::vector<std::string> words;
    for (const auto& [word, value] : names) words.emplace_back(word);
    const auto change = [changes = changes_, place, &names](const std::string& wanted) {
      for (const auto& [word, value] : names) {
        if (wanted == word) changes->push_back([=, v = value](Options& o) { place(o) = v; });
      }
    };
    command.add_option_function<std::string>(name, change, about)
        ->check(CLI::IsMember(words))
        ->group(group_name);
  }
  /// Adds --precision.
  void add_precision(CLI::App& command) {
    const auto change = [changes = changes_](Precision p) {
      changes->push_back([p](Options& o) { o.precision = p; });
    };
    gradus::add_precision(command, change)->group(group_name);
  }
  /// Adds --lr, with which the lowest rate keeps its proportion unless it is given as well.
  void add_lr(CLI::App& command) {
    const auto change = [changes = changes_](real lr) {
      changes->push_back([=](Options& o) {
        if (o.schedule.lr > 0) o.schedule.min_lr *= lr / o.schedule.lr;
        o.schedule.lr = lr;
      });
    };
    command.add_option_function<real>("--lr", change, "Learning rate after the warm-up")
        ->group(group_name);
  }
  /// add() for one command.
  auto adding_to(CLI::App& command) {
    return [this, &command](const char* name, auto place, const char* about) {
      return this->add(command, name, place, about);
    };
  }
  /// In the order in which the options were added. Throws ValueError naming the first value outside
  /// its range.
  void apply(Options& options) const {
    change(options);
    options.schedule.decay_steps = options.steps;
    options.model.checked();
    options.check();
  }

  /// The same for options that are no run's, unchecked.
  void change(Options& options) const {
    for (const auto& one : *changes_) one(options);
  }
  bool empty() const { return changes_->empty(); }

 private:
  static constexpr const char* group_name = "Settings (default: the preset's)";
  using Changes = std::vector<std::function<void(Options&)>>;
  std::shared_ptr<Changes> changes_ = std::make_shared<Changes>();
};

/// The shape of a model. `positions` says what --block-size is.
template <class Options>
void add_shape_settings(CLI::App& command, Settings<Options>& settings, const char* positions) {
  using O = Options;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--n-layer", [](O& o) -> auto& { return o.model.n_layer; }, "Blocks");
  add("--n-head", [](O& o) -> auto& { return o.model.n_head; }, "Attention heads");
  add("--n-embd", [](O& o) -> auto& { return o.model.n_embd; }, "Width");
  add("--block-size", [](O& o) -> auto& { return o.model.block_size; }, positions);
  add("--dropout", [](O& o) -> auto& { return o.model.dropout; }, "Probability of dropping a number");
  // clang-format on
}

/// The switches of the block (nn/block.h) and what belongs to them, as far as the model has them.
template <class Options>
void add_block_settings(CLI::App& command, Settings<Options>& settings) {
  using O = Options;
  const auto add = settings.adding_to(command);
  // clang-format off
  settings.add_choice(command, "--positions", [](O& o) -> auto& { return o.model.positions; },
                      position_names, "How tokens know their places");
  add("--rope-theta", [](O& o) -> auto& { return o.model.rope_theta; }, "Base of rotary positions' wavelengths");
  settings.add_choice(command, "--norm", [](O& o) -> auto& { return o.model.norm; }, norm_names,
                      "Normalisation");
  settings.add_choice(command, "--placement", [](O& o) -> auto& { return o.model.placement; },
                      placement_names, "Where it stands, before or after attention and MLP");
  settings.add_choice(command, "--activation", [](O& o) -> auto& { return o.model.activation; },
                      activation_names, "Inside the MLP");
  add("--n-inner", [](O& o) -> auto& { return o.model.n_inner; },
      "Width inside the MLP (0: four times the width, 8/3 with a gate)");
  add("--kv-heads", [](O& o) -> auto& { return o.model.kv_heads; },
      "Key/value heads, shared by groups of heads (0: as many as heads)");
  add("--qk-norm", [](O& o) -> auto& { return o.model.qk_norm; },
      "RMSNorm of queries and keys: true or false");
  add("--bias", [](O& o) -> auto& { return o.model.bias; }, "Biases: true or false");
  add("--init-std", [](O& o) -> auto& { return o.model.init_std; },
      "Standard deviation of the weights at the start");
  if constexpr (requires(O& o) { o.model.tie_weights; }) {
    add("--tie-weights", [](O& o) -> auto& { return o.model.tie_weights; },
        "The token embedding is the head: true or false");
  }
  if constexpr (requires(O& o) { o.model.window; }) {
    add("--window", [](O& o) -> auto& { return o.model.window; },
        "A token sees keys that are less than so many places away (0: all)");
  }
  // clang-format on
}

/// The settings that every run has.
template <class Options>
void add_run_settings(CLI::App& command, Settings<Options>& settings) {
  using O = Options;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--batch-size", [](O& o) -> auto& { return o.batch_size; }, "Sequences in a micro-batch");
  add("--accumulation", [](O& o) -> auto& { return o.accumulation; }, "Micro-batches in a step");
  add("--steps", [](O& o) -> auto& { return o.steps; }, "Optimizer steps");
  settings.add_lr(command);
  add("--min-lr", [](O& o) -> auto& { return o.schedule.min_lr; }, "Learning rate at the end (default: the preset's share of --lr)");
  add("--decay-start", [](O& o) -> auto& { return o.schedule.decay_start; },
      "Step until which the learning rate stays up (default: the end of the warm-up)");
  add("--warmup-steps", [](O& o) -> auto& { return o.schedule.warmup_steps; }, "Of linear warm-up");
  add("--beta1", [](O& o) -> auto& { return o.beta1; }, "Adam's decay of the mean");
  add("--beta2", [](O& o) -> auto& { return o.beta2; }, "Adam's decay of the mean square");
  add("--eps", [](O& o) -> auto& { return o.eps; }, "Adam's epsilon");
  add("--bias-correction", [](O& o) -> auto& { return o.bias_correction; },
      "Adam's: true or false (BERT's own training)");
  add("--weight-decay", [](O& o) -> auto& { return o.weight_decay; }, "Of matrices, not of vectors");
  add("--clip", [](O& o) -> auto& { return o.clip; }, "Largest gradient norm; 0 does not clip");
  add("--eval-interval", [](O& o) -> auto& { return o.eval_interval; }, "Steps between validations");
  add("--eval-batches", [](O& o) -> auto& { return o.eval_batches; },
      "Batches of a validation; 0 takes the whole split, as the last one does");
  add("--sample-interval", [](O& o) -> auto& { return o.sample_interval; }, "Steps between samples");
  add("--checkpoint-interval", [](O& o) -> auto& { return o.checkpoint_interval; },
      "Steps between checkpoints");
  add("--keep-checkpoints", [](O& o) -> auto& { return o.keep_checkpoints; }, "How many stay");
  add("--seed", [](O& o) -> auto& { return o.seed; }, "Of weights, batches, dropout and samples");
  // clang-format on
  settings.add_flag(
      command, "--activation-checkpointing",
      [](O & o) -> auto& { return o.activation_checkpointing; },
      "Computes blocks again in backward instead of keeping what is inside them");
  settings.add_precision(command);
  const std::map<std::string, Decay> decays{
      {"constant", Decay::constant}, {"linear", Decay::linear}, {"cosine", Decay::cosine}};
  settings
      .add(
          command, "--decay", [](O & o) -> auto& { return o.schedule.decay; }, "After the warm-up")
      ->transform(CLI::CheckedTransformer(decays).description(""));
}

/// A warm-up that the command line does not mention keeps its share of the steps.
inline void scale_warmup(const CLI::App& command, int64_t steps_before, RunOptions& options) {
  if (command.count("--warmup-steps") > 0 || steps_before == 0) return;
  options.schedule.warmup_steps = options.schedule.warmup_steps * options.steps / steps_before;
}

}  // namespace gradus
