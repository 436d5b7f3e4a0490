#include "data/tokenizer.h"

#include "data/digest.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

std::string added_text(const std::vector<AddedToken>& added) {
  std::string text;
  for (const AddedToken& token : added) text += fmt::format("{}\n", token.id);
  return text;
}

std::string beyond_tokens(const CharTokenizer&) { return {}; }

std::string beyond_tokens(const BPETokenizer& tokenizer) {
  const BPEVocabulary& vocabulary = tokenizer.vocabulary();
  std::string text;
  for (const Merge& m : vocabulary.merges) text += fmt::format("{} {}\n", m.left, m.right);
  if (vocabulary.ignore_merges) text += "ignore_merges\n";
  for (const int32_t id : vocabulary.frame.before) text += fmt::format("before {}\n", id);
  for (const int32_t id : vocabulary.frame.after) text += fmt::format("after {}\n", id);
  return text + added_text(vocabulary.added);
}

std::string beyond_tokens(const WordPieceTokenizer& tokenizer) {
  const WordPieceVocabulary& vocabulary = tokenizer.vocabulary();
  const BertTextOptions& o = vocabulary.text;
  return fmt::format("WordPiece {} {} {} {} {} {}\n", vocabulary.max_characters, o.clean_text,
                     o.handle_chinese_chars, o.lowercase, o.strips_accents(),
                     static_cast<int>(o.split)) +
         added_text(*vocabulary.added);
}

}  // namespace

Tokenizer Tokenizer::load(const std::filesystem::path& directory) {
  std::error_code none;
  const bool is_char = std::filesystem::exists(directory / CharTokenizer::file_name, none);
  if (is_char) return Tokenizer(CharTokenizer::load(directory));
  if (has_wordpiece_files(directory)) return Tokenizer(WordPieceTokenizer::load(directory));
  check<FileError>(has_bpe_files(directory),
                   "{}: there is no tokenizer in this folder (a {}, a tokenizer.json, a vocab.txt, "
                   "or a vocab.json and a merges.txt are needed)",
                   directory.string(), CharTokenizer::file_name);
  return Tokenizer(BPETokenizer::load(directory));
}

void Tokenizer::save(const std::filesystem::path& directory) const {
  std::visit([&](const auto& kind) { kind.save(directory); }, kind_);
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  return std::visit([&](const auto& kind) { return kind.encode(text); }, kind_);
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  return std::visit([&](const auto& kind) { return kind.decode(ids); }, kind_);
}

int64_t Tokenizer::vocab_size() const {
  return std::visit([](const auto& kind) { return kind.vocab_size(); }, kind_);
}

std::optional<int32_t> Tokenizer::end_of_text_id() const {
  const BPETokenizer* bpe = std::get_if<BPETokenizer>(&kind_);
  if (bpe == nullptr) return {};
  const std::vector<int32_t> ids = bpe->encode(end_of_text);
  return ids.size() == 1 ? std::optional(ids[0]) : std::nullopt;
}

TextFrame Tokenizer::frame() const {
  const BPETokenizer* bpe = std::get_if<BPETokenizer>(&kind_);
  return bpe == nullptr ? TextFrame() : bpe->vocabulary().frame;
}

// Over all tokens and whatever else decides how a text is encoded.
uint64_t Tokenizer::digest() const {
  std::string text;
  for (int32_t id = 0; id < vocab_size(); ++id) text += decode(std::span(&id, 1)) + '\0';
  text += std::visit([](const auto& kind) { return beyond_tokens(kind); }, kind_);
  return gradus::digest(text);
}

}  // namespace gradus
