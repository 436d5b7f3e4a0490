// The profile of a step: what work is reckoned, and where time is booked.

#include "train/profile.h"

#include <doctest/doctest.h>

#include <map>
#include <thread>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "nn/gpt.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr double number = sizeof(real);  // bytes

GPTConfig tiny() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 8};
}

const Tokens ids({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), targets({2, 4}, {2, 3, 4, 5, 6, 7, 8, 9});

StepProfile profile_of(const GPT& model) {
  Profiler profiler(true);
  profiler.start_step();
  profiler.backward(profiler.forward([&] { return model.loss(ids, targets); }));
  profiler.end_step();
  return profiler.result();
}

std::map<std::string, int64_t> calls_of(const StepProfile& step, Pass pass) {
  std::map<std::string, int64_t> calls;
  for (const ProfileRow& row : step.rows) {
    if (row.pass == pass) calls[row.op] = row.calls;
  }
  return calls;
}

ProfileRow row_of(const StepProfile& step, const std::string& op, Pass pass) {
  const ProfileRow* row = step.find(op, pass);
  REQUIRE(row != nullptr);
  return *row;
}

void rest(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

double sum_of_rows(const StepProfile& step) {
  double sum = 0;
  for (const ProfileRow& row : step.rows) sum += row.seconds;
  return sum;
}

}  // namespace

TEST_CASE("work of linear: 2 M N K, and as much again for dx and for dw") {
  OpCall call{.op = "linear", .y = {2, 3, 5}, .inputs = {{{2, 3, 4}}, {{5, 4}}, {{5}}}};
  CHECK(forward_work(call).flops == 2 * 6 * 5 * 4);
  CHECK(forward_work(call).bytes == (24 + 20 + 5 + 30) * number);  // x, w, b, y
  CHECK(backward_work(call).flops == 2 * 2 * 6 * 5 * 4);
  CHECK(backward_work(call).bytes == (30 + 20 + 24 + 24 + 20 + 5) * number);  // dy w dx, x dw, db
  call.inputs[0].wants_grad = false;
  CHECK(backward_work(call).flops == 2 * 6 * 5 * 4);
  CHECK(backward_work(call).bytes == (30 + 24 + 20 + 5) * number);
}

TEST_CASE("work of attention: two products forward and four backward, over the pairs it sees") {
  const Shape heads{2, 3, 2, 4};  // B, T, NH, hs
  OpCall call{.op = "attention", .y = heads, .inputs = {{heads}, {heads}, {heads}}};
  const double product = 2 * (2 * 2) * (3 * 3) * 4;  // multiply-adds over heads, pairs, hs
  CHECK(forward_work(call).flops == 2 * product);
  CHECK(backward_work(call).flops == 4 * product);
  CHECK(forward_work(call).bytes == 4 * 48 * number);   // q, k, v, y
  CHECK(backward_work(call).bytes == 8 * 48 * number);  // and dy, dq, dk, dv
  call.causal = true;                                   // 1 + 2 + 3 pairs instead of 9
  CHECK(forward_work(call).flops == 2 * product * 6 / 9);
  call.inputs[1].shape = call.inputs[2].shape = {2, 5, 2, 4};  // two more keys, of the past
  CHECK(forward_work(call).flops == 2 * product * (3 + 4 + 5) / 9);
}

TEST_CASE("work of a matrix product follows the shapes of a real one") {
  Profiler profiler(false);
  profiler.start_step();
  const Tensor a = ones({7, 2, 3}).requires_grad_(), b = ones({7, 3, 5}).requires_grad_();
  profiler.backward(profiler.forward([&] { return sum(matmul(a, b)); }));
  profiler.end_step();
  CHECK(row_of(profiler.result(), "matmul", Pass::forward).work.flops == 7 * 2 * 2 * 3 * 5);
  CHECK(row_of(profiler.result(), "matmul", Pass::backward).work.flops == 2 * 7 * 2 * 2 * 3 * 5);
}

TEST_CASE("work of everything else is its traffic") {
  const Shape x{4, 6};
  CHECK(forward_work({.op = "gelu", .y = x, .inputs = {{x}}}).bytes == 2 * 24 * number);
  CHECK(backward_work({.op = "gelu", .y = x, .inputs = {{x}}}).bytes == 3 * 24 * number);
  CHECK(backward_work({.op = "dropout", .y = x, .inputs = {{x}}}).bytes == 2 * 24 * number);
  // A sum hands its dy on; only what was broadcast has to be summed.
  CHECK(backward_work({.op = "add", .y = x, .inputs = {{x}, {x}}}).bytes == 0);
  CHECK(backward_work({.op = "add", .y = x, .inputs = {{x}, {{6}}}}).bytes == (24 + 6) * number);
  // A view costs nothing, unless its backward has to put elements where they came from.
  CHECK(forward_work({.op = "select", .y = {6}, .inputs = {{x}}, .is_view = true}).bytes == 0);
  CHECK(backward_work({.op = "select", .y = {6}, .inputs = {{x}}, .is_view = true}).bytes ==
        2 * 6 * number);
  CHECK(backward_work({.op = "view", .y = {24}, .inputs = {{x}}, .is_view = true}).bytes == 0);
  CHECK(forward_work({.op = "embedding", .y = {3, 6}, .inputs = {{{1000, 6}}}}).bytes ==
        2 * 18 * number);
  CHECK(norm_work(10).bytes == 10 * number);
  CHECK(adam_work(10).bytes == 70 * number);
}

TEST_CASE("the profile of a GPT of two layers names its ops and how often they run") {
  const StepProfile step = profile_of(GPT(tiny()));
  const std::map<std::string, int64_t> expected{
      {"embedding", 1},  {"narrow", 7},     // of tokens; of positions, and q, k and v
      {"add", 5},                           // the two embeddings, and two in a layer
      {"layer_norm", 5}, {"linear", 9},     // and ln_f, and the head
      {"view", 4},       {"attention", 2},  // q, k and v side by side
      {"gelu_tanh", 2},  {"cross_entropy", 1}};
  CHECK(calls_of(step, Pass::forward) == expected);
  CHECK(calls_of(step, Pass::backward) == expected);
  CHECK(calls_of(step, Pass::update) ==
        std::map<std::string, int64_t>{{everything_else, 3}, {noise, 1}});
}

TEST_CASE("the rows of a profile add up to the step") {
  const auto start = std::chrono::steady_clock::now();
  const StepProfile step = profile_of(GPT(tiny()));
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  CHECK(step.seconds > 0);
  CHECK(step.seconds < passed.count());
  CHECK(std::abs(sum_of_rows(step) - step.seconds) < 1e-9);
  CHECK(row_of(step, noise, Pass::update).seconds < 1e-9);  // one step is its own best
}

TEST_CASE("time is booked where it was spent: forward, backward and laps apart") {
  const Tensor x = ones({2}).requires_grad_();
  const auto slow = [&] {
    rest(20);
    const auto backward = [&](const Tensor& dy, Grad dx) {
      rest(40);
      dx += dy;
    };
    return sum(record("slow", dense_copy(x), backward, x));
  };
  Profiler profiler(false);
  for (int i = 0; i < 5; ++i) {  // the best row of five: a busy machine does not lengthen them all
    profiler.start_step();
    profiler.backward(profiler.forward(slow));
    rest(10);
    profiler.lap("pause");
    profiler.end_step();
  }
  const StepProfile step = profiler.result();
  CHECK(row_of(step, "slow", Pass::forward).seconds >= 0.02);
  CHECK(row_of(step, "slow", Pass::backward).seconds >= 0.04);
  CHECK(row_of(step, "pause", Pass::update).seconds >= 0.01);
  CHECK(row_of(step, "sum", Pass::forward).seconds < 0.02);
  CHECK(row_of(step, "sum", Pass::backward).seconds < 0.02);
}

TEST_CASE("of several steps the best of each row is kept; what the fastest had beyond is noise") {
  Profiler profiler(false);
  for (int i = 0; i < 3; ++i) {  // as above: one of three is not disturbed
    for (const auto& [first, second] : {std::pair{5, 100}, {50, 50}, {100, 10}}) {
      profiler.start_step();
      rest(first);
      profiler.lap("first");
      rest(second);
      profiler.lap("second");
      profiler.end_step();
    }
  }
  const StepProfile step = profiler.result();
  CHECK(row_of(step, "first", Pass::update).seconds < 0.05);
  CHECK(row_of(step, "second", Pass::update).seconds < 0.05);
  CHECK(step.seconds >= 0.1);
  CHECK(row_of(step, noise, Pass::update).seconds > 0);
  CHECK(std::abs(sum_of_rows(step) - step.seconds) < 1e-9);
}

TEST_CASE("an op that is not on the graph counts to the op after it") {
  const Tensor x = ones({2}).requires_grad_();
  Profiler profiler(false);
  profiler.start_step();
  profiler.backward(profiler.forward([&] {
    rest(20);
    const Tensor constant = exp(x.detach());
    return sum(x * constant);
  }));
  profiler.end_step();
  CHECK(calls_of(profiler.result(), Pass::forward) ==
        std::map<std::string, int64_t>{{"mul", 1}, {"sum", 1}});
  CHECK(row_of(profiler.result(), "mul", Pass::forward).seconds >= 0.02);
}

TEST_CASE("a step under the profile gives the same bits as one without") {
  const auto gradients = [](bool profiled) {
    manual_seed(3);
    const GPT model(tiny());
    if (profiled) {
      profile_of(model);
    } else {
      model.loss(ids, targets).backward();
    }
    std::vector<std::vector<real>> all;
    for (const NamedTensor& p : model.named_parameters())
      all.push_back(p.tensor.grad().to_vector());
    return all;
  };
  CHECK(gradients(true) == gradients(false));
}

TEST_CASE("after a profile nothing is recorded any more") {
  Profiler profiler(false);
  const Tensor x = ones({2}).requires_grad_();
  profiler.start_step();
  profiler.backward(profiler.forward([&] { return sum(x); }));
  sum(exp(x)).backward();
  profiler.end_step();
  CHECK(calls_of(profiler.result(), Pass::forward) == std::map<std::string, int64_t>{{"sum", 1}});
  CHECK(calls_of(profiler.result(), Pass::backward) == std::map<std::string, int64_t>{{"sum", 1}});
}
