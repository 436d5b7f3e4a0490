// Fused ops against their formula written in basic ops: value and gradients.

#include <numbers>

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr real eps = real(1e-5);

std::string against(const Op& fused, const Op& composed, const std::vector<Shape>& shapes,
                    real low = -2, real high = 2) {
  Tensors inputs;
  for (const Shape& shape : shapes) inputs.push_back(uniform(shape, low, high, inputs.size()));
  return difference(run(fused, inputs), run(composed, inputs));
}

// softmax by its definition, along the last dimension
Tensor composed_softmax(const Tensor& x) {
  const Tensor e = exp(x);
  return e / sum(e, {-1}, {.keepdim = true});
}

// Vaswani et al. 2017, eq. 1, with whole matrices. hidden (T, S) is 1 where a query sees no key.
Tensor composed_attention(Inputs x, real scale, const Tensor& hidden, const Tensor& bias) {
  const int64_t repeat = x[0].dim(2) / x[1].dim(2);
  const auto heads = [&](const Tensor& t, int64_t copies) {  // (B, S, NKV, hs) -> (B, NH, S, hs)
    const Tensor wide = t.unsqueeze(3).expand({-1, -1, -1, copies, -1});
    return wide.reshape({t.dim(0), t.dim(1), -1, t.dim(3)}).transpose(1, 2);
  };
  Tensor scores = matmul(heads(x[0], 1), heads(x[1], repeat).transpose(-1, -2)) * scale;
  if (bias.defined()) scores = scores + bias;
  if (hidden.defined()) scores = masked_fill(scores, hidden, real(-1e4));
  return matmul(softmax(scores, -1), heads(x[2], repeat)).transpose(1, 2);
}

// 1 where key j lies in the future of query t: j > t + S - T
Tensor future(int64_t T, int64_t S) {
  Tensor hidden = zeros({T, S});
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t j = t + S - T + 1; j < S; ++j) hidden.mutable_data()[t * S + j] = 1;
  }
  return hidden;
}

}  // namespace

TEST_CASE("softmax and log_softmax are exp(x) / sum(exp(x)) and its logarithm") {
  CHECK(against([](Inputs x) { return softmax(x[0], -1); },
                [](Inputs x) { return composed_softmax(x[0]); }, {{3, 7}}) == "");
  CHECK(against([](Inputs x) { return log_softmax(x[0], -1); },
                [](Inputs x) { return log(composed_softmax(x[0])); }, {{3, 7}}) == "");
  CHECK(against([](Inputs x) { return softmax(x[0], 0); },
                [](Inputs x) { return composed_softmax(x[0].transpose(0, 1)).transpose(0, 1); },
                {{3, 7}}) == "");
}

TEST_CASE("layer_norm is weight (x - mean) / sqrt(var + eps) + bias") {
  CHECK(against([](Inputs x) { return layer_norm(x[0], x[1], x[2], eps); },
                [](Inputs x) {
                  const Tensor centred = x[0] - mean(x[0], {-1}, {.keepdim = true});
                  const Tensor v = var(x[0], {-1}, {.correction = 0, .keepdim = true});
                  return centred / sqrt(v + eps) * x[1] + x[2];
                },
                {{2, 3, 9}, {9}, {9}}) == "");
}

TEST_CASE("rms_norm is weight x / sqrt(mean(x²) + eps)") {
  CHECK(against([](Inputs x) { return rms_norm(x[0], x[1], eps); },
                [](Inputs x) {
                  return x[0] * rsqrt(mean(x[0] * x[0], {-1}, {.keepdim = true}) + eps) * x[1];
                },
                {{2, 3, 9}, {9}}) == "");
}

TEST_CASE("linear is x Wᵀ + b") {
  CHECK(against([](Inputs x) { return linear(x[0], x[1], x[2]); },
                [](Inputs x) { return matmul(x[0], x[1].transpose(0, 1)) + x[2]; },
                {{2, 3, 5}, {4, 5}, {4}}) == "");
}

TEST_CASE("activations are their formulas") {
  const auto check = [](Tensor f(const Tensor&), const Op& composed) {
    return against([f](Inputs x) { return f(x[0]); }, composed, {{40}}, -4, 4);
  };
  const real c = static_cast<real>(std::sqrt(2 / std::numbers::pi));
  CHECK(check(gelu_tanh, [c](Inputs x) {
          const Tensor u = c * (x[0] + real(0.044715) * pow(x[0], real(3)));
          return real(0.5) * x[0] * (1 + tanh(u));
        }) == "");
  CHECK(check(silu, [](Inputs x) { return x[0] * sigmoid(x[0]); }) == "");
  CHECK(check(sigmoid, [](Inputs x) { return 1 / (1 + exp(-x[0])); }) == "");
  CHECK(check(tanh, [](Inputs x) { return 2 * sigmoid(2 * x[0]) - 1; }) == "");
  CHECK(check(relu, [](Inputs x) { return where(less(scalar(0), x[0]), x[0], scalar(0)); }) == "");
}

TEST_CASE("gelu is x Φ(x)") {
  const Tensor x = uniform({40}, -4, 4, 0);
  const Tensor y = gelu(x);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double value = static_cast<double>(x.data()[i]);
    const double expected = value / 2 * std::erfc(-value / std::numbers::sqrt2);
    CHECK(std::abs(static_cast<double>(y.data()[i]) - expected) <= double(close_enough));
  }
}

TEST_CASE("cross_entropy is -log softmax(logits)[target], averaged over the weights that count") {
  const Tokens targets({2, 3}, {0, 4, -100, 1, 1, 3});
  const Tokens index({2, 3, 1}, {0, 4, 0, 1, 1, 3});
  const Tensor counts = from_data({2, 3}, {1, 1, 0, 1, 1, 1});
  const Tensor w = from_data({5}, {1, 2, real(0.5), 3, real(0.25)});
  const Tensor wt = from_data({2, 3}, {1, real(0.25), 0, 2, 2, 3});
  const auto picked = [=](const Tensor& x) {
    return -gather(log_softmax(x, -1), 2, index).squeeze(-1);
  };
  CHECK(against([=](Inputs x) { return cross_entropy(x[0], targets); },
                [=](Inputs x) { return sum(picked(x[0]) * counts) / 5; }, {{2, 3, 5}}) == "");
  CHECK(against([=](Inputs x) { return cross_entropy(x[0], targets, {.class_weight = w}); },
                [=](Inputs x) { return sum(picked(x[0]) * wt) / sum(wt); }, {{2, 3, 5}}) == "");
  CHECK(against(
            [=](Inputs x) {
              return cross_entropy(x[0], targets,
                                   {.label_smoothing = real(0.3), .class_weight = w});
            },
            [=](Inputs x) {
              const Tensor all = -sum(w * log_softmax(x[0], -1), {-1}) * counts;
              return sum(real(0.7) * picked(x[0]) * wt + real(0.3) / 5 * all) / sum(wt);
            },
            {{2, 3, 5}}) == "");
}

TEST_CASE("cross_entropy of targets that are all ignored is 0 with gradient 0") {
  Tensor logits = randn({2, 5}, Draw{1, 0}).requires_grad_();
  const Tensor loss = cross_entropy(logits, Tokens({2}, -100));
  loss.backward();
  CHECK(loss.item() == 0);
  CHECK(bit_difference(logits.grad(), zeros({2, 5})) == "");
}

TEST_CASE("bce_with_logits has the gradient σ(x) - t, also at x = 0, and never overflows") {
  Tensor x = from_data({4}, {0, 0, 200, -200}).requires_grad_();
  const Tensor t = from_data({4}, {0, 1, 1, 0});
  const Tensor loss = bce_with_logits(x, t);
  loss.backward();
  const real log2 = std::numbers::ln2_v<real>;
  CHECK(loss.item() == doctest::Approx(2 * log2 / 4));
  CHECK(difference(x.grad() * 4, sigmoid(x.detach()) - t) == "");
}

TEST_CASE("attention is softmax(scale q kᵀ + bias) v, head by head") {
  const Shape q{2, 5, 4, 6};
  const Shape kv{2, 7, 2, 6};
  const real scale = 1 / std::sqrt(real(6));
  const Tensor bias = uniform({4, 5, 7}, -1, 1, 7);
  CHECK(against([](Inputs x) { return attention(x[0], x[1], x[2]); },
                [=](Inputs x) { return composed_attention(x, scale, {}, {}); }, {q, kv, kv}) == "");
  CHECK(against([](Inputs x) { return attention(x[0], x[1], x[2], {.causal = true}); },
                [=](Inputs x) { return composed_attention(x, scale, future(5, 7), {}); },
                {q, kv, kv}) == "");
  CHECK(against([=](Inputs x) { return attention(x[0], x[1], x[2], {.bias = bias}); },
                [=](Inputs x) { return composed_attention(x, scale, {}, bias); },
                {q, kv, kv}) == "");
}

TEST_CASE("attention bias may have any strides, and may repeat along any dimension") {
  const Shape q{2, 5, 2, 6};
  const real scale = 1 / std::sqrt(real(6));
  const Tensor full_bias = uniform({2, 2, 5, 5}, -1, 1, 7);
  for (const Tensor& bias :
       {in_transposed_memory(full_bias), in_strided_memory(full_bias), full_bias.narrow(3, 1, 1),
        full_bias.narrow(2, 1, 1), full_bias.narrow(0, 1, 1), full_bias.narrow(1, 1, 1),
        full_bias.select(0, 0).select(0, 1), full_bias.select(0, 0).transpose(1, 2)}) {
    CAPTURE(fmt::format("{}", bias.shape()));
    CHECK(against([=](Inputs x) { return attention(x[0], x[1], x[2], {.bias = bias}); },
                  [=](Inputs x) { return composed_attention(x, scale, {}, bias); },
                  {q, q, q}) == "");
  }
}

TEST_CASE("attention refuses a bias that wants a gradient, which it would not get") {
  const Tensor q = randn({1, 2, 1, 4}, Draw{1, 0});
  const Tensor bias = zeros({2, 2}).requires_grad_();
  CHECK_THROWS_AS(attention(q, q, q, {.bias = bias}), GraphError);
  const NoGrad guard;
  CHECK_NOTHROW(attention(q, q, q, {.bias = bias}));
}

TEST_CASE("one tensor in two places of a fused op gets both gradients") {
  const Shape x{2, 5, 3, 4};
  CHECK(against(
            [](Inputs t) { return attention(t[0], t[0], t[0], {.causal = true}); },
            [](Inputs t) {
              return composed_attention(std::vector{t[0], t[0], t[0]}, real(0.5), future(5, 5), {});
            },
            {x}) == "");
  CHECK(against([](Inputs t) { return layer_norm(t[0], t[1], t[1], eps); },
                [](Inputs t) { return layer_norm(t[0], t[1], t[1] * 1, eps); },
                {{4, 70}, {70}}) == "");
  CHECK(against([](Inputs t) { return linear(t[0], t[0]); },
                [](Inputs t) { return matmul(t[0], t[0].transpose(0, 1)); }, {{5, 5}}) == "");
  CHECK(against([](Inputs t) { return matmul(t[0], t[0]); },
                [](Inputs t) { return matmul(t[0], t[0] * 1); }, {{5, 5}}) == "");
}
