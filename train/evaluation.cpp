#include "train/evaluation.h"

#include <algorithm>

#include "autograd/mode.h"
#include "data/batches.h"

namespace gradus {

Evaluation evaluate(const GPT& model, const TokenView& text, int64_t batch_size, int64_t sequence,
                    int64_t most_batches, std::optional<int32_t> separator,
                    const std::function<void(int64_t, int64_t)>& on_batch) {
  const EvalMode evaluation;
  const EvaluationBlocks blocks(text, batch_size, std::min(sequence, model.config.block_size),
                                separator);
  const int64_t count = most_batches == 0 ? blocks.size() : std::min(most_batches, blocks.size());
  double total = 0;
  int64_t tokens = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto [ids, targets] = blocks[i];
    const int64_t counted = count_targets(targets);
    total += static_cast<double>(model.loss(ids, targets).item()) * static_cast<double>(counted);
    tokens += counted;
    if (on_batch) on_batch(i + 1, count);
  }
  return {total / static_cast<double>(tokens), tokens};
}

}  // namespace gradus
