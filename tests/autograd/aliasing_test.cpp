// Gradients are adopted instead of copied where nobody can tell. Here everybody tries to.

#include "autograd/record.h"
#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

// y = x, whose backward hands on a gradient of its own making.
Tensor identity(const Tensor& x, std::function<Tensor(const Tensor&)> gradient) {
  auto backward = [=](const Tensor& dy, Grad dx) { dx += gradient(dy); };
  return record("identity", dense_copy(x), backward, x);
}

Tensor leaf() { return from_data({2}, {1, 2}).requires_grad_(); }

}  // namespace

TEST_CASE("two leaves never share the storage of a gradient") {
  Tensor a = leaf(), b = leaf();
  sum(a + b).backward();
  CHECK(a.grad().storage() != b.grad().storage());
  (a + b).backward(ones({2}));
  CHECK(a.grad().to_vector() == Values{2, 2});
  CHECK(b.grad().to_vector() == Values{2, 2});
}

TEST_CASE("the dy that a user passes is never adopted") {
  Tensor x = leaf();
  const Tensor dy = ones({2});
  x.reshape({2}).backward(dy);
  x.backward(dy);
  (x + 0).backward(dy);
  CHECK(dy.to_vector() == Values{1, 1});
  CHECK(x.grad().to_vector() == Values{3, 3});
  CHECK(x.grad().storage() != dy.storage());
}

TEST_CASE("a gradient that a closure keeps is copied") {
  Tensor x = leaf();
  const Tensor kept = full({2}, 5);
  sum(identity(x, [=](const Tensor&) { return kept; })).backward();
  sum(x * 3).backward();
  CHECK(kept.to_vector() == Values{5, 5});
  CHECK(x.grad().to_vector() == Values{8, 8});
}

TEST_CASE("a gradient that is a part of a larger storage is copied") {
  Tensor x = leaf();
  sum(identity(x, [](const Tensor&) { return zeros({4}).narrow(0, 0, 2); })).backward();
  CHECK(x.grad().storage()->size() == 2);
  x.zero_grad();
  sum(identity(x, [](const Tensor&) { return ones({1}).expand({2}); })).backward();
  CHECK(x.grad().storage()->size() == 2);
  CHECK(x.grad().to_vector() == Values{1, 1});
}

TEST_CASE("a gradient of its own is adopted without a copy") {
  Tensor x = leaf();
  const real* made = nullptr;
  sum(identity(x, [&](const Tensor&) {
    Tensor t = full({2}, 5);
    made = t.data();
    return t;
  })).backward();
  CHECK(x.grad().data() == made);
}

TEST_CASE("a gradient of another shape is refused") {
  Tensor x = leaf();
  CHECK_THROWS_AS(sum(identity(x, [](const Tensor&) { return ones({3}); })).backward(), ShapeError);
}

TEST_CASE("set_grad copies: neither the caller's tensor nor another leaf's gradient changes") {
  Tensor a = leaf(), b = leaf();
  const Tensor g = ones({2});
  a.set_grad(g);
  b.set_grad(g);
  sum(a * 10).backward();
  CHECK(a.grad().to_vector() == Values{11, 11});
  CHECK(b.grad().to_vector() == Values{1, 1});
  CHECK(g.to_vector() == Values{1, 1});
}

TEST_CASE("set_grad refuses other shapes and tensors that want no gradient") {
  Tensor x = leaf();
  CHECK_THROWS_AS(x.set_grad(ones({3})), ShapeError);
  CHECK_THROWS_AS(ones({2}).set_grad(ones({2})), GraphError);
}

TEST_CASE("retained gradients do not share storage with the gradients they became") {
  Tensor x = leaf();
  Tensor h = x + 0;
  h.retain_grad();
  h.backward(ones({2}));
  sum(x * 4).backward();
  CHECK(h.grad().to_vector() == Values{1, 1});
  CHECK(x.grad().to_vector() == Values{5, 5});
}
