#include "tensor/kernels/mode.h"

#include "tensor/kernels/reduce.h"
#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("reference mode runs the plain loops: sums are rounded once") {
  // 2^24 + 1 is no float: only a sum in double keeps the ones.
  Numbers x(1001, 1);
  x[0] = static_cast<real>(1 << 24);
  real y = 0;
  kernels::set_mode(kernels::Mode::reference);
  CHECK(kernels::use_reference());
  kernels::sum(1, 1001, 1, x.data(), &y);
  kernels::set_mode(kernels::Mode::fast);
  CHECK(!kernels::use_reference());
  CHECK(y == static_cast<real>((1 << 24) + 1000));
}

TEST_CASE("describe names the instruction set and BLAS") {
  const std::string text = kernels::describe();
  CHECK(text.find("OpenBLAS 0.") != std::string::npos);
  CHECK(text.find("OpenMP") != std::string::npos);
  const bool known =
      text.starts_with("SSE4,") || text.starts_with("AVX2,") || text.starts_with("AVX-512,");
  CHECK(known);
}

TEST_CASE("the BLAS that was linked is the OpenMP build") { CHECK_NOTHROW(kernels::check_blas()); }
