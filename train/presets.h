#pragma once
// Named sets of shape and hyper-parameters; every one of them can be overridden on the command
// line.

#include <string>
#include <vector>

#include "nn/gpt.h"
#include "optim/schedule.h"

namespace gradus {

struct Preset {
  std::string name;
  std::string about;
  GPTConfig model;
  int64_t batch_size;
  int64_t bench_sequence;  // T of a batch that `gradus bench` times, 0 if it does not; training
                           // takes block_size
  int64_t steps;
  int64_t warmup_steps;
  real lr, min_lr, beta2;
};

const std::vector<Preset>& presets();
std::vector<std::string> preset_names();
/// Throws ValueError naming the presets there are.
const Preset& find_preset(const std::string& name);

}  // namespace gradus
