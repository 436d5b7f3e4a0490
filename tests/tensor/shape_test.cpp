#include "tensor/shape.h"

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("a shape prints as (2, 3)") {
  CHECK(fmt::format("{}", Shape{2, 3}) == "(2, 3)");
  CHECK(fmt::format("{}", Shape{}) == "()");
  CHECK(fmt::format("{:>6}", Shape{4}) == "   (4)");
}

TEST_CASE("negative dimensions count from the end") {
  const Shape shape{2, 3, 4};
  CHECK(shape.dim(-1) == 4);
  CHECK(shape.dim(0) == 2);
  CHECK(shape.axis(-3) == 0);
  CHECK(message_of<ShapeError>([&] { static_cast<void>(shape.dim(3)); }) ==
        "dimension 3 does not exist in shape (2, 3, 4)");
  CHECK_THROWS_AS(static_cast<void>(shape.dim(-4)), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Shape{}.dim(0)), ShapeError);
}

TEST_CASE("equality compares rank and sizes") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3}.insert(2, 5).erase(2) == Shape{2, 3});
}

TEST_CASE("insert, erase and with change a copy") {
  const Shape shape{2, 3};
  CHECK(shape.insert(0, 7) == Shape{7, 2, 3});
  CHECK(shape.insert(2, 7) == Shape{2, 3, 7});
  CHECK(shape.erase(0) == Shape{3});
  CHECK(shape.with(1, 9) == Shape{2, 9});
  CHECK(shape == Shape{2, 3});
}

TEST_CASE("a shape has at most eight dimensions") {
  const Shape eight{1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(eight.rank() == 8);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeError);
  CHECK_THROWS_AS(eight.insert(0, 1), ShapeError);
  CHECK_THROWS_AS(zeros(eight).unsqueeze(0), ShapeError);
}

TEST_CASE("numel is the product of the sizes, 1 for a scalar") {
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{2, 3, 4}.numel() == 24);
  CHECK(Shape{2, 0, 4}.numel() == 0);
}

TEST_CASE("numel refuses what 63 bits cannot count, wherever a zero stands") {
  constexpr int64_t huge = int64_t{1} << 32;
  CHECK((Shape{huge, huge / 4}.numel()) == int64_t{1} << 62);
  CHECK_THROWS_AS((Shape{huge, huge}.numel()), ShapeError);
  CHECK_THROWS_AS((Shape{huge, huge, 0}.numel()), ShapeError);
  CHECK_THROWS_AS((Shape{0, huge, huge}.numel()), ShapeError);
  CHECK_THROWS_AS((Shape{2, -1}.numel()), ShapeError);
}

TEST_CASE("row-major strides: the last dimension is dense") {
  CHECK(row_major({2, 3, 4}) == Strides{12, 4, 1});
  CHECK(row_major({}) == Strides{});
  CHECK(row_major({2, 0, 4}) == Strides{4, 4, 1});
}

TEST_CASE("row-major strides refuse to overflow") {
  constexpr int64_t huge = int64_t{1} << 32;
  CHECK_THROWS_AS(row_major({huge, huge, huge}), ShapeError);
  CHECK_THROWS_AS(row_major({0, huge, huge}), ShapeError);
}

TEST_CASE("broadcast aligns at the last dimension; sizes are equal or 1") {
  CHECK(broadcast("op", {2, 3}, {3}) == Shape{2, 3});
  CHECK(broadcast("op", {4, 1}, {2, 1, 3}) == Shape{2, 4, 3});
  CHECK(broadcast("op", {}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast("op", {0, 3}, {1, 3}) == Shape{0, 3});
  CHECK(message_of<ShapeError>([] {
          broadcast("op", {2, 3}, {2, 1, 4});
        }) == "op: shapes (2, 3) and (2, 1, 4) do not broadcast: 3 meets 4, and neither is 1");
  CHECK_THROWS_AS(broadcast("op", {0}, {2}), ShapeError);
}

TEST_CASE("broadcasting to more elements than 63 bits can count is refused before allocation") {
  const Tensor column = zeros({1, 1}).expand({int64_t{1} << 32, 1});
  const Tensor row = zeros({1, 1}).expand({1, int64_t{1} << 32});
  CHECK_THROWS_AS(column + row, ShapeError);
}
