#pragma once
// Attention as a page: every head of every layer as a small map, the one that is chosen large. An
// encoder-decoder has three such parts, of which one is shown at a time.

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// Who looks at whom in one kind of attention.
struct AttentionPart {
  std::string name = {};               // such as "encoder"; not shown where there is but one
  std::vector<std::string> queries;    // (T), the tokens that look
  std::vector<std::string> keys = {};  // (S), those that are looked at; empty: the same
  std::vector<Tensor> maps;            // of every layer, (1, NH, T, S)

  const std::vector<std::string>& looked_at() const { return keys.empty() ? queries : keys; }
};

struct AttentionPicture {
  std::string model, text;
  std::vector<AttentionPart> parts;
};

/// What stands out in a head: how far its queries look back on average, in tokens, which means
/// something within one text alone; their entropy, in nats; and the share of attention that goes to
/// the first token.
struct HeadFigures {
  double distance = 0, entropy = 0, first = 0;
};
/// probabilities (T, S)
HeadFigures head_figures(const Tensor& probabilities);

/// One file, no network. Probabilities are rounded to 1/255.
std::string attention_page(const AttentionPicture& picture);

}  // namespace gradus
