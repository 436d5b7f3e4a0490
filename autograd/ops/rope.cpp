// Rotary position embedding.

#include "tensor/kernels/rope.h"

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

Tensor turned(const Tensor& x, const Tensor& cos, const Tensor& sin, bool back) {
  const Tensor heads = x.strides()[3] == 1 ? x : dense(x);  // one head must be dense
  Tensor y(x.shape());
  kernels::rope({.B = x.dim(0),
                 .T = x.dim(1),
                 .NH = x.dim(2),
                 .hs = x.dim(3),
                 .cos = cos.data(),
                 .sin = sin.data(),
                 .per_row = cos.rank() == 3,
                 .back = back},
                heads.data(), {heads.strides()[0], heads.strides()[1], heads.strides()[2]},
                y.mutable_data());
  return y;
}

}  // namespace

// Su et al. 2021, eq. 34. For each token t and pair of channels (i, i + hs/2), R turning by angle
// m_t θ_i:
//   y = R x,   dx = Rᵀ dy
// x (B, T, NH, hs), cos and sin (T, hs/2) or (B, T, hs/2) -> (B, T, NH, hs)
Tensor rope(const Tensor& x, const Tensor& cosines, const Tensor& sines) {
  check_shape(x.rank() == 4 && x.dim(3) % 2 == 0,
              "rope: x {} must be (B, T, NH, hs) with an even hs", x.shape());
  const Shape shared{x.dim(1), x.dim(3) / 2}, per_row = shared.insert(0, x.dim(0));
  check_shape(
      (cosines.shape() == shared || cosines.shape() == per_row) && sines.shape() == cosines.shape(),
      "rope: cos {} and sin {} must be {} or {}, an angle per token and pair of channels",
      cosines.shape(), sines.shape(), shared, per_row);
  check<GraphError>(!grad_enabled() || !(cosines.requires_grad() || sines.requires_grad()),
                    "rope: cos and sin have no gradient; detach() them");
  const Tensor cos = dense(cosines).detach(), sin = dense(sines).detach();
  const Tensor y = turned(x, cos, sin, false);
  auto backward = [=](const Tensor& dy, Grad dx, Grad, Grad) {
    if (dx) dx += turned(dy, cos, sin, true);
  };
  return record("rope", y, backward, x, cos, sin);
}

namespace {

// Of three tokens and two pairs of channels: turned by angles whose cosine and sine are rational.
const Tensor some_cosines =
    from_data({3, 2}, {1, 1, real(0.6), real(0.8), real(-0.28), real(0.28)});
const Tensor some_sines = from_data({3, 2}, {0, 0, real(0.8), real(0.6), real(0.96), real(0.96)});

const SampleRegistrar rope_samples{
    {.op = "rope",
     .inputs = {{3, 1, 2, 4}},
     .fn = [](Inputs x) { return rope(x[0], some_cosines.unsqueeze(1), some_sines.unsqueeze(1)); }},
    {.op = "rope",
     .inputs = {{2, 3, 2, 4}},
     .fn = [](Inputs x) { return rope(x[0], some_cosines, some_sines); },
     .errors =
         {{{{2, 3, 2, 3}}, "rope: x (2, 3, 2, 3) must be (B, T, NH, hs) with an even hs"},
          {{{2, 4, 2, 4}},
           "rope: cos (3, 2) and sin (3, 2) must be (4, 2) or (2, 4, 2), an angle per token and "
           "pair of channels"}}},
};

}  // namespace
}  // namespace gradus
