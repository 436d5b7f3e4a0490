#pragma once
// The least time a training step can take here: its matrix products alone, at the speed of the
// fastest way we know to compute each of them, and the optimizer's traffic to memory. And the most
// that the machine does at all.

#include "nn/bert.h"
#include "nn/gpt.h"
#include "tensor/precision.h"

namespace gradus {

struct Floor {
  double gemm_ms = 0;
  double optimizer_ms = 0;  // 0 for models that fit in the caches
  double total_ms() const { return gemm_ms + optimizer_ms; }
};

/// Forward, dx and dw of every linear layer, and six attention products per layer at full T², in
/// this precision.
Floor measure_floor(const GPTConfig& config, Precision precision, int64_t B, int64_t T,
                    int64_t num_parameters);
/// The same; the head for masked tokens reads `targets` of the B T tokens.
Floor measure_floor(const BERTConfig& config, Precision precision, int64_t B, int64_t T,
                    int64_t targets, int64_t num_parameters);

/// What the machine gives to as many threads as are in use.
struct Peaks {
  double flops = 0;          // per second, in a product of large matrices of real numbers
  double bytes = 0;          // per second, to and from memory beyond the caches
  double rounded_flops = 0;  // of a product in the precision of the mode; 0 if that is real
};

/// Measures them by the best of many tries, which should be spread over the time of what they are
/// compared with: what other programs leave free changes from second to second.
class PeakMeter {
 public:
  explicit PeakMeter(Precision precision);
  /// Takes some 50 ms.
  void try_once();
  Peaks best() const { return best_; }

 private:
  Precision precision_;
  Tensor a_, b_, c_;  // of a product
  Tensor x_, y_;      // y += a x (the triad of McCalpin's STREAM): far more than the caches hold
  Peaks best_;
};

}  // namespace gradus
