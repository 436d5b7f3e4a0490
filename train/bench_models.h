#pragma once
// The models that `gradus bench` trains: a step of each on random tokens, without dropout, as
// PyTorch is measured.

#include <memory>
#include <string>
#include <vector>

#include "nn/module.h"
#include "optim/optimizer.h"
#include "train/bench_floor.h"
#include "train/profile.h"

namespace gradus {

class Bench {
 public:
  virtual ~Bench() = default;

  /// `precision` is that of its products.
  explicit Bench(Precision precision) : precision_(precision) {}
  /// Milliseconds of one training step: forward, backward, clipping, update.
  double step();
  /// The same step, timed part by part.
  void step(Profiler& profiler);

  virtual int64_t tokens() const = 0;
  virtual Floor floor() const = 0;
  /// Whether its attention sees only what came before.
  virtual bool causal() const = 0;

 protected:
  virtual Tensor loss() const = 0;
  virtual const Module& model() const = 0;
  const Precision precision_;
  std::optional<AdamW> optimizer_;
};

/// The presets of GPT, and bert-mini.
std::vector<std::string> bench_names();
std::unique_ptr<Bench> make_bench(const std::string& name, Precision precision, uint64_t seed);

}  // namespace gradus
