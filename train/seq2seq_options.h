#pragma once
// Everything that decides how an encoder-decoder is trained, be it on spoiled texts (pre-training)
// or on pairs (fine-tuning); stored in the run folder as training.json.

#include <string>
#include <vector>

#include "data/denoising.h"
#include "data/seq2seq_batches.h"
#include "nn/beam_search.h"
#include "nn/encoder_decoder.h"
#include "nn/names.h"
#include "train/training_options.h"

namespace gradus {

/// What is learned: to undo what was done to a text, or the targets of pairs.
enum class Seq2SeqTask { span_corruption, text_infilling, pairs };
inline constexpr Named<Seq2SeqTask> seq2seq_task_names[] = {
    {"span-corruption", Seq2SeqTask::span_corruption},
    {"text-infilling", Seq2SeqTask::text_infilling},
    {"pairs", Seq2SeqTask::pairs}};

struct Seq2SeqOptions : RunOptions {  // `data` is a text, or a table of pairs
  EncoderDecoderConfig model = {};
  Seq2SeqTask task = Seq2SeqTask::span_corruption;
  int64_t source_length = 80;                 // tokens of a source, <s> and </s> included
  int64_t target_length = 80;                 // of a target; pairs only
  double share = 0;                           // of a text that is spoiled; 0 means the paper's
  double mean_span = 3;                       // tokens in a span
  std::string dev = {};                       // pairs that are held out; empty: a tenth of `data`
  BeamOptions beams = {.max_new_tokens = 0};  // of texts at the end; 0: as long as targets may be

  static constexpr int64_t default_vocab_size = 4096;

  bool learns_pairs() const { return task == Seq2SeqTask::pairs; }
  /// Of the built-in corpus, or of pairs that are built in.
  bool is_builtin_text() const { return data.starts_with(builtin_data); }
  std::string tokenizer_kind() const {
    return !tokenizer.empty() ? tokenizer : is_builtin_text() ? "word" : "bpe";
  }
  int64_t most_tokens() const { return vocab_size == 0 ? default_vocab_size : vocab_size; }
  DenoisingOptions denoising() const;
  /// Tokens of a target at most, <s> and </s> included.
  int64_t longest_target() const;
  /// Of what the epoch of Seq2SeqData counts, how much a step reads.
  int64_t read_per_step() const {
    return batch_size * accumulation * (learns_pairs() ? 1 : source_length - 1);
  }
  void make_data_absolute();
  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

/// The settings that suit a shape of encoder_decoder_presets(). Throws ValueError naming those that
/// there are.
Seq2SeqOptions seq2seq_options_from(const std::string& preset);
std::vector<std::string> seq2seq_preset_names();

nlohmann::json to_json(const Seq2SeqOptions& options);
/// Throws FileError naming `file` for values that are missing or of the wrong kind. The shape of
/// the model is config.json's.
Seq2SeqOptions seq2seq_options_from(const nlohmann::json& object, const std::string& file);

}  // namespace gradus
