// The golden runs: PyTorch's losses and gradient norms for small models of every family, and the
// first gradients of the GPT, from the same weights and batches (tests/golden/record_gpt.py,
// record_bert.py and record_variants.py made the files).

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autograd/mode.h"
#include "data/safetensors.h"
#include "nn/gpt.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/llama.h"
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

std::string golden_folder(const std::string& name) {
  return std::string(GRADUS_SOURCE_DIR) + "/tests/golden/" + name;
}

SafetensorsFile golden_file(const std::string& name) {
  return SafetensorsFile(golden_folder(name));
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
  const std::string folder = golden_folder("bert");
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

// What a model reads in one step of record_variants.py; GPTs read the inputs alone.
struct VariantBatch {
  VariantBatch(const SafetensorsFile& file, int64_t step)
      : source(batch_of(file.tokens("source"), step)),
        inputs(batch_of(file.tokens("inputs"), step)),
        targets(batch_of(file.tokens("targets"), step)),
        mask(file.tensor("mask").select(0, step).contiguous()) {}
  Tokens source, inputs, targets;
  Tensor mask;
};

template <class Logits, class Loss>
void check_golden_variant(const std::string& name, const Module& model, Logits logits, Loss loss) {
  const SafetensorsFile file = golden_file(name + "/steps.safetensors");
  const Tensor losses = file.tensor("losses");
  REQUIRE(losses.numel() == 5);
  CHECK(largest_difference(logits(VariantBatch(file, 0)), file.tensor("logits")) < 1e-5);
  AdamW optimizer = optimizer_of(file, model);
  for (int64_t step = 0; step < losses.numel(); ++step) {
    CAPTURE(step);
    const Tensor now = loss(VariantBatch(file, step));
    check_loss(now, losses, step);
    now.backward();
    check_update(file, model, optimizer, step);
  }
}

void check_golden_llama(const std::string& name) {
  const GPT model = load_llama(golden_folder(name));
  check_golden_variant(
      name, model, [&](const VariantBatch& b) { return model(b.inputs); },
      [&](const VariantBatch& b) { return model.loss(b.inputs, b.targets); });
}

void check_golden_encoder_decoder(const std::string& name) {
  const EncoderDecoder model = load_encoder_decoder(golden_folder(name));
  check_golden_variant(
      name, model, [&](const VariantBatch& b) { return model(b.source, b.mask, b.inputs); },
      [&](const VariantBatch& b) { return model.loss(b.source, b.mask, b.inputs, b.targets); });
}

// Weights, settings and logits as Hugging Face's program wrote them (record_transformers.py).
void check_transformers_encoder_decoder(const std::string& name) {
  const std::string folder = "transformers/" + name;
  const SafetensorsFile file = golden_file(folder + "/logits.safetensors");
  const EvalMode evaluation;
  const EncoderDecoder model = load_encoder_decoder(golden_folder(folder));
  const Tensor logits = model(file.tokens("input_ids"), file.tensor("attention_mask"),
                              file.tokens("decoder_input_ids"));
  CHECK(largest_difference(logits, file.tensor("logits")) < 1e-5);
}

void check_transformers_llama(const std::string& name) {
  const std::string folder = "transformers/" + name;
  const SafetensorsFile file = golden_file(folder + "/logits.safetensors");
  const EvalMode evaluation;
  const GPT model = load_llama(golden_folder(folder));
  CHECK(largest_difference(model(file.tokens("input_ids")), file.tensor("logits")) < 1e-5);
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
  TEST_CASE("five steps of Llama's block follow PyTorch: RoPE, RMSNorm, SwiGLU, shared keys") {
    check_golden_llama("llama");
  }
  TEST_CASE("five steps of Mistral's block follow PyTorch: the same with a window") {
    check_golden_llama("mistral");
  }
  TEST_CASE("five steps of T5 follow PyTorch: biases by distance, a tied and scaled head") {
    check_golden_encoder_decoder("t5");
  }
  TEST_CASE("five steps of T5 1.1 follow PyTorch: gates, wide heads, a head of its own") {
    check_golden_encoder_decoder("t5_v1_1");
  }
  TEST_CASE("five steps of BART follow PyTorch: post-norm, norms of embeddings") {
    check_golden_encoder_decoder("bart");
  }
  TEST_CASE("Hugging Face's T5, T5 1.1 and BART are read from their own files: the same logits") {
    for (const char* name : {"t5", "t5_gated", "t5_v1_1", "bart"}) {
      CAPTURE(name);
      check_transformers_encoder_decoder(name);
    }
  }
  TEST_CASE("Hugging Face's Llama and Mistral are read from their own files: the same logits") {
    for (const char* name : {"llama", "mistral"}) {
      CAPTURE(name);
      check_transformers_llama(name);
    }
  }
}
