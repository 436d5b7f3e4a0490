#include "nn/audit.h"

#include <cmath>
#include <cstring>
#include <unordered_set>

#include "autograd/mode.h"
#include "autograd/observe.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// An op that was computed. Tensors are told apart by their storage, which a view and a detached
// copy share with what they show; holding the tensors keeps every storage alive, so that none is
// used twice.
struct Computed {
  std::string op;
  Tensor y;
  std::vector<Tensor> inputs;
};

using Storages = std::unordered_set<const Storage*>;

std::vector<Computed> watch(const std::function<Tensor()>& loss, Tensor& result) {
  std::vector<Computed> all;
  const Observe observe([&](const char* op, Tensor& y, std::span<const Tensor* const> inputs) {
    if (y.node() != nullptr) y.retain_grad();
    all.push_back({op, y, {}});
    for (const Tensor* x : inputs) all.back().inputs.push_back(*x);
  });
  result = loss();
  return all;
}

bool all_are(const Tensor& x, bool (*property)(double)) {
  const std::vector<real> values = x.to_vector();
  return std::all_of(values.begin(), values.end(),
                     [&](real v) { return property(static_cast<double>(v)); });
}
bool is_zero(double v) { return v == 0; }
bool is_finite(double v) { return std::isfinite(v); }

// A number that is not one is the same as itself.
bool same_bits(const Tensor& a, const Tensor& b) {
  const std::vector<real> x = a.to_vector(), y = b.to_vector();
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(real)) == 0;
}

double norm_of(const Tensor& x) {
  double squares = 0;
  for (const real v : x.to_vector()) squares += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(squares);
}

// Follows the parameter through all ops that depend on it, up to the last one whose result or input
// has lost its history. (Ops in the forward of another op lose theirs before it is recorded.)
std::string where_cut(const Tensor& parameter, const std::vector<Computed>& all) {
  Storages dependent{parameter.storage().get()};
  bool used = false;
  std::string cut;
  for (const Computed& c : all) {
    for (const Tensor& x : c.inputs) {
      if (!x.defined() || !dependent.contains(x.storage().get())) continue;
      used = true;
      if (x.node() == nullptr) {
        cut = fmt::format("{} got it without its history: detach() stands before it", c.op);
      } else if (c.y.node() == nullptr) {
        cut = fmt::format("{} was computed while nothing was recorded (NoGrad)", c.op);
      } else {
        dependent.insert(c.y.storage().get());
      }
    }
  }
  if (!used) return "the loss does not use it";
  return cut.empty() ? "no result that depends on it is part of the loss" : cut;
}

// The first result, on the way back, whose gradient is not finite; or the first that is not finite
// itself, on the way there.
std::string where_broken(const std::vector<Computed>& all) {
  for (const Computed& c : all) {
    if (!all_are(c.y, is_finite)) return fmt::format("the result of {} is not finite", c.op);
  }
  for (auto c = all.rbegin(); c != all.rend(); ++c) {
    const Tensor dy = c->y.grad();
    if (dy.defined() && !all_are(dy, is_finite))
      return fmt::format("the gradient that reaches the result of {} is not finite", c->op);
  }
  return "the last op before it made it so";
}

std::string where_zero(const Tensor& parameter, const std::vector<Computed>& all) {
  for (const Computed& c : all) {
    for (const Tensor& x : c.inputs) {
      if (!x.defined() || x.storage() != parameter.storage()) continue;
      const Tensor dy = c.y.grad();
      if (dy.defined() && all_are(dy, is_zero))
        return fmt::format("the gradient that reaches {}, which reads it, is zero already", c.op);
      return fmt::format("{}, which reads it, gives it zero", c.op);
    }
  }
  return {};
}

}  // namespace

std::vector<AuditedParameter> audit_gradients(Module& model, const std::function<Tensor()>& loss) {
  model.zero_grad();
  Tensor result;
  const std::vector<Computed> all = watch(loss, result);
  if (result.requires_grad()) result.backward();
  std::vector<AuditedParameter> report;
  for (const NamedTensor& p : model.named_parameters()) {
    AuditedParameter audited{p.name, p.tensor.shape()};
    const Tensor grad = p.tensor.grad();
    if (!p.tensor.requires_grad()) {
      audited.state = GradientState::frozen;
    } else if (!grad.defined()) {
      audited.state = GradientState::none;
      audited.reason = where_cut(p.tensor, all);
    } else if (!all_are(grad, is_finite)) {
      audited.state = GradientState::not_finite;
      audited.reason = where_broken(all);
    } else if (all_are(grad, is_zero)) {
      audited.state = GradientState::zero;
      audited.reason = where_zero(p.tensor, all);
    }
    if (grad.defined()) audited.norm = norm_of(grad);
    report.push_back(std::move(audited));
  }
  model.zero_grad();
  return report;
}

std::optional<Leak> find_leak(const std::function<Tensor(const Tokens&)>& model, const Tokens& ids,
                              int64_t vocab_size) {
  check_shape(ids.shape.rank() == 2, "find_leak: ids {} must be (B, T)", ids.shape);
  check_value(vocab_size >= 2, "find_leak: a vocabulary of {} has no other token", vocab_size);
  const EvalMode evaluation;
  const int64_t B = ids.dim(0), T = ids.dim(1);
  const auto results = [&](const Tokens& tokens) {
    const Tensor y = model(tokens);
    check_shape(y.rank() >= 2 && y.dim(0) == B && y.dim(1) == T,
                "find_leak: results {} must be (B, T, ...) for ids {}", y.shape(), ids.shape);
    return y;
  };
  const Tensor original = results(ids);
  for (int64_t t = 1; t < T; ++t) {
    Tokens other = ids;
    for (int64_t b = 0; b < B; ++b) {
      int32_t& id = other.data()[b * T + t];
      id = static_cast<int32_t>((id + 1) % vocab_size);
    }
    const Tensor changed = results(other);
    for (int64_t s = 0; s < t; ++s) {
      if (!same_bits(changed.select(1, s), original.select(1, s))) return Leak{t, s};
    }
  }
  return {};
}

}  // namespace gradus
