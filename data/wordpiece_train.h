#pragma once
// Learning a WordPiece vocabulary (Schuster & Nakajima 2012; Wu et al. 2016, section 4.1): words
// begin as characters, and again and again a pair of neighbours becomes a new token.

#include <string_view>

#include "data/wordpiece.h"

namespace gradus {

/// Which pair of neighbours a, b is merged next.
enum class WordPieceScore {
  /// The greatest count(ab) / (count(a) count(b)): the pair whose merging raises the likelihood of
  /// the text under a unigram model of tokens most, per occurrence. It likes rare pairs of rare
  /// tokens.
  likelihood,
  /// The greatest count(ab), as in byte-pair encoding, and as Hugging Face's trainer does.
  frequency,
};

struct WordPieceTraining {
  WordPieceScore score = WordPieceScore::frequency;
  int64_t min_frequency = 2;      // rarer pairs are not merged
  int64_t alphabet_limit = 1000;  // characters; rarer ones stay unknown
};

/// A tokenizer learned from `text`, of at most `vocab_size` tokens: bert_tokens at ids 0 to 4, the
/// alphabet, the most frequent character first, with and without ##, then one token per merge;
/// fewer where no pair is left. Of equal pairs the one whose tokens come first in lexicographic
/// order is merged first, so that a text determines its vocabulary. Nothing is learned from
/// bert_tokens in the text, nor from words that would be [UNK] in any case. Throws ValueError if
/// vocab_size has no room for bert_tokens and alphabet.
WordPieceTokenizer train_wordpiece(std::string_view text, int64_t vocab_size,
                                   const BertTextOptions& options = {},
                                   const WordPieceTraining& training = {});

/// A tokenizer of whole words, of at most `vocab_size` tokens: bert_tokens, the alphabet as above,
/// then the most frequent words. Any other word is spelled in characters. The same error.
WordPieceTokenizer train_wordpiece_words(std::string_view text, int64_t vocab_size,
                                         const BertTextOptions& options = {},
                                         const WordPieceTraining& training = {});

}  // namespace gradus
