#pragma once
// GPT-2's tokenizer: byte-level byte-pair encoding (Radford et al. 2019, section 2.2). A text is
// cut into pieces (gpt2_split.h), every piece begins as its bytes, and pairs of neighbours merge by
// rank (bpe_merges.h). Any bytes can be encoded, and decoding gives them back.

#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/bpe_vocabulary.h"

namespace gradus {

struct BPEEncodeOptions {
  /// Added tokens such as <|endoftext|> are found in the text, as Hugging Face's tokenizers do;
  /// false: their characters are text like any other, for texts that nobody vouches for.
  bool added_tokens = true;
};

struct ByteRange {
  size_t begin, end;
};

class BPETokenizer {
 public:
  explicit BPETokenizer(BPEVocabulary vocabulary);
  /// Reads tokenizer.json, or vocab.json and merges.txt, or encoder.json and vocab.bpe. Throws
  /// FileError.
  static BPETokenizer load(const std::filesystem::path& directory);
  /// Writes the files of bpe_vocabulary.h. Throws FileError.
  void save(const std::filesystem::path& directory) const;

  /// Throws ValueError for a byte that the vocabulary lacks; GPT-2's lacks none.
  std::vector<int32_t> encode(std::string_view text, BPEEncodeOptions options = {}) const;
  /// The bytes of all ids in a row, added tokens included; not necessarily UTF-8, since a character
  /// of several bytes may be several tokens. Throws ValueError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids) const;
  /// Where the bytes of each id lie in decode(ids).
  std::vector<ByteRange> byte_ranges(std::span<const int32_t> ids) const;
  /// The same in the text of which `encode` made them, where added tokens have swallowed white
  /// space.
  std::vector<ByteRange> byte_ranges(std::span<const int32_t> ids, std::string_view text) const;
  int64_t vocab_size() const { return static_cast<int64_t>(vocabulary_.tokens.size()); }
  /// Bytes, merges and added tokens.
  const BPEVocabulary& vocabulary() const { return vocabulary_; }
  const AddedTokens& added_tokens() const { return added_tokens_; }

  /// How one piece of a text is merged, from its bytes to its tokens.
  struct Explanation {
    std::vector<int32_t> start;  // one id per byte; an added token or a whole word is a single id
    struct Step {
      size_t rank;               // of the pair that was merged
      std::vector<int32_t> ids;  // the piece after it
    };
    std::vector<Step> steps;
  };
  /// All pieces of a text in order. Throws ValueError as encode does.
  std::vector<Explanation> explain(std::string_view text, BPEEncodeOptions options = {}) const;

 private:
  std::vector<AddedTokens::Segment> segments(std::string_view text, BPEEncodeOptions options) const;
  std::vector<int32_t> byte_ids(std::string_view piece) const;
  std::optional<int32_t> whole(std::string_view piece) const;

  BPEVocabulary vocabulary_;
  BPEMerges merges_;
  AddedTokens added_tokens_;
  std::array<int32_t, 256> byte_ids_;                // -1 where the vocabulary lacks the byte
  std::unordered_map<std::string, int32_t> wholes_;  // every token, if merges are ignored
};

}  // namespace gradus
