#include "train/filled_text.h"

#include <algorithm>

#include "data/batches.h"

namespace gradus {

std::string filled_text(const MaskedBatch& batch, const WordPieceTokenizer& tokenizer,
                        const std::function<std::string(int64_t)>& filling) {
  constexpr int64_t shown = 3;
  const int64_t B = batch.ids.dim(0), T = batch.ids.dim(1);
  std::string text;
  int64_t predicted = 0;
  for (int64_t row = 0; row < std::min(shown, B); ++row) {
    std::vector<int32_t> ids;
    std::string lines;
    for (int64_t i = row * T; i < (row + 1) * T; ++i) {
      const bool padding = batch.key_mask.defined() && batch.key_mask.data()[i] == 0;
      if (!padding) ids.push_back(batch.ids.data()[i]);
      const int32_t truth = batch.targets.data()[i];
      if (truth == no_target) continue;
      const std::string& token = tokenizer.vocabulary().tokens[static_cast<size_t>(truth)];
      lines += fmt::format("  {:<12} {}\n", token, filling(predicted++));
    }
    text += tokenizer.decode(ids) + "\n" + lines + "\n";
  }
  return text;
}

}  // namespace gradus
