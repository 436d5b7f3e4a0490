#pragma once
// What BERT's tokenizer is made of, and the files that hold it:
//
//   tokenizer.json                       everything, in Hugging Face's form
//   vocab.txt, tokenizer_config.json     a token per line, its id is the line's number; how texts
//                                        are prepared (without this file: as bert-base-uncased)

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/added_tokens.h"
#include "data/bert_text.h"

namespace gradus {

/// Stands for a word that the vocabulary cannot express.
inline constexpr const char* unknown_token = "[UNK]";
/// BERT's own tokens (Devlin et al. 2019, section 3): padding, unknown, before a text, after each
/// of its sentences, and in place of a token to be predicted.
inline constexpr const char* bert_tokens[] = {"[PAD]", unknown_token, "[CLS]", "[SEP]", "[MASK]"};

struct WordPieceVocabulary {
  std::vector<std::string> tokens = {};  // id -> token, with its ##
  BertTextOptions text = {};
  int64_t max_characters = 100;  // a longer word is one [UNK]
  /// Found in texts before anything is cut; absent: those of bert_tokens that there are.
  std::optional<std::vector<AddedToken>> added = {};
};

/// Whether a folder has one of the two forms.
bool has_wordpiece_files(const std::filesystem::path& directory);

/// Reads the first of the two forms that a folder has. Throws FileError for a file that is not
/// sound (ids with holes, empty tokens, ...) and for a tokenizer.json that asks for anything
/// besides BERT's WordPiece. What it says about truncation and padding is left to the caller, but
/// for the side and the token.
WordPieceVocabulary read_wordpiece_files(const std::filesystem::path& directory);

/// Writes all three of a vocabulary whose added tokens are listed. Throws FileError.
void write_wordpiece_files(const WordPieceVocabulary& vocabulary,
                           const std::filesystem::path& directory);

}  // namespace gradus
