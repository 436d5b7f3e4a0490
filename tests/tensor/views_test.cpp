// Views against a naive loop over indices.

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

// Elements of a (2, 3, 4) tensor, each its own row-major position: x[i][j][k] = 12 i + 4 j + k.
Tensor numbered() { return arange(24).reshape({2, 3, 4}); }

// The layouts in which a view must find the same numbers.
std::vector<Tensor> layouts() {
  const Tensor x = numbered();
  return {x, in_transposed_memory(x), in_strided_memory(x), at_an_offset(x)};
}

// All numbers f(i, j, k) of a shape, in row-major order.
template <class F>
Values loop(int64_t I, int64_t J, int64_t K, F f) {
  Values values;
  for (int64_t i = 0; i < I; ++i) {
    for (int64_t j = 0; j < J; ++j) {
      for (int64_t k = 0; k < K; ++k) values.push_back(static_cast<real>(f(i, j, k)));
    }
  }
  return values;
}

}  // namespace

TEST_CASE("transpose, permute and the rest look where a loop over indices looks") {
  for (const Tensor& x : layouts()) {
    CHECK(x.transpose(0, 2).to_vector() ==
          loop(4, 3, 2, [](auto i, auto j, auto k) { return 12 * k + 4 * j + i; }));
    CHECK(x.transpose(-1, -2).shape() == Shape{2, 4, 3});
    CHECK(x.permute({2, 0, 1}).to_vector() ==
          loop(4, 2, 3, [](auto i, auto j, auto k) { return 12 * j + 4 * k + i; }));
    CHECK(x.narrow(1, 1, 2).to_vector() ==
          loop(2, 2, 4, [](auto i, auto j, auto k) { return 12 * i + 4 * (j + 1) + k; }));
    CHECK(x.slice(2, 1, 4, 2).to_vector() ==
          loop(2, 3, 2, [](auto i, auto j, auto k) { return 12 * i + 4 * j + 1 + 2 * k; }));
    CHECK(x.select(1, -1).to_vector() ==
          loop(2, 1, 4, [](auto i, auto, auto k) { return 12 * i + 8 + k; }));
    CHECK(x.narrow(1, 0, 1).expand({-1, 5, -1}).to_vector() ==
          loop(2, 5, 4, [](auto i, auto, auto k) { return 12 * i + k; }));
    CHECK(x.unsqueeze(1).squeeze(1).to_vector() == numbered().to_vector());
    CHECK(x.reshape({6, 4}).to_vector() == numbered().to_vector());
    CHECK(x.reshape({-1}).shape() == Shape{24});
    CHECK(x.contiguous().is_contiguous());
    CHECK(x.contiguous().to_vector() == numbered().to_vector());
  }
}

TEST_CASE("views share memory, whatever they show") {
  Tensor x = numbered();
  Tensor view = x.transpose(0, 2).narrow(0, 1, 2).select(1, 2);
  view.fill_(-1);
  CHECK(x.to_vector() == loop(2, 3, 4, [](auto i, auto j, auto k) {
          return j == 2 && (k == 1 || k == 2) ? -1 : 12 * i + 4 * j + k;
        }));
}

TEST_CASE("view shows every shape that strides allow, and reshape copies for the others") {
  const std::vector<Shape> shapes = {{24},         {4, 6},       {6, 4},   {2, 12},      {12, 2},
                                     {2, 3, 2, 2}, {1, 24, 1},   {3, 8},   {2, 1, 3, 4}, {8, 3},
                                     {2, 2, 6},    {4, 3, 2, 1}, {3, 2, 4}};
  std::vector<Tensor> tensors = layouts();
  tensors.push_back(numbered().transpose(0, 1));
  tensors.push_back(numbered().permute({2, 0, 1}));
  tensors.push_back(arange(4).unsqueeze(0).expand({6, 4}));
  tensors.push_back(ones({1}).expand({24}));
  tensors.push_back(numbered().unsqueeze(1).transpose(0, 2));
  tensors.push_back(arange(48).reshape({2, 3, 8}).narrow(2, 2, 4));
  int64_t seen = 0, copied = 0;
  for (const Tensor& x : tensors) {
    for (const Shape& shape : shapes) {
      const Values expected = x.to_vector();
      CHECK(x.reshape(shape).to_vector() == expected);
      try {
        const Tensor view = x.view(shape);
        CHECK(view.shape() == shape);
        CHECK(view.storage() == x.storage());
        CHECK(view.to_vector() == expected);
        ++seen;
      } catch (const ShapeError&) {
        CHECK(!x.is_contiguous());
        ++copied;
      }
    }
  }
  CHECK(seen > 40);
  CHECK(copied > 10);
}

TEST_CASE("view refuses where a copy would be needed") {
  CHECK(contains(
      message_of<ShapeError>([] { numbered().transpose(0, 2).view({24}); }),
      "view: shape (4, 3, 2) with strides (1, 4, 12) cannot be seen as (24) without a copy"));
}

TEST_CASE("reshape refuses shapes that the elements do not fill") {
  const Tensor x = numbered();
  CHECK_THROWS_AS(x.reshape({5, -1}), ShapeError);
  CHECK_THROWS_AS(x.reshape({-1, -1}), ShapeError);
  CHECK_THROWS_AS(x.reshape({-2, -12}), ShapeError);
  CHECK_THROWS_AS(x.reshape({25}), ShapeError);
  CHECK_THROWS_AS(zeros({0}).reshape({0, -1}), ShapeError);  // any size would do
  constexpr int64_t huge = int64_t{1} << 40;
  CHECK_THROWS_AS(x.reshape({huge, huge}), ShapeError);
  CHECK_THROWS_AS(x.reshape({huge, huge, -1}), ShapeError);
}

TEST_CASE("slice clamps its bounds as Python does") {
  const Tensor x = arange(5);
  CHECK(x.slice(0, 1, 100).to_vector() == Values{1, 2, 3, 4});
  CHECK(x.slice(0, -2, 5).to_vector() == Values{3, 4});
  CHECK(x.slice(0, -100, -1).to_vector() == Values{0, 1, 2, 3});
  CHECK(x.slice(0, 4, 2).numel() == 0);
  CHECK(x.slice(0, 0, 5, 3).to_vector() == Values{0, 3});
  CHECK(x.slice(0, 1, INT64_MAX, INT64_MAX).to_vector() == Values{1});
  CHECK(numbered().slice(0, 0, INT64_MAX, INT64_MAX).shape() == Shape{1, 3, 4});
  CHECK_THROWS_AS(x.slice(0, 0, 5, 0), ValueError);
  CHECK_THROWS_AS(x.slice(1, 0, 5), ShapeError);
}

TEST_CASE("narrow and select refuse what lies outside") {
  const Tensor x = arange(5);
  CHECK_THROWS_AS(x.narrow(0, 3, 3), ShapeError);
  CHECK_THROWS_AS(x.narrow(0, -1, 2), ShapeError);
  CHECK_THROWS_AS(x.narrow(0, 1, -1), ShapeError);
  CHECK_THROWS_AS(x.narrow(0, INT64_MAX, 1), ShapeError);
  CHECK_THROWS_AS(x.narrow(0, 1, INT64_MAX), ShapeError);
  CHECK_THROWS_AS(x.select(0, 5), ShapeError);
  CHECK_THROWS_AS(x.select(0, -6), ShapeError);
  CHECK(x.narrow(0, 5, 0).numel() == 0);
}

TEST_CASE("permute takes each dimension once") {
  CHECK_THROWS_AS(numbered().permute({0, 1}), ShapeError);
  CHECK_THROWS_AS(numbered().permute({0, 1, 1}), ShapeError);
  CHECK_THROWS_AS(numbered().permute({0, 1, 3}), ShapeError);
}

TEST_CASE("expand repeats dimensions of size 1 only") {
  const Tensor x = arange(3);
  CHECK(x.expand({2, 3}).strides() == Strides{0, 1});
  CHECK(x.expand({2, -1}).shape() == Shape{2, 3});
  CHECK_THROWS_AS(x.expand({6}), ShapeError);
  CHECK_THROWS_AS(x.expand({-1, 3}), ShapeError);
  CHECK_THROWS_AS(zeros({2, 3}).expand({3}), ShapeError);
  CHECK(zeros({1}).expand({0}).numel() == 0);
  constexpr int64_t huge = int64_t{1} << 40;
  CHECK_THROWS_AS(zeros({1, 1}).expand({huge, huge}), ShapeError);
}

TEST_CASE("squeeze removes dimensions of size 1, unsqueeze inserts them anywhere") {
  CHECK(zeros({2, 1, 3}).squeeze(-2).shape() == Shape{2, 3});
  CHECK_THROWS_AS(zeros({2, 1, 3}).squeeze(0), ShapeError);
  CHECK(zeros({2, 3}).unsqueeze(0).shape() == Shape{1, 2, 3});
  CHECK(zeros({2, 3}).unsqueeze(-1).shape() == Shape{2, 3, 1});
  CHECK(zeros({}).unsqueeze(0).shape() == Shape{1});
  CHECK_THROWS_AS(zeros({2, 3}).unsqueeze(3), ShapeError);
}

TEST_CASE("split and chunk cut a dimension into pieces") {
  const auto sizes = [](const std::vector<Tensor>& pieces) {
    std::vector<int64_t> result;
    for (const Tensor& piece : pieces) result.push_back(piece.dim(0));
    return result;
  };
  using Sizes = std::vector<int64_t>;
  CHECK(sizes(arange(7).split(3, 0)) == Sizes{3, 3, 1});
  CHECK(sizes(arange(7).chunk(3, 0)) == Sizes{3, 3, 1});
  CHECK(sizes(arange(3).chunk(5, 0)) == Sizes{1, 1, 1});
  CHECK(sizes(arange(3).chunk(INT64_MAX, 0)) == Sizes{1, 1, 1});
  CHECK(sizes(arange(3).split(INT64_MAX, 0)) == Sizes{3});
  CHECK(sizes(zeros({0, 2}).split(3, 0)) == Sizes{0});
  CHECK_THROWS_AS(arange(3).split(0, 0), ValueError);
  CHECK_THROWS_AS(arange(3).chunk(0, 0), ValueError);
}

TEST_CASE("a contiguous tensor is its own contiguous(); size-1 and empty dimensions do not count") {
  const Tensor x = numbered();
  CHECK(x.contiguous().storage() == x.storage());
  CHECK(!x.transpose(0, 1).is_contiguous());
  CHECK(x.narrow(0, 1, 1).is_contiguous());
  CHECK(zeros({3, 1}).transpose(0, 1).is_contiguous());
  CHECK(zeros({0, 3}).transpose(0, 1).is_contiguous());
}

TEST_CASE("as_strided refuses to look outside its storage") {
  const Tensor x = arange(6);
  CHECK(x.as_strided({2, 2}, Strides{3, 2}, 0).to_vector() == Values{0, 2, 3, 5});
  CHECK_THROWS_AS(x.as_strided({2, 2}, Strides{3, 2}, 1), ShapeError);
  CHECK_THROWS_AS(x.as_strided({7}, Strides{1}, 0), ShapeError);
  CHECK_THROWS_AS(x.as_strided({2}, Strides{-1}, 0), ShapeError);
  CHECK_THROWS_AS(x.as_strided({1}, Strides{1}, -1), ShapeError);
  CHECK_THROWS_AS(x.as_strided({3}, Strides{int64_t{1} << 62}, 0), ShapeError);
  CHECK_NOTHROW(x.as_strided({0, 9}, Strides{100, 1}, 0));
}
