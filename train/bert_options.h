#pragma once
// Everything that decides how BERT's pre-training goes; stored in the run folder as training.json.

#include <string>
#include <vector>

#include "data/documents.h"
#include "data/pretraining_batches.h"
#include "data/wordpiece_train.h"
#include "nn/bert.h"
#include "train/training_options.h"

namespace gradus {

/// What a BERT reads, in pre-training and in distillation: rows of text with masked tokens.
struct MaskedTextOptions : RunOptions {
  BERTConfig model = {};
  int64_t sequence_length = 128;  // of a pair of segments, [CLS] and [SEP] included
  MaskingOptions masking = {};
  bool next_sentence = true;  // pairs; false: packed full sentences, as RoBERTa
  bool dynamic = true;        // other masks at every visit, as RoBERTa; false: `duplicates` of them
  int64_t duplicates = 10;
  DocumentFormat format = DocumentFormat::automatic;

  PretrainingConfig batches() const;
  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

/// Masked language modelling, and next-sentence prediction beside it (Devlin et al. 2019).
struct BERTOptions : MaskedTextOptions {
  /// The first steps read full sentences in rows of short_length, as many whole rows as the tokens
  /// of a batch make, and no pairs: where few tokens compete for attention, neighbours are found
  /// sooner. (Devlin et al. 2019, A.2, read 90 % of their steps in rows of 128 instead of 512.)
  int64_t short_steps = 0, short_length = 24;
  real next_weight = 1;  // of the pairs' loss beside that of the masked tokens
  /// Of a vocabulary that is learned: whether case is dropped, whether accents stay in any case
  /// (Vietnamese words differ in nothing else), and which pairs are merged first.
  bool lowercase = true;
  bool keep_accents = false;
  WordPieceScore merge_by = WordPieceScore::frequency;

  static constexpr int64_t default_vocab_size = 8192;

  /// wordpiece or word, learned from the text to train on; or a folder.
  std::string tokenizer_kind() const {
    return !tokenizer.empty() ? tokenizer : is_builtin() ? "word" : "wordpiece";
  }
  int64_t most_tokens() const { return vocab_size == 0 ? default_vocab_size : vocab_size; }
  PretrainingConfig short_batches() const;
  BertTextOptions text() const;
  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

/// A shape and the settings that suit it. The shapes are those of Turc et al. 2019.
struct BERTPreset {
  std::string name;
  std::string about;
  BERTConfig model;
  int64_t sequence_length;
  int64_t batch_size;
  int64_t steps;
  real lr;
  bool next_sentence = true;  // BERT's pairs; RoBERTa and DistilBERT read full sentences
  real beta2 = real(0.999);
};
const std::vector<BERTPreset>& bert_presets();
std::vector<std::string> bert_preset_names();
/// What it is called among models of all kinds: bert-tiny, roberta-tiny.
std::string full_name(const BERTPreset& preset);
/// BERT's optimizer: linear warm-up over a tenth of the steps, linear decay, weight decay 0.01.
/// Throws ValueError naming the presets there are.
BERTOptions bert_options_from(const std::string& preset);

nlohmann::json to_json(const MaskedTextOptions& options);
nlohmann::json to_json(const BERTOptions& options);
/// Throw FileError naming `file` for values that are missing or of the wrong kind. The shape of the
/// model is config.json's.
MaskedTextOptions masked_text_options_from(const nlohmann::json& object, const std::string& file);
BERTOptions bert_options_from(const nlohmann::json& object, const std::string& file);

}  // namespace gradus
