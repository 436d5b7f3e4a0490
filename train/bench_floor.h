#pragma once
// The least time a training step can take here: its matrix products alone, at the speed of the
// fastest way we know to compute each of them, and the optimizer's traffic to memory.

#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

struct Floor {
  double gemm_ms = 0;
  double optimizer_ms = 0;  // 0 for models that fit in the caches
  double total_ms() const { return gemm_ms + optimizer_ms; }
};

/// Forward, dx and dw of every linear layer, and six attention products per layer at full T².
Floor measure_floor(const GPTConfig& config, int64_t B, int64_t T, int64_t num_parameters);
/// The same; the head for masked tokens reads `targets` of the B T tokens.
Floor measure_floor(const BERTConfig& config, int64_t B, int64_t T, int64_t targets,
                    int64_t num_parameters);

}  // namespace gradus
