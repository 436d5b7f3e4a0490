// Optimizers against the formulas of their papers, written as plain loops in double.

#include "optim/optimizer.h"

#include <cmath>
#include <functional>
#include <numbers>

#include "autograd/ops.h"
#include "optim/schedule.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Numbers = std::vector<double>;

constexpr int64_t rows = 3, columns = 2;

Numbers in_double_precision(const Tensor& x) {
  const std::vector<real> values = x.to_vector();
  return Numbers(values.begin(), values.end());
}

Tensor weight_at_start() { return randn({rows, columns}, {1, 0}).requires_grad_(); }

// The gradient of step t: any numbers do.
Tensor gradient_at(int step, const Shape& shape = {rows, columns}) {
  return randn(shape, {2, static_cast<uint64_t>(step)});
}

// Runs `steps` steps of an optimizer of `parameter`; returns where it ends.
template <class O>
Numbers run(O& optimizer, Tensor parameter, int steps, int first = 1) {
  for (int t = first; t < first + steps; ++t) {
    parameter.set_grad(gradient_at(t, parameter.shape()));
    optimizer.step();
  }
  return in_double_precision(parameter);
}

// The same by a formula of one number: update(w, g, t) with a memory (two numbers) per element.
using Memory = std::array<double, 2>;
Numbers by_hand(const Tensor& start, int steps,
                const std::function<double(double w, double g, int t, Memory& memory)>& update) {
  Numbers w = in_double_precision(start);
  std::vector<Memory> memory(w.size(), Memory{});
  for (int t = 1; t <= steps; ++t) {
    const Numbers g = in_double_precision(gradient_at(t, start.shape()));
    for (size_t i = 0; i < w.size(); ++i) w[i] = update(w[i], g[i], t, memory[i]);
  }
  return w;
}

void check_near(const Numbers& actual, const Numbers& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(actual[i] - expected[i]) <= (in_double ? 1e-12 : 3e-6));
  }
}

template <class O, class Options>
void check_steps(const Options& options,
                 const std::function<double(double, double, int, Memory&)>& update) {
  const Tensor w = weight_at_start();
  const Numbers expected = by_hand(w, 10, update);
  O optimizer({{"w", w}}, options);
  check_near(run(optimizer, w, 10), expected);
}

}  // namespace

TEST_CASE("SGD: w -= lr g") {
  check_steps<SGD>(SGDOptions{.lr = real(0.1)},
                   [](double w, double g, int, Memory&) { return w - 0.1 * g; });
}

TEST_CASE("SGD: momentum and dampening; the first velocity is the gradient itself") {
  check_steps<SGD>(SGDOptions{.lr = real(0.1), .momentum = real(0.9), .dampening = real(0.3)},
                   [](double w, double g, int t, Memory& m) {
                     m[0] = t == 1 ? g : 0.9 * m[0] + 0.7 * g;
                     return w - 0.1 * m[0];
                   });
}

TEST_CASE("SGD: Nesterov looks one step ahead; weight decay adds to the gradient") {
  check_steps<SGD>(
      SGDOptions{
          .lr = real(0.1), .momentum = real(0.9), .weight_decay = real(0.2), .nesterov = true},
      [](double w, double g, int t, Memory& m) {
        g += 0.2 * w;
        m[0] = t == 1 ? g : 0.9 * m[0] + g;
        return w - 0.1 * (g + 0.9 * m[0]);
      });
}

TEST_CASE("Adam: algorithm 1 of Kingma & Ba, weight decay added to the gradient") {
  for (const bool corrected : {true, false}) {
    const AdamOptions options{.lr = real(0.05),
                              .beta1 = real(0.8),
                              .beta2 = real(0.95),
                              .eps = real(1e-3),
                              .weight_decay = real(0.1),
                              .bias_correction = corrected};
    check_steps<Adam>(options, [&](double w, double g, int t, Memory& m) {
      g += 0.1 * w;
      m[0] = 0.8 * m[0] + 0.2 * g;
      m[1] = 0.95 * m[1] + 0.05 * g * g;
      const double mean = corrected ? m[0] / (1 - std::pow(0.8, t)) : m[0];
      const double square = corrected ? m[1] / (1 - std::pow(0.95, t)) : m[1];
      return w - 0.05 * mean / (std::sqrt(square) + 1e-3);
    });
  }
}

TEST_CASE("AdamW: algorithm 2 of Loshchilov & Hutter, weights decay by themselves") {
  const AdamOptions options{.lr = real(0.05),
                            .beta1 = real(0.8),
                            .beta2 = real(0.95),
                            .eps = real(1e-3),
                            .weight_decay = real(0.1)};
  check_steps<AdamW>(options, [](double w, double g, int t, Memory& m) {
    m[0] = 0.8 * m[0] + 0.2 * g;
    m[1] = 0.95 * m[1] + 0.05 * g * g;
    const double mean = m[0] / (1 - std::pow(0.8, t)), square = m[1] / (1 - std::pow(0.95, t));
    return w - 0.05 * 0.1 * w - 0.05 * mean / (std::sqrt(square) + 1e-3);
  });
}

TEST_CASE("AdamW: vectors do not decay, matrices do, a group may say otherwise") {
  const Tensor matrix = ones({2, 2}).requires_grad_(), vector = ones({4}).requires_grad_();
  const Tensor kept = ones({2, 2}).requires_grad_(), decayed = ones({4}).requires_grad_();
  AdamW optimizer({{"matrix", matrix}, {"vector", vector}},
                  {.lr = real(0.5), .weight_decay = real(0.5)});
  optimizer.add({{"kept", kept}}, {.weight_decay = real(0)});
  optimizer.add({{"decayed", decayed}}, {.weight_decay = real(1)});
  for (Tensor p : {matrix, vector, kept, decayed}) p.set_grad(zeros(p.shape()));
  optimizer.step();  // a gradient of 0 leaves decay alone: w -= lr * weight_decay * w
  CHECK(matrix.to_vector()[0] == real(0.75));
  CHECK(vector.to_vector()[0] == 1);
  CHECK(kept.to_vector()[0] == 1);
  CHECK(decayed.to_vector()[0] == real(0.5));
}

TEST_CASE("groups: lr_scale multiplies the learning rate, which may change between steps") {
  Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  SGD optimizer({{"a", a}}, {.lr = real(0.5)});
  optimizer.add({{"b", b}}, {.lr_scale = real(0.5)});
  a.set_grad(ones({2}));
  b.set_grad(ones({2}));
  optimizer.step();
  CHECK(a.to_vector()[0] == real(0.5));
  CHECK(b.to_vector()[0] == real(0.75));
  optimizer.lr = 1;
  optimizer.step();
  CHECK(a.to_vector()[0] == real(-0.5));
  CHECK(b.to_vector()[0] == real(0.25));
}

TEST_CASE("a parameter without a gradient, or frozen, stays and gets no state") {
  Tensor unused = ones({2, 2}).requires_grad_(), frozen = ones({2, 2}).requires_grad_();
  AdamW optimizer({{"unused", unused}, {"frozen", frozen}}, {.weight_decay = real(0.5)});
  frozen.set_grad(ones({2, 2}));
  frozen.requires_grad_(false);
  optimizer.step();
  CHECK(bit_difference(unused, ones({2, 2})) == "");
  CHECK(bit_difference(frozen, ones({2, 2})) == "");
  CHECK(optimizer.state().empty());
}

TEST_CASE("add: what is there already stays as it is; what is no parameter is refused") {
  const Tensor w = weight_at_start();
  SGD once({{"w", w}}), twice({{"w", w}});
  twice.add({{"again", w}}, {.lr_scale = 100});
  const Tensor start = w.clone().detach();
  run(once, w, 1);
  const Tensor after = w.clone().detach();
  w.detach().copy_(start);
  run(twice, w, 1);
  CHECK(bit_difference(w, after) == "");
  CHECK(message_of<ValueError>([&] {
          once.add({{"constant", ones({2})}});
        }) == "optimizer: 'constant' is not a parameter");
}

TEST_CASE("zero_grad: no gradient is left") {
  Tensor w = weight_at_start();
  SGD optimizer({{"w", w}});
  w.set_grad(ones(w.shape()));
  optimizer.zero_grad();
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("state: saved and put back, training goes on bit for bit") {
  const auto check = [](auto make) {
    const Tensor unbroken = weight_at_start();
    auto first = make(unbroken);
    run(first, unbroken, 5);
    const Tensor resumed = unbroken.clone().detach().requires_grad_();
    auto second = make(resumed);
    second.load_state(first.state());
    run(first, unbroken, 5, 6);  // its state moves on, the copy must not
    run(second, resumed, 5, 6);
    CHECK(bit_difference(resumed, unbroken) == "");
  };
  check([](const Tensor& w) {
    return SGD({{"w", w}}, {.momentum = real(0.9), .dampening = real(0.5)});
  });
  check([](const Tensor& w) { return Adam({{"w", w}}); });
  check([](const Tensor& w) { return AdamW({{"w", w}}, {.weight_decay = real(0.1)}); });
}

TEST_CASE("state: named after the parameter; what does not belong is refused") {
  const Tensor w = weight_at_start();
  AdamW optimizer({{"h.0.w", w}});
  CHECK(optimizer.state().empty());
  run(optimizer, w, 1);
  const std::vector<NamedTensor> state = optimizer.state();
  REQUIRE(state.size() == 3);
  CHECK(state[0].name == "step.h.0.w");
  CHECK(state[1].name == "m.h.0.w");
  CHECK(state[2].name == "v.h.0.w");
  CHECK(message_of<ValueError>([&] {
          optimizer.load_state({{"m.other", ones({3, 2})}});
        }) == "optimizer: state 'm.other' belongs to no parameter");
  CHECK(message_of<ValueError>([&] {
          optimizer.load_state({{"m.h.0.w", ones({2})}});
        }) == "optimizer: state 'm.h.0.w' has shape (2), the parameter (3, 2)");
}

TEST_CASE("a parameter that comes late moves as it would in an optimizer of its own") {
  const Tensor early = weight_at_start(), late = weight_at_start(), alone = weight_at_start();
  AdamW together({{"early", early}});
  run(together, early, 100);
  together.add({{"late", late}});
  run(together, late, 3);
  AdamW own({{"late", alone}});
  run(own, alone, 3);
  CHECK(bit_difference(late, alone) == "");
}

TEST_CASE("a replaced parameter begins afresh under its name") {
  const Tensor old = weight_at_start(), fresh = weight_at_start(), alone = weight_at_start();
  AdamW optimizer({{"w", old}});
  run(optimizer, old, 5);
  const std::vector<real> before = old.to_vector();
  optimizer.add({{"w", fresh}});
  run(optimizer, fresh, 3);
  AdamW own({{"w", alone}});
  run(own, alone, 3);
  CHECK(bit_difference(fresh, alone) == "");
  CHECK(old.to_vector() == before);
}

TEST_CASE("a parameter that is not dense is refused: an update would miss its elements") {
  Tensor w = ones({2, 3}).transpose(0, 1);
  w.requires_grad_();
  CHECK(message_of<ValueError>([&] {
          SGD optimizer({{"w", w}});
        }) == "optimizer: 'w' must be dense; use contiguous()");
}

TEST_CASE("clip_grad_norm: a bound that is negative or no number is refused") {
  Tensor w = weight_at_start();
  w.set_grad(ones(w.shape()));
  CHECK_THROWS_AS(clip_grad_norm({{"w", w}}, -1), ValueError);
  CHECK_THROWS_AS(clip_grad_norm({{"w", w}}, std::numeric_limits<double>::quiet_NaN()), ValueError);
  CHECK(w.grad().data()[0] == 1);
}

TEST_CASE("options outside their range are refused, each by its name") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const std::vector<NamedTensor> none;
  const auto sgd = [&](const SGDOptions& o) {
    return message_of<ValueError>([&] { SGD optimizer(none, o); });
  };
  const auto adam = [&](const AdamOptions& o) {
    return message_of<ValueError>([&] { AdamW optimizer(none, o); });
  };
  CHECK(sgd({.lr = -1}) == "SGD: lr = -1 must be finite and not negative");
  CHECK(sgd({.momentum = nan}) == "SGD: momentum = nan must be finite and not negative");
  CHECK(sgd({.dampening = nan}) == "SGD: dampening = nan must be finite and not negative");
  CHECK(sgd({.weight_decay = -1}) == "SGD: weight_decay = -1 must be finite and not negative");
  CHECK(sgd({.nesterov = true}) == "SGD: nesterov needs momentum and no dampening");
  CHECK(adam({.lr = nan}) == "Adam: lr = nan must be finite and not negative");
  CHECK(adam({.beta1 = 1}) == "Adam: beta1 = 1 must be in [0, 1)");
  CHECK(adam({.beta2 = nan}) == "Adam: beta2 = nan must be in [0, 1)");
  CHECK(adam({.eps = -1}) == "Adam: eps = -1 must be finite and not negative");
  CHECK(adam({.weight_decay = nan}) == "Adam: weight_decay = nan must be finite and not negative");
  SGD optimizer(none);
  CHECK(message_of<ValueError>([&] { optimizer.add(none, {.lr_scale = nan}); }) ==
        "optimizer: lr_scale = nan must be finite and not negative");
  CHECK(message_of<ValueError>([&] { optimizer.add(none, {.weight_decay = real(-1)}); }) ==
        "optimizer: weight_decay = -1 must be finite and not negative");
}

TEST_CASE("clip_grad_norm: returns the common norm and scales it down to the limit") {
  Tensor a = ones({2}).requires_grad_(), b = ones({1}).requires_grad_();
  const Tensor without = ones({7}).requires_grad_();
  const std::vector<NamedTensor> parameters{{"a", a}, {"without", without}, {"b", b}};
  a.set_grad(from_data({2}, {2, 3}));
  b.set_grad(from_data({1}, {6}));
  CHECK(clip_grad_norm(parameters, 10) == doctest::Approx(7));  // sqrt(4 + 9 + 36)
  CHECK(bit_difference(a.grad(), from_data({2}, {2, 3})) == "");
  CHECK(clip_grad_norm(parameters, 3.5) == doctest::Approx(7));
  CHECK(difference(a.grad(), from_data({2}, {1, real(1.5)}), real(1e-6)) == "");
  CHECK(difference(b.grad(), from_data({1}, {3}), real(1e-6)) == "");
  CHECK(clip_grad_norm({}, 1) == 0);
}

// Weights after two steps, the gradient of the second being longer than 1.
template <class Optimizer, class Clip>
Tensor clipped_steps(Clip clip) {
  Tensor w = from_data({3}, {1, -2, 3}).requires_grad_();
  const std::vector<NamedTensor> parameters{{"w", w}};
  Optimizer optimizer(parameters, {.weight_decay = real(0.1)});
  for (const real scale : {real(0.1), real(5)}) {
    w.set_grad(from_data({3}, {scale, 2 * scale, -scale}));
    clip(optimizer, parameters);
  }
  return w.detach().clone();
}

TEST_CASE_TEMPLATE(
    "step(clip_scale(...)) is clip_grad_norm and step() to the bit, and no gradient is written",
    Optimizer, SGD, Adam, AdamW) {
  const Tensor expected =
      clipped_steps<Optimizer>([](Optimizer& optimizer, const auto& parameters) {
        clip_grad_norm(parameters, 1);
        optimizer.step();
      });
  const Tensor folded = clipped_steps<Optimizer>([](Optimizer& optimizer, const auto& parameters) {
    const Tensor before = parameters[0].tensor.grad().clone();
    optimizer.step(clip_scale(grad_norm(parameters), 1));
    CHECK(bit_difference(parameters[0].tensor.grad(), before) == "");
  });
  const Tensor unclipped =
      clipped_steps<Optimizer>([](Optimizer& optimizer, const auto&) { optimizer.step(); });
  CHECK(bit_difference(folded, expected) == "");
  CHECK(bit_difference(unclipped, expected) != "");
}

TEST_CASE("clip_grad_norm: a norm that is not finite scales nothing, and is told") {
  Tensor a = ones({2}).requires_grad_();
  for (const real bad :
       {std::numeric_limits<real>::infinity(), std::numeric_limits<real>::quiet_NaN()}) {
    a.set_grad(from_data({2}, {5, bad}));
    CHECK_FALSE(std::isfinite(clip_grad_norm({{"a", a}}, 1)));
    CHECK(a.grad().to_vector()[0] == 5);
  }
}

TEST_CASE("clip_grad_norm: gradients whose squares leave single precision are still measured") {
  Tensor a = ones({2}).requires_grad_();
  a.set_grad(full({2}, real(3e30)));
  CHECK(clip_grad_norm({{"a", a}}, 1) == doctest::Approx(std::sqrt(2.0) * 3e30));
  CHECK(difference(a.grad(), full({2}, real(std::numbers::sqrt2 / 2)), real(1e-5)) == "");
}

TEST_CASE("schedules: linear warm-up, then constant, linear or cosine decay, and an end") {
  const double pi = std::numbers::pi;
  Schedule s{.lr = real(0.8), .min_lr = real(0.2), .warmup_steps = 10, .decay_steps = 50};
  for (int64_t step = 0; step < 70; ++step) {
    CAPTURE(step);
    const double t = std::min(1.0, static_cast<double>(step - 10) / 40);
    const double rise = 0.8 * static_cast<double>(step) / 10;
    s.decay = Decay::constant;
    CHECK(s(step) == doctest::Approx(step < 10 ? rise : 0.8).epsilon(1e-6));
    s.decay = Decay::linear;
    CHECK(s(step) == doctest::Approx(step < 10 ? rise : 0.8 - 0.6 * t).epsilon(1e-6));
    s.decay = Decay::cosine;  // Loshchilov & Hutter 2017, eq. 5
    const double cosine = 0.2 + 0.5 * (0.8 - 0.2) * (1 + std::cos(pi * t));
    CHECK(s(step) == doctest::Approx(step < 10 ? rise : cosine).epsilon(1e-6));
  }
  CHECK(s(0) == 0);
  CHECK(s(10) == real(0.8));
  CHECK(s(50) == real(0.2));
  CHECK(s(1'000'000'000'000) == real(0.2));
}

TEST_CASE("schedules: never rise after the warm-up; a warm-up longer than the run is a ramp") {
  for (const Decay decay : {Decay::constant, Decay::linear, Decay::cosine}) {
    const Schedule s{
        .decay = decay, .lr = 1, .min_lr = real(0.1), .warmup_steps = 5, .decay_steps = 40};
    for (int64_t step = 1; step < 60; ++step) {
      CHECK((step <= 5 ? s(step) > s(step - 1) : s(step) <= s(step - 1)));
    }
    const Schedule ramp{.decay = decay, .lr = 1, .warmup_steps = 100, .decay_steps = 50};
    CHECK(ramp(50) == real(0.5));
    CHECK(ramp(99) == real(0.99));
  }
}

TEST_CASE("schedules: without warm-up the first step has the full rate") {
  const Schedule s{.decay = Decay::cosine, .lr = 1, .decay_steps = 10};
  CHECK(s(0) == 1);
  CHECK(s(10) == doctest::Approx(0));
}

TEST_CASE("schedule: a trapezoid holds lr until decay_start, then falls to min_lr") {
  for (const Decay decay : {Decay::linear, Decay::cosine}) {
    const Schedule s{.decay = decay,
                     .lr = 1,
                     .min_lr = real(0.1),
                     .warmup_steps = 10,
                     .decay_start = 60,
                     .decay_steps = 100};
    CHECK(s(5) == doctest::Approx(0.5));
    CHECK(s(10) == 1);
    CHECK(s(60) == 1);
    CHECK(s(80) == doctest::Approx(0.55));  // half of the way, for both
    CHECK(s(100) == doctest::Approx(0.1));
    CHECK(s(500) == doctest::Approx(0.1));
  }
}
