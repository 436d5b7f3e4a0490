#pragma once
// What an encoder-decoder learns from and is measured on, be it a spoiled text or pairs.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/seq2seq_batches.h"
#include "train/seq2seq_options.h"

namespace gradus {

struct Seq2SeqData {
  Seq2SeqTokenizer tokenizer;
  std::function<Seq2SeqBatch(uint64_t k)> batch = {};    // batch k of an endless training
  std::function<Seq2SeqBatch(int64_t i)> held_out = {};  // batch i of what is held out
  int64_t held_out_batches = 0;
  std::string about = {};                      // the texts or the pairs, in a few words
  uint64_t digest = 0;                         // of what is learned from
  int64_t epoch = 0;                           // tokens of the text to train on, or pairs
  std::vector<TextPair> train = {}, dev = {};  // where pairs are learned
  std::vector<std::string> notes = {};         // what was cut
};

/// Reads options.data. A run that has a tokenizer already passes it, and its model's start token
/// counts; otherwise options.tokenizer says which to take or to learn from the part to train on.
/// Throws FileError and ValueError for data that does not serve.
Seq2SeqData read_seq2seq_data(const Seq2SeqOptions& options,
                              const std::optional<Seq2SeqTokenizer>& known);

/// The text of options.data, a file or the like, as what is held out, all of it, with nothing to
/// learn from. Throws as read_seq2seq_data does.
Seq2SeqData read_measured_text(const Seq2SeqOptions& options, const Seq2SeqTokenizer& tokenizer);

}  // namespace gradus
