// Gradient hooks see the complete gradient of a tensor and may replace it.

#include <stdexcept>

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

}  // namespace

TEST_CASE("a hook on a leaf that is used twice sees the sum, once") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  std::vector<Values> seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(g.to_vector());
    return Tensor();
  });
  sum(x * 3 + x * x).backward();
  CHECK(seen == std::vector<Values>{{5, 7}});
  CHECK(x.grad().to_vector() == Values{5, 7});
}

TEST_CASE("a hook on a leaf sees the gradient of this backward alone, not what was there") {
  Tensor x = from_data({1}, {1}).requires_grad_();
  Values seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(g.item());
    return g * 2;
  });
  sum(x * 3).backward();
  sum(x * 5).backward();
  CHECK(seen == Values{3, 5});
  CHECK(x.grad().item() == 2 * 3 + 2 * 5);
}

TEST_CASE("a hook on an inner tensor replaces what flows on") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  Tensor h = x * 2;
  h.register_hook([](const Tensor& g) { return g * 10; });
  h.retain_grad();
  sum(h).backward();
  CHECK(h.grad().to_vector() == Values{10, 10});
  CHECK(x.grad().to_vector() == Values{20, 20});
}

TEST_CASE("several hooks run in the order they were registered") {
  Tensor x = from_data({1}, {1}).requires_grad_();
  x.register_hook([](const Tensor& g) { return g + 1; });
  x.register_hook([](const Tensor& g) { return g * 10; });
  sum(x).backward();
  CHECK(x.grad().item() == 20);
}

TEST_CASE("a replacement of another shape is refused") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  x.register_hook([](const Tensor&) { return ones({3}); });
  CHECK(message_of<ShapeError>([&] { sum(x).backward(); }) ==
        "hook on leaf: gradient (3) for shape (2)");
}

TEST_CASE("the replacement stays the user's: later gradients are not added to it") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  const Tensor mine = full({2}, 7);
  x.register_hook([=](const Tensor&) { return mine; });
  sum(x).backward();
  sum(x).backward();
  CHECK(x.grad().to_vector() == Values{14, 14});
  CHECK(mine.to_vector() == Values{7, 7});
}

TEST_CASE("a gradient that a hook keeps does not change afterwards") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  std::vector<Tensor> kept;
  const auto keep = [&](const Tensor& g) {
    kept.push_back(g);
    return Tensor();
  };
  Tensor h = x * 1;
  h.register_hook(keep);
  x.register_hook(keep);
  sum(h + x).backward();
  sum(x * 5).backward();
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].to_vector() == Values{1, 1});
  CHECK(kept[1].to_vector() == Values{2, 2});
  CHECK(kept[2].to_vector() == Values{5, 5});
  CHECK(x.grad().to_vector() == Values{7, 7});
}

TEST_CASE("an exception in a hook leaves the engine usable") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  Tensor w = from_data({2}, {3, 4}).requires_grad_();
  {
    Tensor h = x * w;
    h.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("enough"); });
    CHECK_THROWS_AS(sum(h * 2).backward(), std::runtime_error);
  }
  CHECK(grad_enabled());
  x.zero_grad(), w.zero_grad();
  sum(x * w).backward();
  CHECK(x.grad().to_vector() == Values{3, 4});
  CHECK(w.grad().to_vector() == Values{1, 2});
}

TEST_CASE("a tensor without a gradient takes no hook") {
  CHECK_THROWS_AS(ones({2}).register_hook([](const Tensor& g) { return g; }), GraphError);
}

TEST_CASE("a hook that writes to its argument changes no other gradient") {
  Tensor x = from_data({2}, {1, 2}).requires_grad_();
  Tensor g = x * 1, h = x * 2;
  g.retain_grad();
  h.register_hook([](const Tensor& grad) {
    Tensor(grad).zero_();
    return Tensor();
  });
  sum(g + h).backward();
  CHECK(g.grad().to_vector() == Values{1, 1});
}

TEST_CASE("a hook may register hooks; they serve from the next backward on") {
  Tensor x = from_data({1}, {1}).requires_grad_();
  int calls = 0;
  x.register_hook([&](const Tensor&) {
    for (int i = 0; i < 50; ++i) {
      x.register_hook([&](const Tensor&) { return ++calls, Tensor(); });
    }
    return Tensor();
  });
  sum(x).backward();
  CHECK(calls == 0);
  sum(x * 2).backward();
  CHECK(calls == 50);
}
