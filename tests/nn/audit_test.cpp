// The gradient audit and the leak probe, on models that are right and on models that are not.

#include "nn/audit.h"

#include <doctest/doctest.h>

#include <limits>

#include "autograd/checkpoint.h"
#include "autograd/mode.h"
#include "autograd/observe.h"
#include "autograd/record.h"
#include "nn/gpt.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// Two layers; what happens between them is up to the test.
struct Net : Module {
  Linear first = child("first", Linear(3, 4));
  Linear second = child("second", Linear(4, 2));
  Parameter spare = parameter("spare", ones({5}));
};

Tensor input() { return rand({6, 3}, {7, 0}); }

const AuditedParameter& of(const std::vector<AuditedParameter>& report, const std::string& name) {
  for (const AuditedParameter& p : report) {
    if (p.name == name) return p;
  }
  throw std::runtime_error(name);
}

GPTConfig tiny() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 8};
}

const Tokens audited_ids({2, 6}, {1, 4, 2, 8, 5, 7, 0, 10, 3, 3, 9, 6});

}  // namespace

TEST_CASE("audit: every parameter of a GPT gets a gradient, and none is left behind") {
  GPT model(tiny());
  const auto report = audit_gradients(model, [&] { return model.loss(audited_ids, audited_ids); });
  CHECK(report.size() == model.named_parameters().size());
  for (const AuditedParameter& p : report) {
    CAPTURE(p.name);
    CHECK(p.state == GradientState::sound);
    CHECK(p.reason == "");
    CHECK(p.norm > 0);
    CHECK_FALSE(model.find(p.name).grad().defined());
  }
}

TEST_CASE("audit: what the loss does not use, and what is frozen") {
  Net net;
  net.requires_grad(false, "second");
  const auto report =
      audit_gradients(net, [&] { return sum(net.second(tanh(net.first(input())))); });
  CHECK(of(report, "first.weight").state == GradientState::sound);
  CHECK(of(report, "second.weight").state == GradientState::frozen);
  CHECK(of(report, "spare").state == GradientState::none);
  CHECK(of(report, "spare").reason == "the loss does not use it");
}

TEST_CASE("audit: detach() cuts the graph before the op that is named") {
  Net net;
  const auto report =
      audit_gradients(net, [&] { return sum(net.second(tanh(net.first(input())).detach())); });
  CHECK(of(report, "second.weight").state == GradientState::sound);
  CHECK(of(report, "first.weight").state == GradientState::none);
  CHECK(of(report, "first.weight").reason ==
        "linear got it without its history: detach() stands before it");
}

TEST_CASE("audit: an op that computes its forward from others is not where the graph was cut") {
  const auto softplus = [](const Tensor& x) {
    Tensor y;
    {
      const NoGrad forward;
      y = relu(x) + log(1 + exp(-abs(x)));
    }
    return record(
        "softplus", y, [=](const Tensor& dy, Grad dx) { dx += dy * sigmoid(x); }, x);
  };
  Net net;
  const auto report =
      audit_gradients(net, [&] { return sum(net.second(softplus(net.first(input())).detach())); });
  CHECK(of(report, "first.weight").reason ==
        "linear got it without its history: detach() stands before it");
}

TEST_CASE("audit: NoGrad cuts the graph at the op that is named") {
  Net net;
  const auto report = audit_gradients(net, [&] {
    const Tensor x = net.first(input());
    Tensor y;
    {
      const NoGrad guard;
      y = sigmoid(x);
    }
    return sum(net.second(y));
  });
  CHECK(of(report, "first.bias").reason ==
        "sigmoid was computed while nothing was recorded (NoGrad)");
}

TEST_CASE("audit: a result that is computed and thrown away") {
  Net net;
  const auto report = audit_gradients(net, [&] {
    net.second(tanh(net.first(input())));
    return sum(net.spare.tensor());
  });
  CHECK(of(report, "second.bias").reason == "no result that depends on it is part of the loss");
}

TEST_CASE("audit: a gradient of zeros says where it became zero") {
  Net net;
  const auto report =
      audit_gradients(net, [&] { return sum(net.second(relu(net.first(input()) - real(100)))); });
  CHECK(of(report, "first.weight").state == GradientState::zero);
  CHECK(of(report, "first.weight").norm == 0);
  CHECK(of(report, "first.weight").reason ==
        "the gradient that reaches linear, which reads it, is zero already");
  CHECK(of(report, "second.weight").reason == "linear, which reads it, gives it zero");
}

TEST_CASE("audit: a gradient that is not finite says where it ceased to be") {
  Net net;
  const Tensor zero = zeros({6, 4});
  SUBCASE("on the way back: the slope of a root at 0") {
    const auto report =
        audit_gradients(net, [&] { return sum(net.second(sqrt(zero * net.first(input())))); });
    CHECK(of(report, "first.weight").state == GradientState::not_finite);
    CHECK(contains(of(report, "first.weight").reason, "reaches the result of mul is not finite"));
    CHECK(of(report, "second.weight").state != GradientState::not_finite);
  }
  SUBCASE("on the way there") {
    const auto report =
        audit_gradients(net, [&] { return sum(net.second(log(zero * net.first(input())))); });
    CHECK(contains(of(report, "first.weight").reason, "the result of log is not finite"));
  }
}

TEST_CASE("find_leak: a causal model keeps the future to itself, with every norm and placement") {
  for (const Placement placement : {Placement::pre, Placement::post}) {
    GPTConfig config = tiny();
    config.placement = placement;
    const GPT model(config);
    CHECK_FALSE(find_leak([&](const Tokens& t) { return model(t); }, audited_ids, 11).has_value());
  }
}

TEST_CASE("audit: a checkpointed part is one op, and gets its gradients") {
  Net net;
  const auto second = [&](Inputs x) { return net.second(tanh(x[0])); };
  const auto report = audit_gradients(net, [&] {
    const Tensor x = net.first(input());
    return sum(checkpoint(second, std::vector{x},
                          std::vector{net.second.weight.tensor(), net.second.bias.tensor()}));
  });
  for (const char* name : {"first.weight", "second.weight", "second.bias"}) {
    CAPTURE(name);
    CHECK(of(report, name).state == GradientState::sound);
    CHECK(of(report, name).reason == "");
  }
}

TEST_CASE("an observer is not observed, and may not replace what was recorded") {
  const Tensor x = ones({2}).requires_grad_();
  int seen = 0;
  {
    const Observe observe([&](const char*, Tensor& y, std::span<const Tensor* const>) {
      ++seen;
      static_cast<void>(y * y);
    });
    tanh(x);
  }
  CHECK(seen == 1);
  tanh(x);
  CHECK(seen == 1);
  const Observe observe(
      [](const char*, Tensor& y, std::span<const Tensor* const>) { y = zeros(y.shape()); });
  CHECK_THROWS_WITH_AS(tanh(x), "an observer replaced the result of tanh, which was recorded",
                       GraphError);
  const NoGrad guard;
  CHECK(tanh(x).to_vector() == std::vector<real>{0, 0});
}

TEST_CASE("find_leak: numbers that are not finite are no leak") {
  GPT model(tiny());
  const NoGrad guard;
  Tensor(model.find("h.0.mlp.c_fc.weight")).mutable_data()[0] =
      std::numeric_limits<real>::quiet_NaN();
  CHECK_FALSE(find_leak([&](const Tokens& t) { return model(t); }, audited_ids, 11).has_value());
}

TEST_CASE("copy_weights: another shape is refused") {
  GPTConfig config = tiny();
  const GPT from(config);
  config.block_size = 4;
  GPT shorter(config);
  copy_weights(from, shorter);
  CHECK(shorter.wpe->weight->to_vector() == from.wpe->weight->narrow(0, 0, 4).to_vector());
  GPT longer(tiny());
  CHECK_THROWS_AS(copy_weights(shorter, longer), ValueError);
  config = tiny();
  config.n_layer = 1;
  GPT flatter(config);
  CHECK_THROWS_AS(copy_weights(from, flatter), ValueError);
}

TEST_CASE("find_leak: one look ahead is found, with the place") {
  const GPT model(tiny());
  // The result at 2 is the one at 3.
  const auto peeping = [&](const Tokens& t) {
    const Tensor y = model.hidden(t);
    return concat({y.narrow(1, 0, 2), y.narrow(1, 3, 1), y.narrow(1, 3, 3)}, 1);
  };
  const std::optional<Leak> leak = find_leak(peeping, audited_ids, 11);
  REQUIRE(leak.has_value());
  CHECK(leak->changed == 3);
  CHECK(leak->seen == 2);
}

TEST_CASE("find_leak: a block that is not causal leaks from the second token on") {
  BlockConfig config = tiny().block();
  config.causal = false;
  const Block block(config);
  const Tensor table = rand({11, 8}, {3, 0});
  const std::optional<Leak> leak =
      find_leak([&](const Tokens& t) { return block(embedding(table, t)); }, audited_ids, 11);
  REQUIRE(leak.has_value());
  CHECK(leak->changed == 1);
  CHECK(leak->seen == 0);
}
