// Softmax and its logarithm along one dimension.

#include "tensor/kernels/softmax.h"

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// The kernels work on rows. Along any other dimension: bring it last, and back afterwards.
bool is_last(const Tensor& x, int d) { return x.shape().axis(d) == x.rank() - 1; }

// Rows along the last dimension.
int64_t count_rows(const Tensor& x) { return x.dim(-1) == 0 ? 0 : x.numel() / x.dim(-1); }

}  // namespace

// y_i = e^(x_i) / Σ_j e^(x_j),  dx = y (dy - Σ dy y)
Tensor softmax(const Tensor& x, int d) {
  if (!is_last(x, d)) return softmax(x.transpose(d, -1), -1).transpose(d, -1);
  const int64_t N = count_rows(x), C = x.dim(-1);
  Tensor y(x.shape());
  kernels::softmax(N, C, dense(x).data(), y.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor buffer = dx.buffer();
    kernels::softmax_backward(N, C, y.data(), dy.data(), buffer.mutable_data());
  };
  return record("softmax", y, backward, x);
}

// y_i = x_i - log Σ_j e^(x_j),  dx = dy - e^y Σ dy
Tensor log_softmax(const Tensor& x, int d) {
  if (!is_last(x, d)) return log_softmax(x.transpose(d, -1), -1).transpose(d, -1);
  const int64_t N = count_rows(x), C = x.dim(-1);
  Tensor y(x.shape());
  kernels::log_softmax(N, C, dense(x).data(), y.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor buffer = dx.buffer();
    kernels::log_softmax_backward(N, C, y.data(), dy.data(), buffer.mutable_data());
  };
  return record("log_softmax", y, backward, x);
}

namespace {

OpSample sample(const char* op, Tensor f(const Tensor&, int), int d) {
  return {.op = op,
          .inputs = {{2, 3, 4}},
          .fn = [=](Inputs x) { return f(x[0], d); },
          .low = -2,
          .high = 2,
          .zero_size = {{0, 3, 4}},
          .errors = {{{{}}, fmt::format("dimension {} does not exist in shape ()", d)}}};
}

const SampleRegistrar softmax_samples{sample("softmax", softmax, -1), sample("softmax", softmax, 1),
                                      sample("log_softmax", log_softmax, -1),
                                      sample("log_softmax", log_softmax, 0)};

}  // namespace
}  // namespace gradus
