// Backward writes a gradient over the saved input where nobody else can see that any more.

#include "tensor/creation.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

const Shape input_shape{4, 6};
const Tokens four_classes({4}, {0, 5, 2, 2});

Tensor loss_of(const char* op, const Tensor& x) {
  return op == std::string("gelu") ? sum(gelu(x)) : cross_entropy(x, four_classes);
}

struct Places {
  const real* input;     // where the op's input lay
  const real* gradient;  // and its gradient
  Tensor leaf_gradient;
};

// Where the input of `op`, an inner tensor, and its gradient lay, after keep(input).
template <class Keep>
Places places(const char* op, Keep keep) {
  manual_seed(3);
  Tensor leaf = randn(input_shape);
  leaf.requires_grad_();
  Tensor x = leaf * scalar(2);
  Places result{x.data(), nullptr, {}};
  x.register_hook([&](const Tensor& dx) {
    result.gradient = dx.data();
    return Tensor();
  });
  const Tensor loss = loss_of(op, x);
  keep(x);
  x = Tensor();
  loss.backward();
  result.leaf_gradient = leaf.grad();
  return result;
}

}  // namespace

TEST_CASE("a gradient takes the place of an input that only the graph still holds") {
  for (const char* op : {"gelu", "cross_entropy"}) {
    CAPTURE(op);
    const Places o = places(op, [](const Tensor&) {});
    CHECK(o.gradient == o.input);
  }
}

TEST_CASE("an input that somebody can still see keeps its numbers, and the gradient is the same") {
  for (const char* op : {"gelu", "cross_entropy"}) {
    CAPTURE(op);
    const Places alone = places(op, [](const Tensor&) {});
    std::vector<real> before;
    Tensor seen;
    const auto see = [&](const Tensor& x) {
      before = x.to_vector();
      seen = x;
    };
    const Places o = places(op, see);
    CHECK(o.gradient != o.input);
    CHECK(seen.to_vector() == before);
    CHECK(bit_difference(o.leaf_gradient, alone.leaf_gradient) == "");
    Tensor row;
    const Places through_a_view =
        places(op, [&](const Tensor& x) { row = x.select(0, 1).detach(); });
    CHECK(through_a_view.gradient != through_a_view.input);
    CHECK(row.to_vector() == std::vector<real>(before.begin() + 6, before.begin() + 12));
  }
}

TEST_CASE("an input that an older op still needs is not written over") {
  manual_seed(3);
  Tensor leaf = randn(input_shape);
  leaf.requires_grad_();
  const auto square_of = [](const Tensor& x) { return sum(x * x); };
  Tensor x = leaf * scalar(2);
  const Tensor square = square_of(x);  // its backward runs last
  const Tensor loss = square + cross_entropy(x, four_classes);
  x = Tensor();
  loss.backward();
  const Tensor both = leaf.grad();
  leaf.zero_grad();
  cross_entropy(leaf * scalar(2), four_classes).backward();
  square_of(leaf * scalar(2)).backward();
  CHECK(difference(both, leaf.grad()) == "");
}

TEST_CASE("a leaf that another loss has read is not written over, though its last handle is gone") {
  Tensor w = ones(input_shape).requires_grad_();
  Tensor x = ones(input_shape).requires_grad_();
  const Tensor first = sum(gelu(x)), second = sum(x + w);
  x = Tensor();
  first.backward();
  second.backward();
  CHECK(difference(w.grad(), ones(input_shape)) == "");
}
