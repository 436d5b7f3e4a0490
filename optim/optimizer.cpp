#include "optim/optimizer.h"

#include <algorithm>
#include <cmath>

#include "tensor/creation.h"
#include "tensor/errors.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/optimizer.h"
#include "tensor/kernels/reduce.h"
#include "tensor/map.h"

namespace gradus {
namespace {

void check_not_negative(const char* optimizer, const char* option, real value) {
  check_value(std::isfinite(value) && value >= 0, "{}: {} = {} must be finite and not negative",
              optimizer, option, value);
}

void check_fraction(const char* optimizer, const char* option, real value) {
  check_value(value >= 0 && value < 1, "{}: {} = {} must be in [0, 1)", optimizer, option, value);
}

// The memory of one parameter, zeros at first.
real* state_data(Tensor& state, const Tensor& parameter) {
  if (!state.defined()) state = zeros(parameter.shape());
  return state.mutable_data();
}

// Where products read the parameter in bfloat16, its update writes both.
kernels::bf16* rounded_copy(const Tensor& parameter) {
  const bool whole = parameter.storage()->size() == parameter.numel();
  return whole ? parameter.storage()->mutable_bf16() : nullptr;
}

}  // namespace

void Optimizer::add(const std::vector<NamedTensor>& parameters, const GroupOptions& options) {
  check_not_negative("optimizer", "lr_scale", options.lr_scale);
  check_not_negative("optimizer", "weight_decay", options.weight_decay.value_or(0));
  for (const NamedTensor& p : parameters) {
    check_value(p.tensor.node() != nullptr, "optimizer: '{}' is not a parameter", p.name);
    check_value(p.tensor.is_contiguous(), "optimizer: '{}' must be dense; use contiguous()",
                p.name);
    const bool known = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
      return slot.parameter.node() == p.tensor.node();
    });
    if (known) continue;
    std::erase_if(slots_, [&](const Slot& slot) { return slot.name == p.name; });  // replaced
    slots_.push_back({p.name, p.tensor, options.lr_scale, options.weight_decay,
                      std::vector<Tensor>(state_names_.size())});
  }
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.parameter.zero_grad();
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> result;
  for (const Slot& slot : slots_) {
    if (slot.steps > 0)
      result.push_back({"step." + slot.name, scalar(static_cast<real>(slot.steps))});
    for (size_t i = 0; i < state_names_.size(); ++i) {
      if (slot.state[i].defined())
        result.push_back({state_names_[i] + "." + slot.name, slot.state[i]});
    }
  }
  return result;
}

void Optimizer::load_state(const std::vector<NamedTensor>& state) {
  for (const NamedTensor& saved : state) {
    bool found = false;
    for (Slot& slot : slots_) {
      if (saved.name == "step." + slot.name) {
        slot.steps = static_cast<int64_t>(saved.tensor.item());
        found = true;
      }
      for (size_t i = 0; i < state_names_.size(); ++i) {
        if (state_names_[i] + "." + slot.name != saved.name) continue;
        check_value(saved.tensor.shape() == slot.parameter.shape(),
                    "optimizer: state '{}' has shape {}, the parameter {}", saved.name,
                    saved.tensor.shape(), slot.parameter.shape());
        slot.state[i] = dense_copy(saved.tensor);
        found = true;
      }
    }
    check_value(found, "optimizer: state '{}' belongs to no parameter", saved.name);
  }
}

SGD::SGD(const std::vector<NamedTensor>& parameters, const SGDOptions& options)
    : Optimizer({"velocity"}), lr(options.lr), options_(options) {
  check_not_negative("SGD", "lr", options.lr);
  check_not_negative("SGD", "momentum", options.momentum);
  check_not_negative("SGD", "dampening", options.dampening);
  check_not_negative("SGD", "weight_decay", options.weight_decay);
  check_value(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
              "SGD: nesterov needs momentum and no dampening");
  add(parameters);
}

void SGD::step(real grad_scale) {
  for (Slot& slot : slots_) {
    const Tensor grad = slot.parameter.grad();
    if (!grad.defined() || !slot.parameter.requires_grad()) continue;
    ++slot.steps;
    const kernels::SgdUpdate update{
        .lr = lr * slot.lr_scale,
        .momentum = options_.momentum,
        .dampening = options_.dampening,
        .weight_decay = slot.weight_decay.value_or(options_.weight_decay),
        .nesterov = options_.nesterov,
        .first_step = !slot.state[0].defined(),
        .grad_scale = grad_scale};
    real* velocity = options_.momentum > 0 ? state_data(slot.state[0], slot.parameter) : nullptr;
    kernels::sgd(update, grad.numel(), grad.data(), velocity, slot.parameter.mutable_data());
  }
}

Adam::Adam(const std::vector<NamedTensor>& parameters, const AdamOptions& options)
    : Optimizer({"m", "v"}), lr(options.lr), options_(options) {
  check_not_negative("Adam", "lr", options.lr);
  check_fraction("Adam", "beta1", options.beta1);
  check_fraction("Adam", "beta2", options.beta2);
  check_not_negative("Adam", "eps", options.eps);
  check_not_negative("Adam", "weight_decay", options.weight_decay);
  add(parameters);
}

void Adam::update(bool decoupled, real grad_scale) {
  // In double: 1 - 0.999 ** 1 has four good digits in single precision.
  const auto correction = [&](real beta, int64_t steps) {
    const double power = std::pow(static_cast<double>(beta), static_cast<double>(steps));
    return options_.bias_correction ? static_cast<real>(1 - power) : real(1);
  };
  for (Slot& slot : slots_) {
    const Tensor grad = slot.parameter.grad();
    if (!grad.defined() || !slot.parameter.requires_grad()) continue;
    ++slot.steps;
    const bool decays = !decoupled || slot.parameter.rank() >= 2;
    const kernels::AdamUpdate update{
        .lr = lr * slot.lr_scale,
        .beta1 = options_.beta1,
        .beta2 = options_.beta2,
        .eps = options_.eps,
        .weight_decay = slot.weight_decay.value_or(decays ? options_.weight_decay : 0),
        .correction1 = correction(options_.beta1, slot.steps),
        .correction2 = correction(options_.beta2, slot.steps),
        .decoupled = decoupled,
        .grad_scale = grad_scale};
    real* m = state_data(slot.state[0], slot.parameter);
    real* v = state_data(slot.state[1], slot.parameter);
    real* w = slot.parameter.mutable_data();
    kernels::adam(update, grad.numel(), grad.data(), m, v, w, rounded_copy(slot.parameter));
  }
}

double grad_norm(const std::vector<NamedTensor>& parameters) {
  double squares = 0;
  for (const NamedTensor& p : parameters) {
    const Tensor grad = p.tensor.grad();
    if (grad.defined()) squares += kernels::sum_of_squares(grad.numel(), grad.data());
  }
  return std::sqrt(squares);
}

real clip_scale(double norm, double max_norm) {
  check_value(max_norm >= 0, "gradient clipping: max_norm {} must not be negative", max_norm);
  if (!std::isfinite(norm) || norm <= max_norm) return 1;
  return static_cast<real>(max_norm / (norm + 1e-6));
}

double clip_grad_norm(const std::vector<NamedTensor>& parameters, double max_norm) {
  const double norm = grad_norm(parameters);
  const real scale = clip_scale(norm, max_norm);
  if (scale == 1) return norm;
  for (const NamedTensor& p : parameters) {
    Tensor grad = p.tensor.grad();
    if (!grad.defined()) continue;
    real* values = grad.mutable_data();
    kernels::affine(grad.numel(), scale, values, 0, values);
  }
  return norm;
}

}  // namespace gradus
