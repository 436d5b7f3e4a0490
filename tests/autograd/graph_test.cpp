// Shapes of graphs: reuse, diamonds, freezing, long chains, and what backward may be asked.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

Tensor leaf(std::initializer_list<real> values) {
  return from_data({static_cast<int64_t>(values.size())}, values).requires_grad_();
}

std::vector<real> grad_of(const Tensor& x) { return x.grad().to_vector(); }

using Values = std::vector<real>;

}  // namespace

TEST_CASE("(a + b) + b: gradients are 1 and 2") {
  Tensor a = leaf({1, 2}), b = leaf({3, 4});
  sum((a + b) + b).backward();
  CHECK(grad_of(a) == Values{1, 1});
  CHECK(grad_of(b) == Values{2, 2});
}

TEST_CASE("a tensor used many times gets the sum of its gradients") {
  Tensor x = leaf({3, -2});
  sum(x * x * x).backward();
  CHECK(grad_of(x) == Values{27, 12});  // 3x²
}

TEST_CASE("a diamond runs each node once, after everything that depends on it") {
  Tensor x = leaf({2});
  const Tensor h = x * x;
  const Tensor left = h * 3, right = h * h;
  sum(left + right).backward();  // 3x² + x⁴
  CHECK(grad_of(x) == Values{6 * 2 + 4 * 8});
}

TEST_CASE("gradients of a broadcast or expanded tensor are summed") {
  Tensor x = leaf({1, 2});
  sum(x.expand({3, 2})).backward();
  CHECK(grad_of(x) == Values{3, 3});
  CHECK(x.grad().is_contiguous());
  x.zero_grad();
  sum(x.unsqueeze(1) * ones({2, 4})).backward();
  CHECK(grad_of(x) == Values{4, 4});
}

TEST_CASE("an expanded gradient is stored densely and can be added to") {
  Tensor x = leaf({1, 2, 3});
  sum(x).backward();  // sum's dy is one number seen three times
  sum(x * from_data({3}, {1, 10, 100})).backward();
  CHECK(grad_of(x) == Values{2, 11, 101});
}

TEST_CASE("gradients accumulate until they are zeroed") {
  Tensor x = leaf({5});
  sum(x * 2).backward();
  sum(x * 3).backward();
  CHECK(grad_of(x) == Values{5});
  x.zero_grad();
  CHECK(!x.grad().defined());
  sum(x * 3).backward();
  CHECK(grad_of(x) == Values{3});
}

TEST_CASE("backward takes the gradient of a result that is no scalar") {
  Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  CHECK(message_of<ShapeError>([&] { y.backward(); }) ==
        "backward: only a scalar has a gradient of its own; shape is (2), pass dy");
  CHECK_THROWS_AS(y.backward(ones({3})), ShapeError);
  y.backward(from_data({2}, {1, 10}));
  CHECK(grad_of(x) == Values{2, 40});
}

TEST_CASE("backward of a leaf gives it dy") {
  Tensor x = leaf({1, 2});
  x.backward(from_data({2}, {3, 4}));
  CHECK(grad_of(x) == Values{3, 4});
}

TEST_CASE("backward of a tensor without history is an error") {
  CHECK_THROWS_AS(sum(ones({2})).backward(), GraphError);
  CHECK_THROWS_AS(ones({}).requires_grad_(false).backward(), GraphError);
  CHECK_THROWS_AS(Tensor().backward(), Error);
}

TEST_CASE("gradients cannot be differentiated again") {
  Tensor x = leaf({2});
  sum(x * x * x).backward();
  const Tensor penalty = sum(x.grad() * x.grad());
  CHECK(!penalty.requires_grad());
  CHECK(contains(message_of<GraphError>([&] { penalty.backward(); }),
                 "gradients themselves cannot be differentiated again"));
}

TEST_CASE("frozen leaves get no gradient and cost no backward") {
  Tensor x = leaf({1, 2}), w = leaf({3, 4});
  w.requires_grad_(false);
  CHECK(!w.requires_grad());
  CHECK(!(w * w).requires_grad());
  sum(x * w).backward();
  CHECK(grad_of(x) == Values{3, 4});
  CHECK(!w.grad().defined());
  w.requires_grad_();
  sum(x.detach() * w).backward();
  CHECK(grad_of(w) == Values{1, 2});
}

TEST_CASE("a leaf frozen between forward and backward gets no gradient") {
  Tensor x = leaf({1}), w = leaf({3});
  const Tensor y = sum(x * w);
  w.requires_grad_(false);
  y.backward();
  CHECK(!w.grad().defined());
  CHECK(grad_of(x) == Values{3});
}

TEST_CASE("requires_grad_ is idempotent, keeps the gradient, and never cuts history") {
  Tensor x = leaf({2});
  const auto node = x.node();
  sum(x * x).backward();
  x.requires_grad_().requires_grad_();
  CHECK(x.node() == node);
  CHECK(grad_of(x) == Values{4});
  Tensor y = x * 3;
  y.requires_grad_();
  sum(y).backward();
  CHECK(grad_of(x) == Values{7});
}

TEST_CASE("requires_grad_(false) on a result says to use detach") {
  Tensor x = leaf({2});
  Tensor y = x * 3;
  CHECK(contains(message_of<GraphError>([&] { y.requires_grad_(false); }), "use detach()"));
}

TEST_CASE("all handles of a leaf share its gradient") {
  Tensor x = leaf({2});
  const Tensor handle = x;
  sum(handle * 5).backward();
  CHECK(grad_of(x) == Values{5});
  x.requires_grad_(false);
  CHECK(!handle.requires_grad());
}

TEST_CASE("detach keeps the numbers and drops the history") {
  Tensor x = leaf({2, 3});
  const Tensor y = (x * x).detach();
  CHECK(y.to_vector() == Values{4, 9});
  CHECK(y.node() == nullptr);
  sum(x * y).backward();
  CHECK(grad_of(x) == Values{4, 9});
}

TEST_CASE("an op that ignores an input's value still gives it a gradient of zero") {
  Tensor x = leaf({2, 0});
  sum(pow(x, real(0))).backward();
  CHECK(grad_of(x) == Values{0, 0});
}

TEST_CASE("backward twice over one graph is an error that changes nothing") {
  Tensor x = leaf({2});
  const Tensor y = sum(x * x);
  y.backward();
  CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "already freed"));
  CHECK(grad_of(x) == Values{4});
}

TEST_CASE("two losses on one trunk: the second backward throws before it changes anything") {
  Tensor w = leaf({2}), v = leaf({5});
  const Tensor trunk = w * w;
  const Tensor first = sum(trunk * 3), second = sum(v * trunk);
  first.backward();
  CHECK_THROWS_AS(second.backward(), GraphError);
  CHECK(grad_of(w) == Values{12});
  CHECK(!v.grad().defined());
}

TEST_CASE("two losses on one trunk can be added and run once") {
  Tensor w = leaf({2});
  const Tensor trunk = w * w;
  (sum(trunk * 3) + sum(trunk * trunk)).backward();
  CHECK(grad_of(w) == Values{12 + 32});
}

TEST_CASE("retain_grad keeps the gradient of an inner tensor, and adds up like any other") {
  Tensor x = leaf({2, 3});
  Tensor h = x * 10;
  h.retain_grad();
  CHECK(!h.grad().defined());
  sum(h * h).backward();
  CHECK(grad_of(h) == Values{40, 60});
  CHECK(grad_of(x) == Values{400, 600});
  CHECK_THROWS_AS(ones({2}).retain_grad(), GraphError);
}

TEST_CASE("an op whose only input was frozen before backward is passed over") {
  using Function = Tensor(const Tensor&);
  for (Function* f : std::initializer_list<Function*>{relu, gradus::exp, gradus::tanh}) {
    Tensor x = leaf({1, -2});
    const Tensor y = sum(f(x));
    x.requires_grad_(false);
    y.backward();
    CHECK(!x.grad().defined());
  }
}

TEST_CASE("a chain of conditions that have history themselves is destroyed without recursion") {
  Tensor x = leaf({1});
  Tensor c = x * 1;
  for (int i = 0; i < 200'000; ++i) c = where(c, x, x);
  c = Tensor();
  CHECK(!x.grad().defined());
}
