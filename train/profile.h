#pragma once
// Where the time of a training step goes: a stopwatch that is read whenever an op is done, or its
// backward. What lies between two ops (the model's own code, freed memory) counts to the later
// one, and so does an op that is not on the graph: mostly it is a part of that one. The time of the
// bookkeeping itself counts nowhere.
//
// Each row is the best of all steps, which must be alike: other programs and chance only ever add.
// What they added to the fastest whole step is a row of its own, so that the rows add up to it.

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "autograd/observe.h"
#include "train/profile_work.h"

namespace gradus {

enum class Pass { forward, backward, update };

/// All calls of one op in the step in which they took the least time.
struct ProfileRow {
  std::string op = {};
  Pass pass = Pass::update;
  int64_t calls = 0;
  double seconds = 0;
  Work work = {};
};

struct StepProfile {
  const ProfileRow* find(const std::string& op, Pass pass) const;

  std::vector<ProfileRow> rows = {};  // in the order in which they first happened
  double seconds = 0;
};

/// What belongs to no op: the ends of forward and backward.
inline constexpr const char* everything_else = "everything else";
/// The fastest step less the best of every row.
inline constexpr const char* noise = "noise";

class Profiler {
 public:
  /// `causal`: what the model's attention sees, which shapes do not tell.
  explicit Profiler(bool causal) : causal_(causal) {}

  void start_step();
  /// Computes a loss and times its ops.
  Tensor forward(const std::function<Tensor()>& loss);
  /// Runs its backward and times that of every op.
  void backward(const Tensor& loss);
  /// Whatever happened since the last op or lap.
  void lap(const std::string& name, const Work& work = {});
  void end_step();

  /// Of all steps so far.
  StepProfile result() const;

 private:
  using Clock = std::chrono::steady_clock;
  double read_watch() const;
  void add(const std::string& op, Pass pass, double seconds, const Work& work);
  void op_done(const char* op, const Tensor& y, std::span<const Tensor* const> inputs);

  bool causal_;
  StepProfile step_, best_;
  std::unordered_map<uint64_t, Work> backward_work_;  // by the id of the op's node
  Clock::time_point start_{}, watch_{};
  double bookkeeping_ = 0;  // seconds of this step
};

}  // namespace gradus
