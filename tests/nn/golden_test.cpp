// The golden runs: PyTorch's losses and gradient norms for a small GPT and a small BERT, and the
// first gradients of the GPT, from the same weights and batches (tests/golden/record_gpt.py and
// record_bert.py made the files).

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "data/safetensors.h"
#include "nn/gpt.h"
#include "nn/pretrained/bert.h"
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

SafetensorsFile golden_file(const std::string& name) {
  return SafetensorsFile(std::string(GRADUS_SOURCE_DIR) + "/tests/golden/" + name);
}

// Row `step` of tokens (steps, B, T).
Tokens batch_of(const Tokens& all, int64_t step) {
  const int64_t size = all.dim(1) * all.dim(2);
  return Tokens({all.dim(1), all.dim(2)},
                std::span(all.data() + step * size, static_cast<size_t>(size)));
}

AdamW optimizer_of(const SafetensorsFile& file, const Module& model) {
  return AdamW(model.named_parameters(), {.lr = decimal(file, "lr"),
                                          .beta1 = decimal(file, "beta1"),
                                          .beta2 = decimal(file, "beta2"),
                                          .eps = decimal(file, "eps"),
                                          .weight_decay = decimal(file, "weight_decay")});
}

double relative(double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1e-12); }

// Clips, takes the step, and compares the norm before it with the recorded one.
void check_update(const SafetensorsFile& file, const Module& model, AdamW& optimizer,
                  int64_t step) {
  const double norm =
      clip_grad_norm(model.named_parameters(), static_cast<double>(decimal(file, "clip")));
  const Tensor norms = file.tensor("grad_norms");
  CHECK(relative(norm, static_cast<double>(norms.data()[step])) < 1e-3);
  optimizer.step();
  optimizer.zero_grad();
}

// GELU's approximation by tanh, where BERT has the exact one, would be 5e-5 off.
void check_loss(const Tensor& loss, const Tensor& recorded, int64_t step) {
  CHECK(relative(static_cast<double>(loss.item()), static_cast<double>(recorded.data()[step])) <
        1e-5);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
  }
  return largest;
}

void check_golden_run(const std::string& name) {
  const SafetensorsFile file = golden_file(name);
  GPT model(config_of(file));
  for (NamedTensor& p : model.named_parameters()) p.tensor.copy_(file.tensor("init." + p.name));
  AdamW optimizer = optimizer_of(file, model);
  const Tokens ids = file.tokens("ids"), targets = file.tokens("targets");
  const Tensor losses = file.tensor("losses");
  const CrossEntropyOptions options{.label_smoothing = decimal(file, "label_smoothing")};
  for (int64_t step = 0; step < losses.numel(); ++step) {
    CAPTURE(step);
    const Tensor loss = cross_entropy(model(batch_of(ids, step)), batch_of(targets, step), options);
    loss.backward();
    check_loss(loss, losses, step);
    for (const NamedTensor& p : model.named_parameters()) {
      if (step > 0) break;
      CAPTURE(p.name);
      REQUIRE(p.tensor.grad().defined());
      CHECK(largest_difference(p.tensor.grad(), file.tensor("grad." + p.name)) < 2e-6);
    }
    check_update(file, model, optimizer, step);
  }
}

// Row `step` of what has one entry per pair (steps, B).
Tokens pairs_of(const Tokens& all, int64_t step) {
  const int64_t B = all.dim(1);
  return Tokens({B}, std::span(all.data() + step * B, static_cast<size_t>(B)));
}

void check_golden_bert() {
  const std::string folder = std::string(GRADUS_SOURCE_DIR) + "/tests/golden/bert";
  const SafetensorsFile file = golden_file("bert/steps.safetensors");
  BERTForPreTraining model = load_bert(folder);
  AdamW optimizer = optimizer_of(file, model);
  const Tokens ids = file.tokens("ids"), types = file.tokens("types");
  const Tokens targets = file.tokens("targets"), is_random = file.tokens("is_random");
  const Tensor masks = file.tensor("mask");  // (steps, B, T)
  const Tensor mlm_losses = file.tensor("mlm_losses"), nsp_losses = file.tensor("nsp_losses");
  REQUIRE(mlm_losses.numel() == 10);
  for (int64_t step = 0; step < mlm_losses.numel(); ++step) {
    CAPTURE(step);
    const Tensor key_mask = masks.select(0, step).contiguous();  // (B, T)
    const Tensor x = model.bert.hidden(batch_of(ids, step), batch_of(types, step), key_mask);
    const Tensor masked = cross_entropy(model.mlm(x), batch_of(targets, step));
    const Tensor next = cross_entropy((*model.nsp)((*model.pooler)(x)), pairs_of(is_random, step));
    check_loss(masked, mlm_losses, step);
    check_loss(next, nsp_losses, step);
    (masked + next).backward();
    check_update(file, model, optimizer, step);
  }
}

}  // namespace

TEST_SUITE("golden") {
  TEST_CASE("ten steps of GPT follow PyTorch: losses within 1e-5, gradients of step 1") {
    check_golden_run("gpt.safetensors");
  }
  TEST_CASE("without biases, four heads, label smoothing: the same") {
    check_golden_run("gpt_variant.safetensors");
  }
  TEST_CASE("ten steps of BERT's pre-training follow PyTorch: both losses within 1e-5") {
    check_golden_bert();
  }
}
