// An op of your own. Mish (Misra 2019): y = x tanh(softplus(x)).

#include "gradus.h"

using namespace gradus;

// With s = log(1 + e^x), t = tanh(s):  y = x t,  dx = dy (t + x (1 - t²) σ(x))
// x (...) -> y (...)
Tensor mish(const Tensor& x) {
  Tensor t, y;
  {
    const NoGrad values_only;  // these ops compute; the closure below differentiates
    t = tanh(log(1 + exp(x)));
    y = x * t;
  }
  const auto backward = [=](const Tensor& dy, Grad dx) {
    dx += dy * (t + x * (1 - t * t) * sigmoid(x));
  };
  return record("mish", y, backward, x);
}

// The same without a formula for backward: a composite of ops that have theirs.
Tensor composite_mish(const Tensor& x) { return x * tanh(log(1 + exp(x))); }

int main() {
  const Tensor x = randn({3, 4});
  const auto error = [&](Tensor op(const Tensor&)) {
    return gradcheck_error([op](Inputs in) { return op(in[0]); }, std::span(&x, 1));
  };
  fmt::print("largest difference from central differences\n");
  fmt::print("  own backward {:.1e}\n  composite    {:.1e}\n", error(mish), error(composite_mish));

  Tensor leaf = from_data({3}, {-1, 0, 1}).requires_grad_();
  sum(mish(leaf)).backward();
  fmt::print("{}\n", leaf.grad());

  const real most = sizeof(real) == 8 ? real(1e-7) : real(2e-2);
  return error(mish) < most && leaf.grad().defined() ? 0 : 1;
}
