// Writing in place: allowed where no history is, detected where backward needs the old numbers.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

Tensor leaf() { return from_data({2}, {1, 2}).requires_grad_(); }

}  // namespace

TEST_CASE("an input changed in place after it was saved is an error, and nothing has changed") {
  Tensor x = leaf(), w = leaf();
  const Tensor y = sum(x * w);
  w.fill_(3);
  CHECK(contains(message_of<GraphError>([&] { y.backward(); }),
                 "an input of mul -> (2) was changed in place after it was used"));
  CHECK(!x.grad().defined());
}

TEST_CASE("an input without gradient is watched as well") {
  Tensor x = leaf();
  Tensor mask = ones({2});
  const Tensor y = sum(x * mask);
  mask.zero_();
  CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("a result changed through a detached handle is an error") {
  Tensor x = leaf();
  const Tensor y = exp(x);
  const Tensor loss = sum(y);
  y.detach().fill_(0);
  CHECK_THROWS_AS(loss.backward(), GraphError);
  CHECK(contains(message_of<GraphError>([&] { y.backward(ones({2})); }),
                 "the result of exp (2) was changed in place after it was computed"));
}

TEST_CASE("a leaf may change before it is used and after backward") {
  Tensor x = leaf();
  x.fill_(4);
  sum(x * x).backward();
  CHECK(x.grad().to_vector() == Values{8, 8});
  x.fill_(5);
  x.zero_grad();
  sum(x * x).backward();
  CHECK(x.grad().to_vector() == Values{10, 10});
}

TEST_CASE("a tensor with history refuses to be written to") {
  Tensor x = leaf();
  Tensor y = x * 2;
  CHECK(contains(message_of<GraphError>([&] { y.fill_(0); }), "made by affine"));
  CHECK_THROWS_AS(y.copy_(ones({2})), GraphError);
  CHECK_THROWS_AS(x.narrow(0, 0, 1).zero_(), GraphError);
  CHECK(y.to_vector() == Values{2, 4});
}

TEST_CASE("a leaf written through a detached view of it is noticed") {
  Tensor x = leaf();
  const Tensor y = sum(x * x);
  x.detach().narrow(0, 1, 1).fill_(9);
  CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("a view of a leaf is noticed when the leaf is written") {
  Tensor x = leaf();
  const Tensor y = sum(exp(x.narrow(0, 0, 1)));
  x.fill_(9);
  CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("copy_ broadcasts, reads overlapping sources, and refuses what does not fit") {
  Tensor x = zeros({2, 3});
  x.copy_(from_data({3}, {1, 2, 3}));
  CHECK(x.to_vector() == Values{1, 2, 3, 1, 2, 3});
  Tensor line = arange(5);
  line.narrow(0, 1, 4).copy_(line.narrow(0, 0, 4));
  CHECK(line.to_vector() == Values{0, 0, 1, 2, 3});
  CHECK_THROWS_AS(x.copy_(ones({4})), ShapeError);
  CHECK(message_of<ShapeError>([&] {
          x.copy_(ones({2, 2, 3}));
        }) == "copy_: shape (2, 2, 3) does not broadcast to (2, 3)");
}

TEST_CASE("a tensor whose elements share memory cannot be written to") {
  Tensor x = zeros({3}).unsqueeze(0).expand({4, 3});
  CHECK(message_of<ShapeError>([&] { x.fill_(1); }) ==
        "fill_: elements of this tensor (4, 3) share memory (strides (0, 1)); write to a clone()");
  CHECK_THROWS_AS(x.copy_(ones({4, 3})), ShapeError);
}

TEST_CASE("an undefined tensor cannot be written to") {
  Tensor x;
  CHECK_THROWS_AS(x.fill_(1), ValueError);
  CHECK_THROWS_AS(zeros({2}).copy_(Tensor()), ValueError);
}

TEST_CASE("masks and weights that an op saved are watched, though they have no gradient") {
  Tensor x = from_data({1, 2, 1, 2}, {1, 2, 3, 4}).requires_grad_();
  Tensor mask = ones({1, 2}), condition = ones({2}), weight = ones({2});
  const Tensor masked = sum(attention(x, x, x, {.key_mask = mask}));
  const Tensor chosen = sum(where(condition, x, scalar(0)));
  const Tensor weighted =
      cross_entropy(x.reshape({2, 2}), Tokens({2}, {0, 1}), {.class_weight = weight});
  mask.zero_();
  condition.zero_();
  weight.zero_();
  CHECK_THROWS_AS(masked.backward(), GraphError);
  CHECK_THROWS_AS(chosen.backward(), GraphError);
  CHECK_THROWS_AS(weighted.backward(), GraphError);
}
