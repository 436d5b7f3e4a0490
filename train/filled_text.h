#pragma once
// Held-out text with gaps, and what models fill them with: the samples of BERT's pre-training and
// of distillation.

#include <functional>
#include <string>

#include "data/pretraining_batches.h"
#include "data/wordpiece.h"

namespace gradus {

/// The first three sequences of a batch as text, masks in it and padding left out; below each, a
/// line per predicted token: the token that it was, and filling(i), where i counts the predicted
/// tokens of the batch from 0.
std::string filled_text(const MaskedBatch& batch, const WordPieceTokenizer& tokenizer,
                        const std::function<std::string(int64_t)>& filling);

}  // namespace gradus
