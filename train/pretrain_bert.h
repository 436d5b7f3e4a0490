#pragma once
// Pre-training a BERT on masked language modelling and next-sentence prediction.

#include <string>

#include "train/bert_options.h"

namespace gradus {

struct BERTRequest {
  std::string folder;   // the run folder
  bool resume = false;  // go on with the run in it; otherwise begin one with `options`, of which
                        // a resumed run takes only `data`, and that only if its text has moved
  BERTOptions options;
  double minutes = 0;      // end by then, whatever options.steps says; 0 for no limit
  int64_t stop_after = 0;  // save and stop after so many steps of this session; 0 goes to the end
  bool quiet = false;
};

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// Throws FileError and ValueError for a text, a folder or settings that do not serve.
void pretrain_bert(const BERTRequest& request);

}  // namespace gradus
