#pragma once
// Learning-rate schedules: warm-up, then constant, linear or cosine decay.

#include <numbers>

#include "tensor/real.h"

namespace gradus {

enum class Decay { constant, linear, cosine };

/// lr as a function of the step, counted from 0. It rises linearly from 0 at step 0 to `lr` at
/// step `warmup_steps`, stays there up to step `decay_start` if that comes later (a trapezoid:
/// Hägele et al. 2024), and falls to `min_lr` at step `decay_steps`, where it stays.
struct Schedule {
  Decay decay = Decay::constant;
  real lr = real(1e-3);
  real min_lr = 0;
  int64_t warmup_steps = 0;
  int64_t decay_start = 0;
  int64_t decay_steps = 0;  // 0 with Decay::constant

  real operator()(int64_t step) const;
};

/// The cosine schedule of nanoGPT and of Loshchilov & Hutter 2017, eq. 5, with warm-up.
real warmup_cosine(int64_t step, const Schedule& schedule);
real warmup_linear(int64_t step, const Schedule& schedule);
real warmup_constant(int64_t step, const Schedule& schedule);

}  // namespace gradus
