#pragma once
// gradus evaluate for encoder-decoders.

#include <string>

#include "nn/beam_search.h"

namespace gradus {

struct EvaluateSeq2Seq {
  std::string model, data;
  BeamOptions beams = {};   // max_new_tokens 0: as the model was taught
  bool held_out = false;    // of a text, the last tenth alone
  int64_t batch_size = 16;  // sources, or texts that are spoiled, side by side
  bool json = false;
};

/// Prints the figures of what the model writes for pairs, if it learned pairs or the data are built
/// in as such; otherwise its loss on a text, spoiled as in its pre-training, and for what is held
/// out, of a text or of the built-in corpus, that of the simplest models.
void evaluate_seq2seq(const EvaluateSeq2Seq& request);

}  // namespace gradus
