#pragma once
// The loss of a model over a text.

#include <functional>

#include "data/token_view.h"
#include "nn/gpt.h"

namespace gradus {

struct Evaluation {
  double loss = 0;     // mean over all targets, in nats
  int64_t tokens = 0;  // targets
};

/// Non-overlapping blocks of the model's block_size (or `sequence`, if shorter), the last one
/// partial: every token after the first is predicted once. With a separator, blocks are aligned to
/// documents (data/batches.h). `most_batches` 0 takes all.
Evaluation evaluate(const GPT& model, const TokenView& text, int64_t batch_size, int64_t sequence,
                    int64_t most_batches = 0, std::optional<int32_t> separator = {},
                    const std::function<void(int64_t done, int64_t total)>& on_batch = {});

}  // namespace gradus
