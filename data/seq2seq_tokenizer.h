#pragma once
// A byte-level BPE for text-to-text models, and the special tokens that those need, by the names
// that T5 and BART know them by. What encodes texts is data/bpe_tokenizer.h.

#include <string>
#include <string_view>
#include <vector>

#include "data/encoding.h"
#include "data/tokenizer.h"

namespace gradus {

/// Ids of special tokens.
struct Seq2SeqTokens {
  int32_t pad = 0;                      // <pad>
  int32_t start = 0;                    // the decoder's first input: T5's <pad>, BART's </s>
  int32_t end = 1;                      // </s>, after every source and every target
  int32_t begin = -1;                   // <s>, before them, of a BART from elsewhere; else -1
  int32_t mask = -1;                    // <mask>, in place of a span of any length (BART)
  std::vector<int32_t> sentinels = {};  // <extra_id_0> ..., each in place of one span (T5)

  /// Puts <s>, if there is one, before the ids of a text, and </s> after them.
  void frame(std::vector<int32_t>& ids) const {
    if (begin >= 0) ids.insert(ids.begin(), begin);
    ids.push_back(end);
  }
  int64_t frame_size() const { return begin >= 0 ? 2 : 1; }
};

/// <pad>, </s>, <mask>, <|endoftext|> and T5's 100 sentinels: what a vocabulary that is learned for
/// text-to-text begins with.
std::vector<std::string> seq2seq_special_tokens();

/// The same tokenizer, with those of these tokens that it lacks as special ones after its last.
BPETokenizer with_special_tokens(const BPETokenizer& tokenizer,
                                 const std::vector<std::string>& special);

class Seq2SeqTokenizer {
 public:
  /// Throws ValueError for a tokenizer that is no byte-level BPE or has no <pad> or no </s>, or
  /// whose files put more before a text than one token, or another after it than </s>.
  explicit Seq2SeqTokenizer(Tokenizer tokenizer);
  /// The one in a model folder. Throws FileError.
  static Seq2SeqTokenizer load(const std::filesystem::path& directory);

  /// The ids of a text. It begins with a space, if it has none there: so a word is the same token
  /// at the beginning as anywhere else, as with SentencePiece (Kudo & Richardson 2018), T5's
  /// tokenizer. Where the files say what stands around a text (TextFrame), as BART's do, somebody
  /// else has taught the model, and the text is left as it is.
  std::vector<int32_t> encode(std::string_view text) const;
  /// A source as the encoder reads it, with what this adds to the text: <s> or the space, and </s>.
  std::string as_read(std::string_view text) const;
  /// Its pieces, with the bytes of `text` that they stand for; what was added stands for none.
  std::vector<TokenPiece> pieces_as_read(std::string_view text) const;
  /// The text of ids, up to </s>, without the space that it begins with; special tokens are left
  /// out unless asked for, <s> in any case. What is not UTF-8 becomes U+FFFD.
  std::string decode(std::span<const int32_t> ids, bool with_special = false) const;

  const Seq2SeqTokens& tokens() const { return tokens_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  int64_t vocab_size() const { return tokenizer_.vocab_size(); }

 private:
  std::string spaced(std::string_view text) const;

  Tokenizer tokenizer_;
  Seq2SeqTokens tokens_;
  std::vector<bool> special_;  // by id
};

}  // namespace gradus
