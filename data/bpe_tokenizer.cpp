#include "data/bpe_tokenizer.h"

#include "data/gpt2_split.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// Most pieces of a text have occurred in it before: their ids are copied from where they stand in
// the output.
struct Occurrence {
  size_t begin = 0, size = 0;
};
using Occurrences = std::unordered_map<std::string_view, Occurrence>;

void copy_ids(const Occurrence& from, std::vector<int32_t>& ids) {
  for (size_t i = 0; i < from.size; ++i) ids.push_back(ids[from.begin + i]);
}

std::array<int32_t, 256> ids_of_bytes(const std::vector<std::string>& tokens) {
  std::array<int32_t, 256> ids;
  ids.fill(-1);
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].size() != 1) continue;
    ids[static_cast<unsigned char>(tokens[id][0])] = static_cast<int32_t>(id);
  }
  return ids;
}

AddedTokens added_tokens_of(const BPEVocabulary& vocabulary) {
  std::vector<AddedTokens::Entry> entries;
  for (const AddedToken& added : vocabulary.added) {
    entries.push_back({vocabulary.tokens[static_cast<size_t>(added.id)], added.id, added.lstrip});
  }
  return AddedTokens(std::move(entries));
}

}  // namespace

BPETokenizer::BPETokenizer(BPEVocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)),
      merges_(vocabulary_.merges),
      added_tokens_(added_tokens_of(vocabulary_)),
      byte_ids_(ids_of_bytes(vocabulary_.tokens)) {
  if (!vocabulary_.ignore_merges) return;
  for (size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
    wholes_.emplace(vocabulary_.tokens[id], static_cast<int32_t>(id));
  }
}

BPETokenizer BPETokenizer::load(const std::filesystem::path& directory) {
  return BPETokenizer(read_bpe_files(directory));
}

void BPETokenizer::save(const std::filesystem::path& directory) const {
  write_bpe_files(vocabulary_, directory);
}

std::vector<AddedTokens::Segment> BPETokenizer::segments(std::string_view text,
                                                         BPEEncodeOptions options) const {
  return options.added_tokens ? added_tokens_.split(text) : AddedTokens().split(text);
}

// What every piece begins as.
std::vector<int32_t> BPETokenizer::byte_ids(std::string_view piece) const {
  std::vector<int32_t> ids;
  for (const char c : piece) {
    const unsigned char byte = static_cast<unsigned char>(c);
    check_value(byte_ids_[byte] >= 0,
                "BPE tokenizer: the vocabulary has no token for byte 0x{:02X}", byte);
    ids.push_back(byte_ids_[byte]);
  }
  return ids;
}

// The token that is this piece, if merges are ignored for it.
std::optional<int32_t> BPETokenizer::whole(std::string_view piece) const {
  if (wholes_.empty()) return {};
  const auto found = wholes_.find(std::string(piece));
  return found == wholes_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<int32_t> BPETokenizer::encode(std::string_view text, BPEEncodeOptions options) const {
  std::vector<int32_t> ids;
  Occurrences seen;
  for (const AddedTokens::Segment& segment : segments(text, options)) {
    if (segment.id) {
      ids.push_back(*segment.id);
      continue;
    }
    for (size_t begin = 0, end = 0; begin < segment.text.size(); begin = end) {
      end = gpt2_piece_end(segment.text, begin);
      const std::string_view piece = segment.text.substr(begin, end - begin);
      const auto [place, is_new] = seen.try_emplace(piece);
      if (!is_new) {
        copy_ids(place->second, ids);
        continue;
      }
      const std::optional<int32_t> token = whole(piece);
      std::vector<int32_t> word = token ? std::vector{*token} : byte_ids(piece);
      merges_.apply(word);
      place->second = {ids.size(), word.size()};
      ids.insert(ids.end(), word.begin(), word.end());
    }
  }
  return ids;
}

std::string BPETokenizer::decode(std::span<const int32_t> ids) const {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    check_value(ids[i] >= 0 && ids[i] < vocab_size(),
                "BPE tokenizer: id {} at position {} is outside [0, {})", ids[i], i, vocab_size());
    text += vocabulary_.tokens[static_cast<size_t>(ids[i])];
  }
  return text;
}

std::vector<ByteRange> BPETokenizer::byte_ranges(std::span<const int32_t> ids) const {
  std::vector<ByteRange> ranges;
  size_t end = 0;
  for (const int32_t id : ids) {
    const size_t begin = end;
    end += decode(std::span(&id, 1)).size();
    ranges.push_back({begin, end});
  }
  return ranges;
}

std::vector<ByteRange> BPETokenizer::byte_ranges(std::span<const int32_t> ids,
                                                 std::string_view text) const {
  std::vector<ByteRange> ranges = byte_ranges(ids);
  size_t swallowed = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string& token = vocabulary_.tokens[static_cast<size_t>(ids[i])];
    const auto stands_at = [&](size_t begin) { return text.substr(begin).starts_with(token); };
    while (ranges[i].begin + swallowed < text.size() && !stands_at(ranges[i].begin + swallowed)) {
      ++swallowed;
    }
    ranges[i] = {ranges[i].begin + swallowed, ranges[i].end + swallowed};
  }
  return ranges;
}

std::vector<BPETokenizer::Explanation> BPETokenizer::explain(std::string_view text,
                                                             BPEEncodeOptions options) const {
  std::vector<Explanation> explanations;
  for (const AddedTokens::Segment& segment : segments(text, options)) {
    if (segment.id) {
      explanations.push_back({{*segment.id}, {}});
      continue;
    }
    for (const std::string_view piece : gpt2_split(segment.text)) {
      if (const std::optional<int32_t> token = whole(piece)) {
        explanations.push_back({{*token}, {}});
        continue;
      }
      Explanation& explanation = explanations.emplace_back(Explanation{byte_ids(piece), {}});
      std::vector<int32_t> word = explanation.start;
      while (const auto step = merges_.apply_one(word)) {
        explanation.steps.push_back({step->rank, word});
      }
    }
  }
  return explanations;
}

}  // namespace gradus
