#include "train/presets.h"

#include <fmt/ranges.h>

#include "tensor/errors.h"

namespace gradus {

namespace {

// Radford et al. 2019, table 2. Too large to be trained here; for `gradus params` and --dry-run.
Preset gpt2_size(const char* name, const char* about, int64_t n_layer, int64_t n_head,
                 int64_t n_embd) {
  return {.name = name,
          .about = about,
          .model = {.block_size = 1024, .n_layer = n_layer, .n_head = n_head, .n_embd = n_embd},
          .batch_size = 1,
          .bench_sequence = 0,
          .steps = 10000,
          .warmup_steps = 700,
          .lr = real(3e-4),
          .min_lr = real(3e-5),
          .beta2 = real(0.95)};
}

Preset nano() {
  return {.name = "nano",
          .about = "nanoGPT's shape for a CPU: minutes on tiny Shakespeare",
          .model = {.block_size = 64, .n_layer = 4, .n_head = 4, .n_embd = 128, .bias = false},
          .batch_size = 12,
          .bench_sequence = 64,
          .steps = 2000,
          .warmup_steps = 100,
          .lr = real(1e-3),
          .min_lr = real(1e-4),
          .beta2 = real(0.99)};
}

// nano with the block of Touvron et al. 2023 and, in a window, of Jiang et al. 2023.
Preset llama(const char* name, const char* about, int64_t window) {
  Preset p = nano();
  p.name = name;
  p.about = about;
  p.bench_sequence = 0;
  p.model.kv_heads = 2;
  p.model.window = window;
  p.model.tie_weights = false;
  p.model.positions = Positions::rope;
  p.model.norm = NormKind::rms;
  p.model.activation = Activation::swiglu;
  return p;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      nano(),
      {.name = "baby",
       .about = "nanoGPT's 'baby GPT': 10.7 million parameters, hours on two cores",
       .model = {.block_size = 256,
                 .n_layer = 6,
                 .n_head = 6,
                 .n_embd = 384,
                 .dropout = real(0.2),
                 .bias = false},
       .batch_size = 16,
       .bench_sequence = 256,
       .steps = 5000,
       .warmup_steps = 100,
       .lr = real(1e-3),
       .min_lr = real(1e-4),
       .beta2 = real(0.99)},
      {.name = "gpt2",
       .about = "GPT-2 small: 124 million parameters",
       .model = {.block_size = 1024, .n_layer = 12, .n_head = 12, .n_embd = 768},
       .batch_size = 4,
       .bench_sequence = 64,
       .steps = 10000,
       .warmup_steps = 700,
       .lr = real(6e-4),
       .min_lr = real(6e-5),
       .beta2 = real(0.95)},
      gpt2_size("gpt2-medium", "GPT-2 medium: 355 million parameters", 24, 16, 1024),
      gpt2_size("gpt2-large", "GPT-2 large: 774 million parameters", 36, 20, 1280),
      gpt2_size("gpt2-xl", "GPT-2 XL: 1,558 million parameters", 48, 25, 1600),
      llama("llama", "nano with Llama's block: RoPE, RMSNorm, SwiGLU, shared keys, no biases", 0),
      llama("mistral", "the same in a sliding window of half the context", 32),
  };
  return all;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  return names;
}

const Preset& find_preset(const std::string& name) {
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset;
  }
  throw ValueError(fmt::format("preset '{}' does not exist; there are {}", name,
                               fmt::join(preset_names(), ", ")));
}

}  // namespace gradus
