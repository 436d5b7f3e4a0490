#pragma once
// A trained encoder-decoder and its tokenizer, asked for texts.

#include <optional>
#include <string>

#include "train/predictor.h"
#include "train/seq2seq_options.h"
#include "train/text_to_text.h"

namespace gradus {

/// What the run in a model directory was, if it is the folder of a run. Throws FileError.
std::optional<Seq2SeqOptions> seq2seq_run_in(const std::string& directory);

/// Beams with a limit of new tokens: theirs, or that of the run, or 128, as far as the model has
/// positions for them.
BeamOptions with_limit(const BeamOptions& beams, const std::optional<Seq2SeqOptions>& run,
                       const EncoderDecoderConfig& model);

class TextPredictor {
 public:
  /// Throws FileError and ValueError for a folder that holds no encoder-decoder.
  TextPredictor(const std::string& directory, const BeamOptions& beams);

  /// The text for a source; in JSON with all that beam search has found, the best first. A source
  /// that is too long is cut, and a note on standard error tells it. Throws ValueError for an empty
  /// one.
  Answered source(const std::string& text) const;

 private:
  std::optional<Seq2SeqOptions> run_;
  EncoderDecoder model_;
  TextWriter writer_;
  BeamOptions beams_;
};

}  // namespace gradus
