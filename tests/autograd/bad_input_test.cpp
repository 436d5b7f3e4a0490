// Empty tensors, sizes that overflow, and arguments out of range: a result or a clear error.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

}  // namespace

TEST_CASE("a matrix product over no terms is zero") {
  CHECK(bit_difference(matmul(ones({2, 0}), ones({0, 3})), zeros({2, 3})) == "");
  CHECK(bit_difference(matmul(ones({4, 2, 0}), ones({0, 3})), zeros({4, 2, 3})) == "");
  CHECK(bit_difference(matmul(ones({4, 2, 0}), ones({4, 0, 3})), zeros({4, 2, 3})) == "");
  CHECK(bit_difference(matmul(ones({0}), ones({0})), scalar(0)) == "");
  CHECK(matmul(ones({0, 5}), ones({5, 3})).shape() == Shape{0, 3});
  CHECK(matmul(ones({7, 0, 5}), ones({5, 3})).shape() == Shape{7, 0, 3});
}

TEST_CASE("linear with no inputs is its bias") {
  const Tensor bias = from_data({2}, {3, 4});
  CHECK(linear(ones({2, 0}), ones({2, 0}), bias).to_vector() == Values{3, 4, 3, 4});
  CHECK(linear(ones({2, 0}), ones({2, 0})).to_vector() == Values{0, 0, 0, 0});
  CHECK(linear(ones({0, 3}), ones({2, 3}), bias).shape() == Shape{0, 2});
}

TEST_CASE("the sum of nothing is 0, its mean is not a number") {
  CHECK(sum(zeros({0})).item() == 0);
  CHECK(sum(zeros({2, 0}), {1}).to_vector() == Values{0, 0});
  CHECK(std::isnan(mean(zeros({0})).item()));
  CHECK(mean(zeros({0, 3}), {1}).numel() == 0);
  CHECK(std::isnan(var(ones({1})).item()));
}

TEST_CASE("a dimension cannot be reduced twice") {
  const Tensor x = ones({2, 3});
  CHECK(message_of<ShapeError>([&] {
          mean(x, {0, -2});
        }) == "reduction: dimension 0 of (2, 3) is named twice");
  CHECK_THROWS_AS(sum(x, {1, 1}), ShapeError);
  CHECK_THROWS_AS(var(x, {0, 0}), ShapeError);
}

TEST_CASE("softmax and norms of empty tensors are empty") {
  for (const Shape& shape : {Shape{0}, Shape{2, 0}, Shape{0, 3}}) {
    CHECK(softmax(zeros(shape), -1).shape() == shape);
    CHECK(softmax(zeros(shape), 0).shape() == shape);
    CHECK(log_softmax(zeros(shape), -1).shape() == shape);
    CHECK(layer_norm(zeros(shape), {}, {}, real(1e-5)).shape() == shape);
    CHECK(rms_norm(zeros(shape), {}, real(1e-5)).shape() == shape);
  }
}

TEST_CASE("concat of empty and full tensors") {
  CHECK(concat({zeros({0, 2}), ones({1, 2}), zeros({0, 2})}, 0).to_vector() == Values{1, 1});
  CHECK(concat({zeros({0, 2}), zeros({0, 2})}, 0).shape() == Shape{0, 2});
  CHECK_THROWS_AS(concat(std::span<const Tensor>(), 0), ValueError);
  CHECK_THROWS_AS(stack(std::span<const Tensor>(), 0), ValueError);
  CHECK_THROWS_AS(concat({scalar(1), scalar(2)}, 0), ShapeError);
}

TEST_CASE("attention over no keys gives 0, over no queries nothing") {
  const Tensor q = ones({1, 2, 1, 4}), none = ones({1, 0, 1, 4});
  CHECK(bit_difference(attention(q, none, none), zeros({1, 2, 1, 4})) == "");
  CHECK(attention(none, q, q).numel() == 0);
}

TEST_CASE("attention: a query that sees no key gives 0 and sends back gradients of 0") {
  Tensor x = uniform({1, 3, 1, 4}, -1, 1, 0).requires_grad_();
  const Tensor y = attention(x, x, x, {.key_mask = zeros({1, 3})});
  sum(y).backward();
  CHECK(bit_difference(y.detach(), zeros({1, 3, 1, 4})) == "");
  CHECK(bit_difference(x.grad(), zeros({1, 3, 1, 4})) == "");
}

TEST_CASE("losses of nothing are finite, or not a number where they are means") {
  CHECK(cross_entropy(zeros({0, 5}), Tokens(Shape{0})).item() == 0);
  CHECK(cross_entropy(zeros({0, 5}), Tokens(Shape{0}), {.reduction = Reduction::sum}).item() == 0);
  CHECK_THROWS_AS(cross_entropy(zeros({1, 0}), Tokens({1}, 0)), ValueError);
}

TEST_CASE("cross_entropy refuses labels outside {-100, 0..C-1} and smoothing outside [0, 1]") {
  const Tensor logits = zeros({1, 3});
  for (const int32_t id : {-1, -99, 3, INT32_MAX, INT32_MIN}) {
    CHECK_THROWS_AS(cross_entropy(logits, Tokens({1}, id)), ValueError);
  }
  const Tokens target({1}, 0);
  for (const real e : {real(-0.1), real(1.1), std::numeric_limits<real>::quiet_NaN()}) {
    CHECK_THROWS_AS(cross_entropy(logits, target, {.label_smoothing = e}), ValueError);
  }
  CHECK_THROWS_AS(cross_entropy(logits, target, {.class_weight = ones({4})}), ShapeError);
}

TEST_CASE("embedding refuses ids outside the table") {
  for (const int32_t id : {-1, 5, INT32_MAX}) {
    CHECK_THROWS_AS(embedding(zeros({5, 2}), Tokens({1}, id)), ValueError);
  }
  CHECK(embedding(zeros({5, 2}), Tokens(Shape{0, 3})).shape() == Shape{0, 3, 2});
  CHECK_THROWS_AS(one_hot(Tokens({1}, 3), 3), ValueError);
}

TEST_CASE("the stride of a dimension of size 1 means nothing, not even to BLAS and its 32 bits") {
  constexpr int64_t huge = int64_t{1} << 32;
  const Tensor two = full({1}, 2).as_strided({1, 1}, Strides{huge, huge}, 0);
  CHECK(matmul(two, two).item() == 4);
  const Tensor row = ones({3}).as_strided({1, 3}, Strides{huge, 1}, 0);
  CHECK(matmul(row, row.transpose(0, 1)).item() == 3);
  CHECK(matmul(row.transpose(0, 1), row).to_vector() == Values(9, 1));
}

TEST_CASE("errors are of their types, all of them Error and std::runtime_error") {
  CHECK_THROWS_AS(throw ShapeError("x"), Error);
  CHECK_THROWS_AS(throw ValueError("x"), Error);
  CHECK_THROWS_AS(throw GraphError("x"), Error);
  CHECK_THROWS_AS(throw FileError("x"), Error);
  CHECK_THROWS_AS(throw MemoryError("x"), std::runtime_error);
  CHECK(message_of<ShapeError>([] { check_shape(1 > 2, "{} and {}", Shape{2}, 3); }) ==
        "(2) and 3");
}
