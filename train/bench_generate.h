#pragma once
// The time of a generated token beside the time of reading what it has to read: every weight once,
// and the keys and values of the tokens before it.

#include <cstdint>
#include <string>

#include "nn/gpt.h"
#include "tensor/precision.h"

namespace gradus {

/// The fastest step of some; a step is a new token of each of `batch` texts.
struct GenerationSpeed {
  Precision precision = Precision::float32;
  int64_t batch = 0;
  int64_t context = 0;  // tokens before those of that step
  double bytes = 0;     // of weights and cache that it reads
  double step_ms = 0;
  double step_ms_median = 0;         // of all steps
  double read_bytes_per_second = 0;  // of memory, on the same threads, between the steps

  double tokens_per_second() const { return static_cast<double>(batch) / step_ms * 1000; }
  /// Time of reading over time taken.
  double share() const { return bytes / read_bytes_per_second * 1000 / step_ms; }
};

/// Bytes that a step reads in the precision of the mode: weights but for the rows of tables that
/// are looked up, and the cache.
double bytes_per_step(const GPT& model, int64_t batch, int64_t context);
/// Random prompts, `steps` tokens after each.
GenerationSpeed measure_generation(const GPT& model, int64_t batch, int64_t prompt, int64_t steps,
                                   uint64_t seed);

}  // namespace gradus
