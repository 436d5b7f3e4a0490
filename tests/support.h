#pragma once
// What tests share: comparing tensors with a message that says where they differ, and making
// tensors of equal values that lie differently in memory.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "autograd/mode.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "tensor/errors.h"
#include "tensor/map.h"
#include "tensor/parallel.h"

namespace gradus::testing {

constexpr bool in_double = sizeof(real) == 8;

/// Sums and products of a few dozen numbers of size 1 come out this close in either build.
constexpr real close_enough = in_double ? real(1e-12) : real(1e-5);

/// Empty if |x - expected| <= tolerance * max(1, |expected|) everywhere, else where it is not.
inline std::string difference(const Tensor& x, const Tensor& expected,
                              real tolerance = close_enough) {
  if (!x.defined() || !expected.defined()) {
    return x.defined() == expected.defined() ? "" : "one of the tensors is undefined";
  }
  if (x.shape() != expected.shape()) {
    return fmt::format("shape {} instead of {}", x.shape(), expected.shape());
  }
  const std::vector<real> a = x.to_vector(), b = expected.to_vector();
  for (size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    const bool near = std::abs(a[i] - b[i]) <= tolerance * std::max(real(1), std::abs(b[i]));
    if (!same && !near) {
      return fmt::format("element {} of {} is {} instead of {}", i, x.shape(), a[i], b[i]);
    }
  }
  return "";
}

/// Empty if every bit is the same.
inline std::string bit_difference(const Tensor& x, const Tensor& expected) {
  return difference(x, expected, 0);
}

/// The sentence that f() throws as an E; "nothing was thrown" if it does not throw.
template <class E = Error, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Tensors with the values of x and other strides.

/// Columns dense instead of rows: a transposed view of transposed memory.
inline Tensor in_transposed_memory(const Tensor& x) {
  if (x.rank() < 2) return x.clone().detach();
  Tensor turned = dense_copy(x.detach().transpose(0, -1));
  return turned.transpose(0, -1);
}

/// Every second element of every dimension of a larger tensor that is NaN elsewhere.
inline Tensor in_strided_memory(const Tensor& x) {
  Shape larger = x.shape();
  for (int d = 0; d < x.rank(); ++d) larger[d] = 2 * x.shape()[d] + 1;
  Tensor view = full(larger, std::numeric_limits<real>::quiet_NaN());
  for (int d = 0; d < x.rank(); ++d) view = view.slice(d, 1, larger[d], 2);
  return view.copy_(x.detach());
}

/// Dense, but not at the beginning of its storage.
inline Tensor at_an_offset(const Tensor& x) {
  Tensor memory(Shape{x.numel() + 3});
  Tensor view = memory.narrow(0, 3, x.numel()).view(x.shape());
  return view.copy_(x.detach());
}

/// Puts the number of threads back.
class ThreadGuard {
 public:
  explicit ThreadGuard(int threads) : previous_(num_threads()) { set_num_threads(threads); }
  ~ThreadGuard() { set_num_threads(previous_); }
  ThreadGuard(const ThreadGuard&) = delete;
  ThreadGuard& operator=(const ThreadGuard&) = delete;

 private:
  int previous_;
};

}  // namespace gradus::testing
