#include "data/seq2seq_tokenizer.h"

#include <algorithm>
#include <map>

#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr const char* pad_name = "<pad>";
constexpr const char* end_name = "</s>";
constexpr const char* mask_name = "<mask>";
constexpr int sentinel_count = 100;

std::string sentinel_name(int number) { return fmt::format("<extra_id_{}>", number); }

const BPEVocabulary& bpe_vocabulary_of(const Tokenizer& tokenizer) {
  const auto* bpe = std::get_if<BPETokenizer>(&tokenizer.kind());
  check_value(bpe != nullptr, "text-to-text models need a byte-level BPE; this tokenizer is none");
  return bpe->vocabulary();
}

// Special tokens by their names.
std::map<std::string, int32_t> special_ids(const BPEVocabulary& vocabulary) {
  std::map<std::string, int32_t> ids;
  for (const AddedToken& added : vocabulary.added) {
    if (added.special) ids.emplace(vocabulary.tokens[static_cast<size_t>(added.id)], added.id);
  }
  return ids;
}

// <s>, or -1 where a text begins with nothing.
int32_t begin_in(const TextFrame& frame, int32_t end) {
  check_value(frame.before.size() <= 1 && (frame.after.empty() || frame.after == std::vector{end}),
              "text-to-text models need texts with at most one token before them and {} after "
              "them; this tokenizer frames them otherwise",
              end_name);
  return frame.before.empty() ? -1 : frame.before[0];
}

std::string in_valid_utf8(std::string_view bytes) {
  constexpr char32_t replacement = 0xFFFD;
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint c = decode_utf8(bytes, at);
    append_utf8(text, c.length == 0 ? replacement : c.value);
    at += std::max<size_t>(1, c.length);
  }
  return text;
}

}  // namespace

std::vector<std::string> seq2seq_special_tokens() {
  std::vector<std::string> names{pad_name, end_name, mask_name, end_of_text};
  for (int i = 0; i < sentinel_count; ++i) names.push_back(sentinel_name(i));
  return names;
}

BPETokenizer with_special_tokens(const BPETokenizer& tokenizer,
                                 const std::vector<std::string>& special) {
  BPEVocabulary vocabulary = tokenizer.vocabulary();
  const std::map<std::string, int32_t> known = special_ids(vocabulary);
  for (const std::string& name : special) {
    if (known.contains(name)) continue;
    vocabulary.added.push_back({static_cast<int32_t>(vocabulary.tokens.size())});
    vocabulary.tokens.push_back(name);
  }
  return BPETokenizer(std::move(vocabulary));
}

Seq2SeqTokenizer::Seq2SeqTokenizer(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {
  const BPEVocabulary& vocabulary = bpe_vocabulary_of(tokenizer_);
  const std::map<std::string, int32_t> ids = special_ids(vocabulary);
  for (const char* needed : {pad_name, end_name}) {
    check_value(ids.contains(needed),
                "text-to-text models need the special token {}; there is none", needed);
  }
  tokens_ = {.pad = ids.at(pad_name), .start = ids.at(pad_name), .end = ids.at(end_name)};
  tokens_.begin = begin_in(vocabulary.frame, tokens_.end);
  if (ids.contains(mask_name)) tokens_.mask = ids.at(mask_name);
  for (int i = 0; ids.contains(sentinel_name(i)); ++i) {
    tokens_.sentinels.push_back(ids.at(sentinel_name(i)));
  }
  special_.resize(vocabulary.tokens.size());
  for (const auto& [name, id] : ids) special_[static_cast<size_t>(id)] = true;
}

Seq2SeqTokenizer Seq2SeqTokenizer::load(const std::filesystem::path& directory) {
  try {
    return Seq2SeqTokenizer(Tokenizer::load(directory));
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", directory.string(), error.what()));
  }
}

std::string Seq2SeqTokenizer::spaced(std::string_view text) const {
  const bool as_it_is = !tokenizer_.frame().empty() || text.empty() || text[0] == ' ';
  return (as_it_is ? "" : " ") + std::string(text);
}

std::vector<int32_t> Seq2SeqTokenizer::encode(std::string_view text) const {
  return tokenizer_.encode(spaced(text));
}

std::string Seq2SeqTokenizer::as_read(std::string_view text) const {
  const std::string begin =
      tokens_.begin < 0 ? "" : tokenizer_.decode(std::span(&tokens_.begin, 1));
  return begin + spaced(text) + end_name;
}

std::vector<TokenPiece> Seq2SeqTokenizer::pieces_as_read(std::string_view text) const {
  const size_t added = as_read(text).size() - text.size() - std::string_view(end_name).size();
  const auto place = [&](size_t at) { return std::clamp(at, added, added + text.size()) - added; };
  std::vector<TokenPiece> pieces = token_pieces(tokenizer_, as_read(text));
  for (TokenPiece& piece : pieces) {
    piece.source = {place(piece.source.begin), place(piece.source.end)};
  }
  return pieces;
}

std::string Seq2SeqTokenizer::decode(std::span<const int32_t> ids, bool with_special) const {
  std::vector<int32_t> shown;
  for (const int32_t id : ids) {
    if (id == tokens_.end) break;
    if (id == tokens_.begin) continue;
    const bool known = id >= 0 && static_cast<size_t>(id) < special_.size();  // else decode throws
    if (with_special || !known || !special_[static_cast<size_t>(id)]) shown.push_back(id);
  }
  const std::string text = in_valid_utf8(tokenizer_.decode(shown));
  return text.starts_with(' ') ? text.substr(1) : text;
}

}  // namespace gradus
