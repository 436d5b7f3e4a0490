#pragma once
// Everything that decides how a distillation goes; stored in the run folder as training.json.

#include "train/bert_options.h"

namespace gradus {

/// The weights of the losses are DistilBERT's (Sanh et al. 2019).
struct DistillOptions : MaskedTextOptions {
  std::string teacher = {};  // its directory
  real temperature = 2;
  real soft_weight = 5;    // of what the teacher says of every token
  real masked_weight = 2;  // of the tokens that are masked
  real cosine_weight = 1;  // of the direction of the last hidden states

  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

/// The settings for a teacher of this shape, trained with next-sentence prediction or without:
/// texts framed as the teacher knows them. The student's shape is the teacher's until its layers
/// are chosen.
DistillOptions distill_options_for(const BERTConfig& teacher, bool next_sentence);

nlohmann::json to_json(const DistillOptions& options);
/// Throws FileError naming `file` for values that are missing or of the wrong kind. The shape of
/// the student is config.json's.
DistillOptions distill_options_from(const nlohmann::json& object, const std::string& file);

}  // namespace gradus
