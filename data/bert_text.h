#pragma once
// BERT's way of preparing a text (Devlin et al. 2019; google-research/bert, tokenization.py):
// clean, normalise, and cut into words and punctuation marks. Every character remembers the bytes
// of the original text that it stands for.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/bpe_tokenizer.h"

namespace gradus {

struct BertTextOptions {
  bool clean_text = true;            // drop control characters, make white space a space
  bool handle_chinese_chars = true;  // each ideograph is a word
  bool lowercase = true;
  std::optional<bool> strip_accents = {};  // é becomes e; absent: as lowercase says
  bool strips_accents() const { return strip_accents.value_or(lowercase); }
};

/// A word or a punctuation mark after normalisation.
struct BertWord {
  std::string text;                // UTF-8, never empty
  std::vector<size_t> starts;      // byte of `text` at which each character begins
  std::vector<ByteRange> sources;  // of each character, in the original text
};

/// The words of a text in order. Bytes that are not UTF-8 count as U+FFFD, which cleaning drops.
std::vector<BertWord> bert_words(std::string_view text, const BertTextOptions& options = {});

}  // namespace gradus
