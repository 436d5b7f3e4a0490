// An op of one's own through record().

#include "autograd/record.h"

#include "autograd/gradcheck.h"
#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// y = a b + a,  da = dy (b + 1),  db = dy a
Tensor fused(const Tensor& a, const Tensor& b) {
  const Tensor y = a.detach() * b.detach() + a.detach();
  auto backward = [=](const Tensor& dy, Grad da, Grad db) {
    if (da) da += dy * (b + real(1));
    if (db) db += dy * a;
  };
  return record("fused", y, backward, a, b);
}

// y = Σ weight_i x_i for any number of inputs
Tensor weighted(std::span<const Tensor> tensors) {
  Tensor y = zeros(tensors[0].shape());
  for (size_t i = 0; i < tensors.size(); ++i) add_into(y, tensors[i], static_cast<real>(i + 1));
  auto backward = [](const Tensor& dy, std::span<const Grad> dx) {
    for (size_t i = 0; i < dx.size(); ++i) {
      if (!dx[i]) continue;
      Tensor sum_so_far = dx[i].buffer();
      add_into(sum_so_far, dy, static_cast<real>(i + 1));
    }
  };
  return record("weighted", y, backward, tensors);
}

// y = a + 2 b, whose backward holds the buffers of both gradients at once.
Tensor holds_both(const Tensor& a, const Tensor& b) {
  auto backward = [](const Tensor& dy, Grad da, Grad db) {
    Tensor buffer_a = da.buffer(), buffer_b = db.buffer();
    add_into(buffer_a, dy);
    add_into(buffer_b, dy, 2);
  };
  return record("holds_both", a.detach() + b.detach() * real(2), backward, a, b);
}

// A fault on purpose: the gradient of x² without its 2.
Tensor wrong_square(const Tensor& x) {
  auto backward = [=](const Tensor& dy, Grad dx) { dx += dy * x.detach(); };
  const Tensor values = x.detach() * x.detach();
  return record("wrong_square", values, backward, x);
}

Tensor gradient_of(const Tensor& x, real value) {
  auto backward = [=](const Tensor&, Grad dx) { dx += full({2}, value); };
  return record("gradient_of", x.detach() * real(2), backward, x);
}

}  // namespace

TEST_CASE("an op of one's own passes gradcheck") {
  const Tensors inputs{uniform({2, 3}, -1, 1, 0), uniform({2, 3}, -1, 1, 1)};
  CHECK_NOTHROW(gradcheck([](Inputs x) { return fused(x[0], x[1]); }, inputs));
}

TEST_CASE("an op of any number of inputs passes gradcheck, wanted or not") {
  const Tensors inputs{uniform({3}, -1, 1, 0), uniform({3}, -1, 1, 1), uniform({3}, -1, 1, 2)};
  CHECK_NOTHROW(gradcheck([](Inputs x) { return weighted(x); }, inputs));
  Tensor only = ones({3}).requires_grad_();
  sum(weighted(Tensors{ones({3}), only})).backward();
  CHECK(only.grad().to_vector() == std::vector<real>{2, 2, 2});
}

TEST_CASE("gradcheck names the element of a wrong gradient") {
  const Tensors inputs{from_data({2}, {0, 3})};  // right at 0, wrong at 3
  const auto fn = [](Inputs x) { return wrong_square(x[0]); };
  CHECK(gradcheck_error(fn, inputs) > real(0.1));
  CHECK(contains(message_of<GraphError>([&] { gradcheck(fn, inputs); }),
                 "gradcheck: element 1 of input 0 has gradient"));
}

TEST_CASE("gradcheck does not accept a NaN, whatever comes after it") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensors inputs{ones({2}), ones({2})};
  const auto fn = [=](Inputs x) { return gradient_of(x[0], nan) + x[1]; };
  CHECK(std::isnan(gradcheck_error(fn, inputs)));
  CHECK_THROWS_AS(gradcheck(fn, inputs), GraphError);
}

TEST_CASE("an undefined input means absent and gets no gradient") {
  Tensor x = uniform({2, 3}, -1, 1, 0).requires_grad_();
  const Tensor weight = uniform({4, 3}, -1, 1, 1);
  CHECK_NOTHROW(sum(linear(x, weight, {})).backward());
  CHECK(x.grad().shape() == x.shape());
}

TEST_CASE("an op of one tensor twice may hold the buffers of both gradients at once") {
  Tensor x = ones({2}).requires_grad_();
  const Tensor inner = x * 10;
  sum(holds_both(inner, inner)).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{30, 30});
  x.zero_grad();
  sum(holds_both(x, x)).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{3, 3});
  x.zero_grad();
  const Tensor shared = x * 10;  // its gradient begins as one that the other summand shares
  sum(x + (holds_both(shared, shared) + shared)).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{41, 41});
}

TEST_CASE("nodes carry ids in order of creation") {
  Tensor x = ones({1}).requires_grad_();
  const Tensor y = x * 2, z = x * y;
  CHECK(x.node()->id < y.node()->id);
  CHECK(y.node()->id < z.node()->id);
  CHECK(z.node()->id < autograd::next_node_id());
}
