// Arithmetic on pairs of numbers that broadcast. The gradient of a broadcast input is summed over
// the dimensions in which it was repeated: sum_to.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {

// y = a + b,  da = dy,  db = dy
Tensor add(const Tensor& a, const Tensor& b) {
  Tensor y = map("add", a, b, kernels::add);
  auto backward = [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(dy, sa);
    if (db) db += sum_to(dy, sb);
  };
  return record("add", y, backward, a, b);
}

// y = a - b,  da = dy,  db = -dy
Tensor sub(const Tensor& a, const Tensor& b) {
  Tensor y = map("sub", a, b, kernels::sub);
  auto backward = [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(dy, sa);
    if (db) db += sum_to(-dy, sb);
  };
  return record("sub", y, backward, a, b);
}

// y = a b,  da = dy b,  db = dy a
Tensor mul(const Tensor& a, const Tensor& b) {
  Tensor y = map("mul", a, b, kernels::mul);
  auto backward = [=](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(dy * b, a.shape());
    if (db) db += sum_to(dy * a, b.shape());
  };
  return record("mul", y, backward, a, b);
}

// y = a / b,  da = dy / b,  db = -dy a / b²
Tensor div(const Tensor& a, const Tensor& b) {
  Tensor y = map("div", a, b, kernels::div);
  auto backward = [=](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(dy / b, a.shape());
    if (db) db += sum_to(-dy * y / b, b.shape());
  };
  return record("div", y, backward, a, b);
}

// y = scale x + shift,  dx = scale dy
Tensor affine(const Tensor& x, real scale, real shift) {
  const Tensor in = dense(x);
  Tensor y(x.shape());
  kernels::affine(x.numel(), scale, in.data(), shift, y.mutable_data());
  return record(
      "affine", y, [=](const Tensor& dy, Grad dx) { dx += dy * scale; }, x);
}

// y = -x,  dx = -dy
Tensor neg(const Tensor& x) { return affine(x, -1, 0); }

// y = x^p,  dx = dy p x^(p-1)
Tensor pow(const Tensor& x, real exponent) {
  const Tensor in = dense(x);
  Tensor y(x.shape());
  kernels::pow_scalar(x.numel(), in.data(), exponent, y.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx) {
    // The derivative of x^0 = 1 is 0, also at x = 0.
    dx += exponent == 0 ? zeros(x.shape()) : dy * (exponent * pow(x, exponent - 1));
  };
  return record("pow", y, backward, x);
}

// y = x^p,  dx = dy p x^(p-1),  dp = dy y log(x), where log(0) counts as 0
Tensor pow(const Tensor& x, const Tensor& exponent) {
  Tensor y = map("pow", x, exponent, kernels::pow);
  auto backward = [=](const Tensor& dy, Grad dx, Grad dp) {
    const Tensor& p = exponent;
    if (dx) {
      const Tensor slope = where(equal(p, scalar(0)), zeros(p.shape()), p * pow(x, p - 1));
      dx += sum_to(dy * slope, x.shape());
    }
    if (dp) {
      const Tensor logx = where(equal(x, scalar(0)), zeros(x.shape()), log(x));
      dp += sum_to(dy * y * logx, p.shape());
    }
  };
  return record("pow", y, backward, x, exponent);
}

namespace {

// The share of dy that goes to `winner`, whose value is y: all where it won, half on a tie.
Tensor won(const Tensor& winner, const Tensor& loser, const Tensor& y) {
  const Tensor tie = equal(winner, loser);
  return equal(winner, y) * (1 - tie * real(0.5));
}

Tensor select_pair(const char* op, const Tensor& a, const Tensor& b, kernels::Binary f) {
  Tensor y = map(op, a, b, f);
  auto backward = [=](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(dy * won(a, b, y), a.shape());
    if (db) db += sum_to(dy * won(b, a, y), b.shape());
  };
  return record(op, y, backward, a, b);
}

}  // namespace

// y = max(a, b): dy goes to the larger, half each way on a tie
Tensor maximum(const Tensor& a, const Tensor& b) {
  return select_pair("maximum", a, b, kernels::max);
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return select_pair("minimum", a, b, kernels::min);
}

Tensor equal(const Tensor& a, const Tensor& b) { return map("equal", a, b, kernels::equal); }
Tensor less(const Tensor& a, const Tensor& b) { return map("less", a, b, kernels::less); }
Tensor less_equal(const Tensor& a, const Tensor& b) {
  return map("less_equal", a, b, kernels::less_equal);
}

namespace {

const std::vector<Shape> pair = {{2, 3}, {3}};
const std::vector<Shape> empty_pair = {{0, 3}, {3}};

std::vector<ErrorSample> mismatch(const char* op) {
  return {
      {{{2, 3}, {4}},
       fmt::format("{}: shapes (2, 3) and (4) do not broadcast: 3 meets 4, and neither is 1", op)}};
}

const SampleRegistrar arithmetic_samples{
    {.op = "add",
     .inputs = pair,
     .fn = [](Inputs x) { return x[0] + x[1]; },
     .zero_size = empty_pair,
     .errors = mismatch("add")},
    {.op = "sub",
     .inputs = {{3}, {2, 1, 3}},
     .fn = [](Inputs x) { return x[0] - x[1]; },
     .zero_size = empty_pair,
     .errors = mismatch("sub")},
    {.op = "mul",
     .inputs = {{2, 1, 3}, {4, 1}},
     .fn = [](Inputs x) { return x[0] * x[1]; },
     .zero_size = empty_pair,
     .errors = mismatch("mul")},
    {.op = "div",
     .inputs = pair,
     .fn = [](Inputs x) { return x[0] / x[1]; },
     .low = real(0.5),
     .high = 2,
     .zero_size = empty_pair,
     .errors = mismatch("div")},
    {.op = "neg", .inputs = {{2, 3}}, .fn = [](Inputs x) { return -x[0]; }, .zero_size = {{0}}},
    {.op = "affine",
     .inputs = {{2, 3}},
     .fn = [](Inputs x) { return 2 - 3 * x[0]; },
     .zero_size = {{0}}},
    {.op = "pow",
     .inputs = {{2, 3}},
     .fn = [](Inputs x) { return pow(x[0], real(2.5)); },
     .low = real(0.5),
     .high = 2,
     .zero_size = {{0}}},
    {.op = "pow",
     .inputs = pair,
     .fn = [](Inputs x) { return pow(x[0], x[1]); },
     .low = real(0.5),
     .high = 2,
     .zero_size = empty_pair,
     .errors = mismatch("pow")},
    {.op = "maximum",
     .inputs = pair,
     .fn = [](Inputs x) { return maximum(x[0], x[1]); },
     .zero_size = empty_pair,
     .errors = mismatch("maximum")},
    {.op = "minimum",
     .inputs = pair,
     .fn = [](Inputs x) { return minimum(x[0], x[1]); },
     .zero_size = empty_pair,
     .errors = mismatch("minimum")},
};

}  // namespace
}  // namespace gradus
