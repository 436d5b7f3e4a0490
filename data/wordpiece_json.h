#pragma once
// BERT's tokenizer as Hugging Face's tokenizer.json: a BertNormalizer, a BertPreTokenizer, the
// WordPiece model, and the frame [CLS] A [SEP] B [SEP].

#include <filesystem>
#include <string>

#include "data/wordpiece_vocabulary.h"

namespace gradus {

/// Throws FileError for whatever would make Hugging Face's tokenizers give other ids than ours.
WordPieceVocabulary read_wordpiece_json(const std::filesystem::path& path);

/// `vocabulary` with all its added tokens listed.
std::string wordpiece_json(const WordPieceVocabulary& vocabulary);

}  // namespace gradus
