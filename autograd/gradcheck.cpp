#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd/mode.h"
#include "tensor/creation.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

struct Worst {
  real error = 0;
  size_t input = 0;
  int64_t element = 0;
  double analytic = 0, numeric = 0;
};

// Σ y dy: the scalar whose derivative the vector-Jacobian product is.
double weighted_sum(const Tensor& y, const Tensor& dy) {
  const Tensor values = dense(y);
  double total = 0;
  for (int64_t i = 0; i < y.numel(); ++i) {
    total += static_cast<double>(values.data()[i]) * static_cast<double>(dy.data()[i]);
  }
  return total;
}

Worst compare(const std::function<Tensor(Inputs)>& fn, std::span<const Tensor> inputs,
              const GradcheckOptions& options) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) leaves.push_back(x.clone().detach().requires_grad_());
  const Tensor y = fn(leaves);
  const Tensor dy = rand(y.shape(), Draw{42, 0});
  y.backward(dy);

  const NoGrad guard;
  Worst worst;
  for (size_t k = 0; k < leaves.size(); ++k) {
    const Tensor grad = leaves[k].grad().defined() ? leaves[k].grad() : zeros(leaves[k].shape());
    for (int64_t i = 0; i < leaves[k].numel(); ++i) {
      const real x = leaves[k].data()[i];
      leaves[k].mutable_data()[i] = x + options.step;
      const double above = weighted_sum(fn(leaves), dy);
      leaves[k].mutable_data()[i] = x - options.step;
      const double below = weighted_sum(fn(leaves), dy);
      leaves[k].mutable_data()[i] = x;
      const double numeric = (above - below) / (2 * static_cast<double>(options.step));
      const double analytic = static_cast<double>(grad.data()[i]);
      const double scale = std::max({1.0, std::abs(analytic), std::abs(numeric)});
      const real error = static_cast<real>(std::abs(analytic - numeric) / scale);
      if (std::isnan(error)) return {error, k, i, analytic, numeric};
      if (error > worst.error) worst = {error, k, i, analytic, numeric};
    }
  }
  return worst;
}

}  // namespace

real gradcheck_error(const std::function<Tensor(Inputs)>& fn, std::span<const Tensor> inputs,
                     const GradcheckOptions& options) {
  return compare(fn, inputs, options).error;
}

void gradcheck(const std::function<Tensor(Inputs)>& fn, std::span<const Tensor> inputs,
               const GradcheckOptions& options) {
  const Worst worst = compare(fn, inputs, options);
  check<GraphError>(worst.error <= options.tolerance,
                    "gradcheck: element {} of input {} has gradient {}, differences say {}",
                    worst.element, worst.input, worst.analytic, worst.numeric);
}

}  // namespace gradus
