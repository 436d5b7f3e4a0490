#pragma once
// Attention as a page: every head of every layer as a small map, the one that is chosen large.

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

struct AttentionPicture {
  std::string model, text;
  std::vector<std::string> tokens;  // (T)
  std::vector<Tensor> maps;         // of every layer, (1, NH, T, T)
};

/// What stands out in a head: how far its queries look back on average, in tokens; their entropy,
/// in nats; and the share of attention that goes to the first token.
struct HeadFigures {
  double distance = 0, entropy = 0, first = 0;
};
/// probabilities (T, T)
HeadFigures head_figures(const Tensor& probabilities);

/// One file, no network. Probabilities are rounded to 1/255.
std::string attention_page(const AttentionPicture& picture);

}  // namespace gradus
