#pragma once
// Optimizers. A parameter without a gradient (frozen, or not used in this step) stays as it is.
// lr is public: a schedule sets it before every step.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/named_tensor.h"

namespace gradus {

/// How a group of parameters differs from the others.
struct GroupOptions {
  real lr_scale = 1;                      // multiplies lr
  std::optional<real> weight_decay = {};  // instead of the optimizer's
};

/// What all optimizers share: the parameters and the tensors remembered for each of them.
class Optimizer {
 public:
  /// Adds parameters, e.g. of a head made later. Those it already has stay as they are; one that
  /// Module::replace() put in the place of another begins afresh under its name.
  void add(const std::vector<NamedTensor>& parameters, const GroupOptions& options = {});
  void zero_grad();

  /// The state for a checkpoint, under names such as "m.h.0.ln_1.weight", and
  /// "step.h.0.ln_1.weight" for the number of updates. Only what exists yet.
  std::vector<NamedTensor> state() const;
  /// Puts a saved state back. Throws ValueError on names or shapes that do not belong here.
  void load_state(const std::vector<NamedTensor>& state);

 protected:
  explicit Optimizer(std::vector<std::string> state_names) : state_names_(std::move(state_names)) {}
  Optimizer(Optimizer&&) = default;
  ~Optimizer() = default;

  struct Slot {
    std::string name;
    Tensor parameter;
    real lr_scale;
    std::optional<real> weight_decay;
    std::vector<Tensor> state;  // one per state name, undefined until the first step
    int64_t steps = 0;          // updates of this parameter: it may have come late or been frozen
  };
  std::vector<Slot> slots_;

 private:
  std::vector<std::string> state_names_;
};

struct SGDOptions {
  real lr = real(1e-2);
  real momentum = 0;
  real dampening = 0;
  real weight_decay = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent; momentum and Nesterov as in Sutskever et al. 2013 and PyTorch.
class SGD : public Optimizer {
 public:
  /// Throws ValueError on options outside their range.
  explicit SGD(const std::vector<NamedTensor>& parameters, const SGDOptions& options = {});
  /// As if every gradient were grad_scale times what it is (clip_scale).
  void step(real grad_scale = 1);
  real lr;

 private:
  SGDOptions options_;
};

struct AdamOptions {
  real lr = real(1e-3);
  real beta1 = real(0.9);
  real beta2 = real(0.999);
  real eps = real(1e-8);
  real weight_decay = 0;
  bool bias_correction = true;  // BERT trained without
};

/// Adam (Kingma & Ba 2015, algorithm 1). weight_decay adds to the gradient.
class Adam : public Optimizer {
 public:
  /// Throws ValueError on options outside their range.
  explicit Adam(const std::vector<NamedTensor>& parameters, const AdamOptions& options = {});
  /// As if every gradient were grad_scale times what it is (clip_scale).
  void step(real grad_scale = 1) { update(false, grad_scale); }
  real lr;

 protected:
  void update(bool decoupled, real grad_scale);

 private:
  AdamOptions options_;
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2). Tensors below two
/// dimensions, biases and norms, do not decay unless their group says so.
class AdamW : public Adam {
 public:
  using Adam::Adam;
  void step(real grad_scale = 1) { update(true, grad_scale); }
};

/// The common norm of all gradients: the root of the sum of all their squares.
double grad_norm(const std::vector<NamedTensor>& parameters);
/// What gradients of this norm are multiplied with for it to be at most max_norm (Pascanu et al.
/// 2013); 1 if it is, or is not finite. For step(), which then reads gradients and writes none.
/// Throws ValueError if max_norm is negative or NaN.
real clip_scale(double norm, double max_norm);
/// Scales all gradients so that their common norm is at most max_norm (Pascanu et al. 2013).
/// Returns the norm before; if that is not finite, nothing is scaled. Throws ValueError if max_norm
/// is negative or NaN.
double clip_grad_norm(const std::vector<NamedTensor>& parameters, double max_norm);

}  // namespace gradus
