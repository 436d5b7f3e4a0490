#include "tensor/creation.h"

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Values = std::vector<real>;

}  // namespace

TEST_CASE("zeros, ones, full and scalar are filled with one value") {
  CHECK(zeros({2, 2}).to_vector() == Values{0, 0, 0, 0});
  CHECK(ones({2}).to_vector() == Values{1, 1});
  CHECK(full({3}, 7).to_vector() == Values{7, 7, 7});
  CHECK(scalar(4).shape() == Shape{});
  CHECK(scalar(4).item() == 4);
  CHECK(zeros({0, 3}).to_vector().empty());
}

TEST_CASE("arange counts from start to before stop") {
  CHECK(arange(0, 5).to_vector() == Values{0, 1, 2, 3, 4});
  CHECK(arange(1, 2, real(0.25)).to_vector() == Values{1, 1.25, 1.5, 1.75});
  CHECK(arange(3, 0, -1).to_vector() == Values{3, 2, 1});
  CHECK(arange(0).to_vector().empty());
  CHECK(arange(2, 2).to_vector().empty());
  CHECK(arange(0, 1, real(0.1)).numel() == 10);
}

TEST_CASE("arange of an integer has exactly that many elements, beyond 2^24 as well") {
  const int64_t n = (1 << 24) + 1;
  CHECK(arange(n).numel() == n);
}

TEST_CASE("arange refuses steps that lead nowhere") {
  const real inf = std::numeric_limits<real>::infinity();
  const real nan = std::numeric_limits<real>::quiet_NaN();
  CHECK_THROWS_AS(arange(0, 1, 0), ValueError);
  CHECK_THROWS_AS(arange(0, 1, nan), ValueError);
  CHECK_THROWS_AS(arange(0, inf), ValueError);
  CHECK_THROWS_AS(arange(nan, 1), ValueError);
  CHECK(message_of<ValueError>([] { arange(0, 5, -1); }) ==
        "arange: step -1 does not lead from 0 to 5");
}

TEST_CASE("from_data fills a shape row by row") {
  const Tensor x = from_data({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.select(0, 1).to_vector() == Values{4, 5, 6});
  CHECK(from_data({}, {5}).item() == 5);
  CHECK(message_of<ShapeError>([] {
          from_data({2, 2}, {1, 2, 3});
        }) == "from_data: 3 values do not fill shape (2, 2)");
}

TEST_CASE("from_data checks the count before it allocates") {
  CHECK_THROWS_AS(from_data({int64_t{1} << 50}, {1}), ShapeError);
}

TEST_CASE("negative sizes are refused") {
  CHECK_THROWS_AS(zeros({2, -1}), ShapeError);
  CHECK_THROWS_AS(arange(-3), ShapeError);
}

TEST_CASE("item needs exactly one element") {
  CHECK(full({1, 1}, 3).item() == 3);
  CHECK(message_of<ShapeError>([] { static_cast<void>(zeros({2}).item()); }) ==
        "item: needs exactly one element, shape is (2)");
}
