// The golden run: PyTorch's losses, gradient norms and first gradients for a small GPT, from the
// same weights and batches (tests/golden/record_gpt.py made the files).

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "data/safetensors.h"
#include "nn/gpt.h"
#include "optim/optimizer.h"

using namespace gradus;

namespace {

int64_t number(const SafetensorsFile& file, const std::string& key) {
  return std::stoll(file.metadata().at(key));
}

real decimal(const SafetensorsFile& file, const std::string& key) {
  return static_cast<real>(std::stod(file.metadata().at(key)));
}

GPTConfig config_of(const SafetensorsFile& file) {
  return {.block_size = number(file, "block_size"),
          .vocab_size = number(file, "vocab_size"),
          .n_layer = number(file, "n_layer"),
          .n_head = number(file, "n_head"),
          .n_embd = number(file, "n_embd"),
          .bias = file.metadata().at("bias") == "true"};
}

// Row `step` of tokens (steps, B, T).
Tokens batch_of(const Tokens& all, int64_t step) {
  const int64_t size = all.dim(1) * all.dim(2);
  return Tokens({all.dim(1), all.dim(2)},
                std::span(all.data() + step * size, static_cast<size_t>(size)));
}

double relative(double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1e-12); }

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
  }
  return largest;
}

void check_golden_run(const std::string& name) {
  const SafetensorsFile file(std::string(GRADUS_SOURCE_DIR) + "/tests/golden/" + name);
  GPT model(config_of(file));
  for (NamedTensor& p : model.named_parameters()) p.tensor.copy_(file.tensor("init." + p.name));
  AdamW optimizer(model.named_parameters(), {.lr = decimal(file, "lr"),
                                             .beta1 = decimal(file, "beta1"),
                                             .beta2 = decimal(file, "beta2"),
                                             .eps = decimal(file, "eps"),
                                             .weight_decay = decimal(file, "weight_decay")});
  const Tokens ids = file.tokens("ids"), targets = file.tokens("targets");
  const Tensor losses = file.tensor("losses"), norms = file.tensor("grad_norms");
  const CrossEntropyOptions options{.label_smoothing = decimal(file, "label_smoothing")};
  for (int64_t step = 0; step < losses.numel(); ++step) {
    CAPTURE(step);
    const Tensor loss = cross_entropy(model(batch_of(ids, step)), batch_of(targets, step), options);
    loss.backward();
    CHECK(relative(static_cast<double>(loss.item()), static_cast<double>(losses.data()[step])) <
          1e-4);
    for (const NamedTensor& p : model.named_parameters()) {
      if (step > 0) break;
      CAPTURE(p.name);
      REQUIRE(p.tensor.grad().defined());
      CHECK(largest_difference(p.tensor.grad(), file.tensor("grad." + p.name)) < 2e-6);
    }
    const double norm =
        clip_grad_norm(model.named_parameters(), static_cast<double>(decimal(file, "clip")));
    CHECK(relative(norm, static_cast<double>(norms.data()[step])) < 1e-3);
    optimizer.step();
    optimizer.zero_grad();
  }
}

}  // namespace

TEST_SUITE("golden") {
  TEST_CASE("ten steps of GPT follow PyTorch: losses within 1e-4, gradients of step 1") {
    check_golden_run("gpt.safetensors");
  }
  TEST_CASE("without biases, four heads, label smoothing: the same") {
    check_golden_run("gpt_variant.safetensors");
  }
}
