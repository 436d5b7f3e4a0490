#include "train/presets.h"

#include <fmt/ranges.h>

#include "tensor/errors.h"

namespace gradus {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {.name = "nano",
       .about = "nanoGPT's shape for a CPU: minutes on tiny Shakespeare",
       .model = {.block_size = 64, .n_layer = 4, .n_head = 4, .n_embd = 128, .bias = false},
       .batch_size = 12,
       .bench_sequence = 64,
       .steps = 2000,
       .warmup_steps = 100,
       .lr = real(1e-3),
       .min_lr = real(1e-4),
       .beta2 = real(0.99)},
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
  };
  return all;
}

const Preset& find_preset(const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset;
    names.push_back(preset.name);
  }
  throw ValueError(
      fmt::format("preset '{}' does not exist; there are {}", name, fmt::join(names, ", ")));
}

}  // namespace gradus
