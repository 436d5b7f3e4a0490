#include <nlohmann/json.hpp>
#include <set>

#include "data/bpe_vocabulary.h"
#include "data/byte_level.h"
#include "data/file.h"
#include "data/json.h"
#include "data/text_frame.h"
#include "data/tokenizer_json.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

void expect_byte_level(const json& document, const char* name, bool optional,
                       const std::string& file) {
  const json part = document.value(name, json());
  const bool sound =
      part.is_object() ? part.value("type", json()) == "ByteLevel" : part.is_null() && optional;
  check<FileError>(sound, "{}: {} is {}; only a ByteLevel one is understood", file, name,
                   excerpt(part));
}

// Refuses whatever would make Hugging Face's tokenizers give other ids than ours.
void check_tokenizer_json(const json& document, const std::string& file) {
  check<FileError>(document.is_object() && document.contains("model") &&
                       document["model"].is_object() && document.contains("pre_tokenizer"),
                   "{}: not a tokenizer: it must be an object with a model and a pre_tokenizer",
                   file);
  const json& model = document["model"];
  expect_field(model, "type", {"BPE", nullptr}, file);
  expect_field(model, "dropout", {nullptr}, file);
  expect_field(model, "continuing_subword_prefix", {nullptr, ""}, file);
  expect_field(model, "end_of_word_suffix", {nullptr, ""}, file);
  expect_field(model, "byte_fallback", {nullptr, false}, file);
  expect_field(model, "ignore_merges", {nullptr, false, true}, file);
  for (const char* absent : {"truncation", "padding", "normalizer"}) {
    expect_field(document, absent, {nullptr}, file);
  }
  expect_byte_level(document, "pre_tokenizer", false, file);
  expect_byte_level(document, "decoder", true, file);
  expect_field(document["pre_tokenizer"], "add_prefix_space", {false}, file);
  expect_field(document["pre_tokenizer"], "use_regex", {nullptr, true}, file);
}

// Bytes by id. Added tokens are spelled as they are.
std::vector<std::string> bytes_by_id(const SpelledTokens& spelled,
                                     const std::vector<AddedSpelling>& added,
                                     const std::string& file) {
  std::vector<std::string> tokens = tokens_by_id(spelled, file);
  std::vector<bool> as_it_is(tokens.size());
  for (const AddedSpelling& a : added) as_it_is[static_cast<size_t>(a.token.id)] = true;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (as_it_is[id]) continue;
    const auto bytes = from_byte_level(tokens[id]);
    check<FileError>(bytes.has_value(), "{}: {} has a character that stands for no byte", file,
                     excerpt(tokens[id]));
    tokens[id] = *bytes;
  }
  return tokens;
}

// Reads merges one by one and holds each against the vocabulary.
class MergeReader {
 public:
  MergeReader(const SpelledTokens& spelled, const std::string& file)
      : spelled_(spelled), file_(file) {}

  void add(const std::string& left, const std::string& right) {
    const Merge merge{id_of(left), id_of(right), id_of(left + right)};
    check<FileError>(seen_.insert(pair_key(merge.left, merge.right)).second,
                     "{}: merge {} repeats {} {}", file_, merges_.size(), excerpt(left),
                     excerpt(right));
    merges_.push_back(merge);
  }

  /// Exactly two fields with one space between them.
  void add_line(std::string_view line) {
    const size_t space = line.find(' ');
    const bool sound = space != line.npos && space > 0 && space + 1 < line.size() &&
                       line.find(' ', space + 1) == line.npos;
    check<FileError>(sound, "{}: merge {} must be two tokens with a space between them, it is {}",
                     file_, merges_.size(), excerpt(std::string(line)));
    add(std::string(line.substr(0, space)), std::string(line.substr(space + 1)));
  }

  std::vector<Merge> merges() const { return merges_; }

 private:
  int32_t id_of(const std::string& token) const {
    const auto found = spelled_.find(token);
    check<FileError>(found != spelled_.end(), "{}: merge {} needs {}, which is no token", file_,
                     merges_.size(), excerpt(token));
    return found->second;
  }

  const SpelledTokens& spelled_;
  const std::string& file_;
  std::vector<Merge> merges_;
  std::set<uint64_t> seen_;
};

std::vector<Merge> merges_from_json(const json& list, const SpelledTokens& spelled,
                                    const std::string& file) {
  check<FileError>(list.is_array(), "{}: the merges must be an array", file);
  MergeReader reader(spelled, file);
  for (const json& entry : list) {
    if (entry.is_string()) {
      reader.add_line(entry.get_ref<const std::string&>());
      continue;
    }
    check<FileError>(
        entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string(),
        R"({}: a merge must be "a b" or ["a", "b"], it is {})", file, excerpt(entry));
    reader.add(entry[0], entry[1]);
  }
  return reader.merges();
}

std::vector<Merge> merges_from_text(std::string_view text, const SpelledTokens& spelled,
                                    const std::string& file) {
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check<FileError>(!bad, "{}: not valid UTF-8 at byte {}", file, bad.value_or(0));
  MergeReader reader(spelled, file);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with("#version")) reader.add_line(line);
  }
  return reader.merges();
}

BPEVocabulary assemble(const std::vector<AddedSpelling>& added, std::vector<std::string> tokens,
                       std::vector<Merge> merges) {
  BPEVocabulary vocabulary{std::move(tokens), std::move(merges)};
  for (const AddedSpelling& a : added) vocabulary.added.push_back(a.token);
  return vocabulary;
}

BPEVocabulary read_tokenizer_json(const path& path) {
  const std::string file = path.string();
  const json document = read_json(path);
  check_tokenizer_json(document, file);
  const json& model = document["model"];
  SpelledTokens spelled = spelled_tokens(model.value("vocab", json()), file);
  const auto added = spelled_added_tokens(document.value("added_tokens", json()), spelled, file);
  std::vector<Merge> merges = merges_from_json(model.value("merges", json()), spelled, file);
  BPEVocabulary vocabulary = assemble(added, bytes_by_id(spelled, added, file), std::move(merges));
  vocabulary.ignore_merges = model.value("ignore_merges", json()) == true;
  vocabulary.frame = frame_as_configured(
      frame_from_json(document.value("post_processor", json()), spelled.size(), file), spelled,
      path.parent_path());
  return vocabulary;
}

BPEVocabulary read_vocab_and_merges(const path& vocab, const path& merges) {
  const SpelledTokens spelled = spelled_tokens(read_json(vocab), vocab.string());
  std::vector<AddedSpelling> added;
  const auto end = spelled.find(end_of_text);
  if (end != spelled.end()) added.push_back({end_of_text, {.id = end->second}});
  return assemble(added, bytes_by_id(spelled, added, vocab.string()),
                  merges_from_text(read_file(merges), spelled, merges.string()));
}

bool is_there(const path& file) {
  std::error_code none;
  return std::filesystem::exists(file, none);
}

}  // namespace

bool has_bpe_files(const path& directory) {
  return is_there(directory / "tokenizer.json") || is_there(directory / "vocab.json") ||
         is_there(directory / "encoder.json");
}

BPEVocabulary read_bpe_files(const path& directory) {
  if (is_there(directory / "tokenizer.json")) {
    return read_tokenizer_json(directory / "tokenizer.json");
  }
  if (is_there(directory / "vocab.json")) {
    return read_vocab_and_merges(directory / "vocab.json", directory / "merges.txt");
  }
  return read_vocab_and_merges(directory / "encoder.json", directory / "vocab.bpe");
}

}  // namespace gradus
