#include "optim/schedule.h"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

// Progress of the decay: 0 until its start, 1 at decay_steps and after.
double progress(int64_t step, const Schedule& s) {
  const int64_t start = std::max(s.warmup_steps, s.decay_start);
  const double length = static_cast<double>(std::max<int64_t>(s.decay_steps - start, 1));
  return std::clamp(static_cast<double>(step - start) / length, 0.0, 1.0);
}

// `remaining` in [0, 1] is what the decay has left of the way from lr to min_lr.
real with_warmup(int64_t step, const Schedule& s, double remaining) {
  const double lr = static_cast<double>(s.lr), min_lr = static_cast<double>(s.min_lr);
  if (step < s.warmup_steps) {
    return static_cast<real>(lr * static_cast<double>(step) / static_cast<double>(s.warmup_steps));
  }
  return static_cast<real>(min_lr + remaining * (lr - min_lr));
}

}  // namespace

real warmup_constant(int64_t step, const Schedule& s) { return with_warmup(step, s, 1); }

real warmup_linear(int64_t step, const Schedule& s) {
  return with_warmup(step, s, 1 - progress(step, s));
}

real warmup_cosine(int64_t step, const Schedule& s) {
  return with_warmup(step, s, 0.5 * (1 + std::cos(std::numbers::pi * progress(step, s))));
}

real Schedule::operator()(int64_t step) const {
  switch (decay) {
    case Decay::constant:
      return warmup_constant(step, *this);
    case Decay::linear:
      return warmup_linear(step, *this);
    case Decay::cosine:
      return warmup_cosine(step, *this);
  }
  return lr;
}

}  // namespace gradus
