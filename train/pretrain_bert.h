#pragma once
// Pre-training a BERT on masked language modelling and next-sentence prediction.

#include "train/bert_options.h"
#include "train/run_request.h"

namespace gradus {

struct BERTRequest {
  RunRequest run;
  BERTOptions options;
};

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// Throws FileError and ValueError for a text, a folder or settings that do not serve.
void pretrain_bert(const BERTRequest& request);

}  // namespace gradus
