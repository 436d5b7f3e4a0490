#pragma once
// What a byte-level BPE tokenizer is made of, and the files that hold it:
//
//   tokenizer.json              everything, in Hugging Face's form
//   vocab.json, merges.txt      {"token": id, ...} and one merge "left right" per line
//   encoder.json, vocab.bpe     the same under OpenAI's names
//
// Tokens are written in printable bytes (byte_level.h), added tokens as they are.

#include <filesystem>
#include <string>
#include <vector>

#include "data/added_tokens.h"
#include "data/bpe_merges.h"

namespace gradus {

/// Ids that stand around every text that a model reads, such as <s> and </s>: what a tokenizer.json
/// calls its post-processor. Encoding a text does not add them; who feeds a model does.
struct TextFrame {
  std::vector<int32_t> before = {}, after = {};
  bool empty() const { return before.empty() && after.empty(); }
};

struct BPEVocabulary {
  std::vector<std::string> tokens = {};  // id -> bytes
  std::vector<Merge> merges = {};        // in the order of their ranks
  std::vector<AddedToken> added = {};    // found in texts before anything is cut or merged
  /// A piece of a text that is a token as a whole becomes it, whatever the merges would make of it.
  bool ignore_merges = false;
  TextFrame frame = {};
};

/// GPT-2's only added token: the end of a document. Files without a list of added tokens mean it.
inline constexpr const char* end_of_text = "<|endoftext|>";

/// Whether a folder has one of the three forms.
bool has_bpe_files(const std::filesystem::path& directory);

/// Reads the first of the three forms that a folder has; whether texts have <s> before them and
/// </s> after them, a tokenizer_config.json beside it may say otherwise (text_frame.h). Throws
/// FileError for a file that is not sound (ids with holes, merges outside the vocabulary, ...) and
/// for a tokenizer.json that asks for anything besides GPT-2's split and byte-level BPE.
BPEVocabulary read_bpe_files(const std::filesystem::path& directory);

/// Writes tokenizer.json and, unless merges are ignored, which only that can say, vocab.json and
/// merges.txt. Throws FileError.
void write_bpe_files(const BPEVocabulary& vocabulary, const std::filesystem::path& directory);

}  // namespace gradus
