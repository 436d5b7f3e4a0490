// Every op sample through every check.

#include "autograd/gradcheck.h"
#include "tests/autograd/sample_runs.h"
#include "tests/tensor/kernels/kernel_guard.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

/// Calls f(sample, inputs) for every sample; a failure names the op.
template <class F>
void for_each_sample(F f) {
  REQUIRE(op_samples().size() > 50);
  int index = 0;
  for (const OpSample& sample : op_samples()) {
    CAPTURE(sample.op);
    CAPTURE(index);
    f(sample, inputs_of(sample));
    ++index;
  }
}

template <class F>
Tensors changed(const Tensors& inputs, F f) {
  Tensors result;
  for (const Tensor& x : inputs) result.push_back(f(x));
  return result;
}

// The first slice of dimension d in place of all of them, with stride 0.
Tensor repeated(const Tensor& x, int d) {
  if (x.rank() == 0) return x;
  return x.narrow(d, 0, 1).expand(x.shape());
}

std::vector<uint64_t> versions_of(const Tensors& inputs) {
  std::vector<uint64_t> versions;
  for (const Tensor& x : inputs) versions.push_back(x.storage()->version());
  return versions;
}

}  // namespace

TEST_CASE("every sample: gradients agree with central differences") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    CHECK(gradcheck_error(sample.fn, inputs) <= GradcheckOptions{}.tolerance);
  });
}

TEST_CASE("every sample: strides of the inputs change nothing") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const Outcome expected = run(sample.fn, inputs);
    for (const auto& layout : {in_transposed_memory, in_strided_memory, at_an_offset}) {
      CHECK(difference(run(sample.fn, changed(inputs, layout)), expected) == "");
    }
  });
}

TEST_CASE("every sample: an input that repeats itself with stride 0 acts as its dense copy") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    for (const int d : {0, -1}) {
      const Tensors repeats = changed(inputs, [d](const Tensor& x) { return repeated(x, d); });
      const Outcome expected = run(sample.fn, changed(repeats, dense_copy));
      CHECK(difference(run(sample.fn, repeats), expected) == "");
    }
  });
}

TEST_CASE("every sample: empty inputs give finite results and gradients of the right shape") {
  for_each_sample([](const OpSample& sample, const Tensors&) {
    if (sample.zero_size.empty()) return;
    const Tensors inputs = inputs_of(sample, sample.zero_size);
    const Outcome outcome = run(sample.fn, inputs);
    for (const real value : outcome.y.to_vector()) CHECK(std::isfinite(value));
    for (size_t i = 0; i < inputs.size(); ++i) {
      CHECK(outcome.gradients[i].shape() == inputs[i].shape());
      for (const real value : outcome.gradients[i].to_vector()) {
        CHECK(std::isfinite(value));
        if (outcome.y.numel() == 0) CHECK(value == 0);
      }
    }
  });
}

TEST_CASE("every sample: two backwards give twice the gradient of one") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const Outcome once = run(sample.fn, inputs);
    const Tensors leaves = leaves_of(inputs);
    for (int i = 0; i < 2; ++i) sample.fn(leaves).backward(dy_of(once.y));
    for (size_t i = 0; i < leaves.size(); ++i) {
      const Tensor twice = leaves[i].grad().defined() ? leaves[i].grad() : zeros(leaves[i].shape());
      CHECK(difference(twice, once.gradients[i] * 2) == "");
    }
  });
}

TEST_CASE("every sample: each gradient alone is the same as all of them together") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const Outcome expected = run(sample.fn, inputs);
    for (size_t wanted = 0; wanted < inputs.size(); ++wanted) {
      Tensors leaves = changed(inputs, [](const Tensor& x) { return x.detach(); });
      leaves[wanted].requires_grad_();
      sample.fn(leaves).backward(dy_of(expected.y));
      CHECK(difference(leaves[wanted].grad(), expected.gradients[wanted]) == "");
      for (size_t i = 0; i < inputs.size(); ++i) {
        CHECK((i == wanted || !leaves[i].grad().defined()));
      }
    }
  });
}

TEST_CASE("every sample: the reference loops give what the fast kernels give") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const Outcome fast = run(sample.fn, inputs);
    const KernelGuard guard(kernels::Mode::reference);
    CHECK(difference(run(sample.fn, inputs), fast) == "");
  });
}

TEST_CASE("every sample: the number of threads changes no bit") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const ThreadGuard guard(1);
    const Outcome expected = run(sample.fn, inputs);
    for (const int threads : {2, 4}) {
      set_num_threads(threads);
      CHECK(difference(run(sample.fn, inputs), expected, 0) == "");
    }
  });
}

TEST_CASE("every sample: all memory is given back") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const int64_t before = memory_stats().live_bytes;
    static_cast<void>(run(sample.fn, inputs));
    { const Tensor never_run = sample.fn(leaves_of(inputs)); }
    CHECK(memory_stats().live_bytes == before);
  });
}

TEST_CASE("every sample: neither forward nor backward writes to an input") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    const Tensors copies = changed(inputs, dense_copy);
    const std::vector<uint64_t> before = versions_of(inputs);
    static_cast<void>(run(sample.fn, inputs));
    CHECK(versions_of(inputs) == before);
    for (size_t i = 0; i < inputs.size(); ++i) CHECK(bit_difference(inputs[i], copies[i]) == "");
  });
}

TEST_CASE("every sample: nothing is recorded under NoGrad, or if no input wants a gradient") {
  for_each_sample([](const OpSample& sample, const Tensors& inputs) {
    CHECK(sample.fn(inputs).node() == nullptr);
    CHECK(sample.fn(leaves_of(inputs)).requires_grad());
    const NoGrad guard;
    CHECK(sample.fn(leaves_of(inputs)).node() == nullptr);
  });
}

TEST_CASE("every sample: shapes that do not fit are refused with the promised sentence") {
  for_each_sample([](const OpSample& sample, const Tensors&) {
    for (const ErrorSample& error : sample.errors) {
      CHECK(message_of([&] { sample.fn(inputs_of(sample, error.inputs)); }) == error.message);
    }
  });
}
