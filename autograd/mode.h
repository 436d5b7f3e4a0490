#pragma once
// Modes are guards: while one lives, the mode holds on this thread. Training is the default.

namespace gradus {

/// Whether ops record themselves on the graph.
bool grad_enabled();
/// Whether dropout drops.
bool is_training();

/// Sets both modes while it lives and restores them afterwards.
class ModeGuard {
 public:
  ModeGuard(bool grad, bool training);
  ~ModeGuard();
  ModeGuard(const ModeGuard&) = delete;
  ModeGuard& operator=(const ModeGuard&) = delete;

 private:
  bool grad_, training_;
};

/// Ops are computed but not recorded.
struct NoGrad : ModeGuard {
  NoGrad() : ModeGuard(false, is_training()) {}
};

/// Ops are recorded again inside a NoGrad.
struct EnableGrad : ModeGuard {
  EnableGrad() : ModeGuard(true, is_training()) {}
};

/// Evaluation: nothing is recorded and dropout lets everything through.
struct EvalMode : ModeGuard {
  EvalMode() : ModeGuard(false, false) {}
};

}  // namespace gradus
