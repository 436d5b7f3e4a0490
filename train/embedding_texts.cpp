#include "train/embedding_texts.h"

#include <fmt/format.h>

#include <unordered_set>

#include "data/corpus.h"
#include "data/documents.h"
#include "data/sentences.h"
#include "tensor/errors.h"
#include "train/progress.h"

namespace gradus {

std::vector<std::string> read_text_lines(const std::string& source) {
  const std::string text = read_corpus(source);
  const std::string shown = source == "-" ? "standard input" : source;
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(trimmed(std::string_view(text).substr(begin, end - begin)));
    check<FileError>(!lines.back().empty(), "{}:{}: there is no text on this line", shown,
                     lines.size());
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> read_search_sentences(const std::string& source) {
  std::vector<std::string> sentences;
  std::unordered_set<std::string> known;
  for (const Document& document : read_documents(read_corpus(source))) {
    for (const std::string& sentence : document) {
      if (known.insert(sentence).second) sentences.push_back(sentence);
    }
  }
  check<FileError>(!sentences.empty(), "{}: there are no sentences to search", source);
  return sentences;
}

Tensor embed_with_progress(const TextEmbedder& embedder, const std::vector<std::string>& texts,
                           int64_t batch_size, bool quiet) {
  Progress progress("text", static_cast<int64_t>(texts.size()), 0, quiet);
  const TextEmbeddings all =
      embedder.embed(texts, {.batch_size = batch_size,
                             .on_batch = [&](int64_t done) { progress.update(done, "embedded"); }});
  if (all.truncated > 0) {
    progress.warning(
        fmt::format("warning: {} of {} texts were longer than the model reads and "
                    "lost their ends",
                    all.truncated, texts.size()));
  }
  return all.rows;
}

}  // namespace gradus
