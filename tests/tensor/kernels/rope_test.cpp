#include "tensor/kernels/rope.h"

#include <doctest/doctest.h>

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

// x with room between its heads, as those of a packed qkv have it, and the angles of T positions.
struct Sample {
  int64_t B, T, NH, hs, gap;
  bool back = false, per_row = false;

  using Kernel = void(const kernels::Rope&, const real*, const kernels::HeadStrides&, real*);
  Numbers run(Kernel* kernel) const {
    const int64_t row = NH * hs + gap;
    Buffer x(random_numbers(B * T * row, -2, 2, 1)), y(B * T * NH * hs, 7);
    const int64_t angles = (per_row ? B : 1) * T * hs / 2;
    Buffer cos(random_numbers(angles, -1, 1, 2)), sin(random_numbers(angles, -1, 1, 3));
    kernel({B, T, NH, hs, cos.data(), sin.data(), per_row, back}, x.data(), {T * row, row, hs},
           y.data());
    return y.values();
  }
};

}  // namespace

TEST_CASE("rope agrees with its reference loop for any size of head, both ways") {
  for_each_target([] {
    for (const Sample& s : {Sample{1, 1, 1, 2, 0}, Sample{2, 3, 2, 8, 5}, Sample{2, 5, 3, 14, 0},
                            Sample{1, 40, 4, 64, 128, true}, Sample{3, 7, 1, 34, 1, true},
                            Sample{3, 7, 2, 6, 0, false, true}, Sample{2, 0, 2, 8, 0}}) {
      CAPTURE(s.hs);
      CHECK(mismatch(s.run(kernels::rope), s.run(reference::rope), {4, 1}) == "");
    }
  });
}

TEST_CASE("rope gives the same bits for any number of threads") {
  const Sample s{4, 100, 4, 64, 0};
  CHECK(same_for_any_thread_count([&] { return s.run(kernels::rope); }));
}
