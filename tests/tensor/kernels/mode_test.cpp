#include "tensor/kernels/mode.h"

#include "tensor/kernels/onednn.h"
#include "tensor/kernels/reduce.h"
#include "tests/tensor/kernels/compare.h"
#include "tests/tensor/kernels/kernel_guard.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("reference mode runs the plain loops: sums are rounded once") {
  // 2^24 + 1 is no float: only a sum in double keeps the ones.
  Numbers x(1001, 1);
  x[0] = static_cast<real>(1 << 24);
  real y = 0;
  {
    const KernelGuard loops(kernels::Mode::reference);
    CHECK(kernels::use_reference());
    kernels::sum(1, 1001, 1, x.data(), &y);
  }
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

TEST_CASE("describe names oneDNN where it multiplies, and --kernels openblas leaves it out") {
  const bool used = kernels::use_onednn();
  CHECK(used == kernels::onednn::is_fastest());
  CHECK((kernels::describe().find("oneDNN") != std::string::npos) == used);
  const KernelGuard without(kernels::Mode::openblas);
  CHECK(!kernels::use_onednn());
  CHECK(kernels::describe().find("oneDNN") == std::string::npos);
}

TEST_CASE("every mode has a name, and no other name has one") {
  for (const kernels::Mode mode :
       {kernels::Mode::fast, kernels::Mode::openblas, kernels::Mode::reference}) {
    CHECK(kernels::mode_named(kernels::name_of(mode)) == mode);
  }
  CHECK(!kernels::mode_named("magic").has_value());
}

TEST_CASE("the BLAS that was linked is the OpenMP build") { CHECK_NOTHROW(kernels::check_blas()); }
