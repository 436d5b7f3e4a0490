// Scaled dot-product attention, fused: the matrix of probabilities is never kept.

#include "tensor/kernels/attention.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

void check_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& o) {
  const bool ranks = q.rank() == 4 && k.rank() == 4 && v.shape() == k.shape();
  check_shape(ranks && q.dim(0) == k.dim(0) && q.dim(3) == k.dim(3) && q.dim(3) > 0,
              "attention: q {}, k {} and v {} must be (B, T, NH, hs) and twice (B, S, NKV, hs)",
              q.shape(), k.shape(), v.shape());
  check_shape(k.dim(2) > 0 && q.dim(2) % k.dim(2) == 0,
              "attention: {} key/value heads do not divide {} query heads", k.dim(2), q.dim(2));
  check_shape(!o.key_mask.defined() || o.key_mask.shape() == Shape({k.dim(0), k.dim(1)}),
              "attention: key_mask {} must be ({}, {}), one number per key", o.key_mask.shape(),
              k.dim(0), k.dim(1));
  check_value(o.window >= 0, "attention: window {} must not be negative", o.window);
  const Shape distances{q.dim(2), std::max<int64_t>(0, q.dim(1) + k.dim(1) - 1)};
  check_shape(!o.relative_bias.defined() || o.relative_bias.shape() == distances,
              "attention: relative_bias {} must be {}, one number per head and distance",
              o.relative_bias.shape(), distances);
  check<GraphError>(!grad_enabled() || !o.bias.requires_grad(),
                    "attention: bias {} wants a gradient, which attention does not give; detach() "
                    "it or add it to the scores yourself",
                    o.bias.shape());
}

// Heads may lie anywhere in memory, e.g. side by side in one packed qkv; one head must be dense.
Tensor dense_heads(const Tensor& x) { return x.strides()[3] == 1 ? x : dense(x); }

kernels::HeadStrides head_strides(const Tensor& x) {
  return {x.strides()[0], x.strides()[1], x.strides()[2]};
}

// bias seen as (B, NH, T, S): each (T, S) plane dense, planes that repeat not repeated in memory.
Tensor dense_planes(const Tensor& bias, const Shape& scores) {
  Shape planes = scores;
  for (int i = 0; i < 2; ++i) {
    const int d = i - (scores.rank() - bias.rank());
    planes[i] = d < 0 ? 1 : bias.shape()[d];
  }
  return dense(bias.detach().expand(planes)).expand(scores);
}

}  // namespace

// Vaswani et al. 2017, eq. 1, for each head:
//   y  = P v,   P = softmax(s),   s = scale q kᵀ + bias (hidden keys -∞)
//   dv = Pᵀ dy,   ds = P (dP - Σ P dP),   dP = dy vᵀ,   dq = scale ds k,   dk = scale dsᵀ q,
//   drelative_bias = ds summed over each distance
// q (B, T, NH, hs), k, v (B, S, NKV, hs) -> y (B, T, NH, hs). Saved: q, k, v, y and log Σ e^s.
// Under bf16 both operands of every product are rounded, P and ds among them.
Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value,
                 const AttentionOptions& options) {
  check_attention(query, key, value, options);
  const Tensor q = dense_heads(query), k = dense_heads(key), v = dense_heads(value);
  const int64_t B = q.dim(0), T = q.dim(1), NH = q.dim(2), hs = q.dim(3), S = k.dim(1);
  const Tensor mask = options.key_mask.defined() ? dense(options.key_mask).detach() : Tensor();
  const Tensor bias =
      options.bias.defined() ? dense_planes(options.bias, {B, NH, T, S}).detach() : Tensor();
  const Tensor relative = options.relative_bias.defined() ? dense(options.relative_bias) : Tensor();
  // A single query reads each key once: to round it first would cost more than it saves.
  const Precision products = T == 1 ? Precision::float32 : precision();
  kernels::Attention a{
      .B = B,
      .T = T,
      .S = S,
      .NH = NH,
      .NKV = k.dim(2),
      .hs = hs,
      .scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<real>(hs)),
      .causal = options.causal,
      .key_mask = mask.defined() ? mask.data() : nullptr,
      .bias = bias.defined() ? bias.data() : nullptr,
      .bias_batch = bias.defined() ? bias.strides()[0] : 0,
      .bias_head = bias.defined() ? bias.strides()[1] : 0,
      .q_strides = head_strides(q),
      .k_strides = head_strides(k),
      .v_strides = head_strides(v),
      .window = options.window,
      .relative_bias = relative.defined() ? relative.data() : nullptr,
      .precision = products};
  Tensor y(q.shape()), lse({B, NH, T});
  kernels::attention(a, q.data(), k.data(), v.data(), y.mutable_data(), lse.mutable_data());
  // `a` points into mask and biases: they are saved, and watched for changes, as inputs.
  auto backward = [=, saved = std::tuple(mask, bias, relative)](
                      const Tensor& dy, Grad dq, Grad dk, Grad dv, Grad drelative, Grad, Grad) {
    kernels::attention_backward(
        a, q.data(), k.data(), v.data(), y.data(), lse.data(), dy.data(),
        {dq.data_or_null(), dk.data_or_null(), dv.data_or_null(), drelative.data_or_null()});
  };
  return record("attention", y, backward, query, key, value, options.relative_bias, mask, bias);
}

namespace {

OpSample sample(std::vector<Shape> shapes, AttentionOptions options) {
  return {.op = "attention", .inputs = std::move(shapes), .fn = [=](Inputs x) {
            return attention(x[0], x[1], x[2], options);
          }};
}

const Shape same{2, 3, 2, 4};

const SampleRegistrar attention_samples{
    sample({same, same, same}, {.causal = true, .window = 2}),
    sample({{1, 4, 2, 3}, {1, 6, 2, 3}, {1, 6, 2, 3}}, {.window = 3}),
    {.op = "attention",
     .inputs = {{2, 3, 4, 2}, {2, 5, 2, 2}, {2, 5, 2, 2}, {4, 7}},
     .fn =
         [](Inputs x) {
           return attention(x[0], x[1], x[2], {.causal = true, .relative_bias = x[3]});
         },
     .errors = {{{{2, 3, 4, 2}, {2, 5, 2, 2}, {2, 5, 2, 2}, {4, 5}},
                 "attention: relative_bias (4, 5) must be (4, 7), one number per head and "
                 "distance"}}},
    sample({same, same, same}, {.causal = true}),
    sample({{2, 2, 4, 3}, {2, 5, 2, 3}, {2, 5, 2, 3}}, {.causal = true, .scale = real(0.3)}),
    sample({same, {2, 4, 1, 4}, {2, 4, 1, 4}},
           {.key_mask = from_data({2, 4}, {1, 1, 0, 0, 0, 0, 0, 0})}),
    sample({same, same, same}, {.bias = from_data({3, 3}, {0, 1, 2, -1, 0, 1, -2, -1, 0})}),
    {.op = "attention",
     .inputs = {same, same, same},
     .fn = [](Inputs x) { return attention(x[0], x[1], x[2]); },
     .zero_size = {{0, 3, 2, 4}, {0, 3, 2, 4}, {0, 3, 2, 4}},
     .errors = {{{{2, 3, 4}, same, same},
                 "attention: q (2, 3, 4), k (2, 3, 2, 4) and v (2, 3, 2, 4) must be (B, T, NH, "
                 "hs) and twice (B, S, NKV, hs)"},
                {{{2, 3, 3, 4}, same, same},
                 "attention: 2 key/value heads do not divide 3 query heads"}}},
};

}  // namespace
}  // namespace gradus
