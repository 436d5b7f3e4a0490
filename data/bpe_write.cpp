#include <nlohmann/json.hpp>

#include "data/bpe_vocabulary.h"
#include "data/byte_level.h"
#include "data/file.h"
#include "data/text_frame.h"
#include "data/tokenizer_json.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// Tokens as the files spell them, by id.
std::vector<std::string> spellings(const BPEVocabulary& vocabulary) {
  std::vector<std::string> spelled;
  for (const std::string& bytes : vocabulary.tokens) spelled.push_back(to_byte_level(bytes));
  for (const AddedToken& added : vocabulary.added) {
    const size_t id = static_cast<size_t>(added.id);
    spelled[id] = vocabulary.tokens[id];
  }
  return spelled;
}

std::vector<std::string> merge_lines(const BPEVocabulary& vocabulary,
                                     const std::vector<std::string>& spelled) {
  std::vector<std::string> lines;
  for (const Merge& merge : vocabulary.merges) {
    lines.push_back(spelled[static_cast<size_t>(merge.left)] + ' ' +
                    spelled[static_cast<size_t>(merge.right)]);
  }
  return lines;
}

// What tokenizer.json says about any byte-level BPE; {0} are the added tokens, {1} is the
// vocabulary, {2} are the merges, {3} says whether they are ignored, and {4} frames texts.
constexpr const char* tokenizer_json_form = R"({{
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": {0},
  "normalizer": null,
  "pre_tokenizer": {{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}},
  "post_processor": {4},
  "decoder": {{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}},
  "model": {{
    "type": "BPE",
    "dropout": null,
    "unk_token": null,
    "continuing_subword_prefix": null,
    "end_of_word_suffix": null,
    "fuse_unk": false,
    "byte_fallback": false,
    "ignore_merges": {3},
    "vocab": {1},
    "merges": {2}
  }}
}}
)";

}  // namespace

void write_bpe_files(const BPEVocabulary& vocabulary, const std::filesystem::path& directory) {
  const std::vector<std::string> spelled = spellings(vocabulary);
  const std::vector<std::string> merges = merge_lines(vocabulary, spelled);
  const std::string vocab = vocab_json(spelled);
  if (!vocabulary.ignore_merges) {
    write_file_atomically(directory / "vocab.json", vocab + "\n");
    write_file_atomically(directory / "merges.txt",
                          fmt::format("#version: 0.2\n{}\n", fmt::join(merges, "\n")));
  }
  write_file_atomically(
      directory / "tokenizer.json",
      fmt::format(tokenizer_json_form, added_tokens_json(vocabulary.added, vocabulary.tokens),
                  vocab, nlohmann::json(merges).dump(), vocabulary.ignore_merges,
                  frame_json(vocabulary.frame, spelled)));
}

}  // namespace gradus
