#include "data/documents.h"

#include <algorithm>

#include "data/sentences.h"

namespace gradus {
namespace {

constexpr int64_t lines_looked_at = 1000;

// Calls `use` with every line, without the white space at its ends, for as long as it says yes.
template <class Use>
void for_each_line(std::string_view text, Use use) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (!use(trimmed(text.substr(begin, end - begin)))) return;
    begin = end + 1;
  }
}

// How many = a WikiText heading has on each side: 1 for the title of an article, 0 for no heading.
int heading_level(std::string_view line) {
  int level = 0;
  while (line.starts_with("= ") && line.ends_with(" =") && line.size() >= 5) {
    line = line.substr(2, line.size() - 4);
    ++level;
  }
  return level;
}

// The text that WikiText's tokens stand for.
std::string without_escapes(std::string_view line) {
  constexpr std::string_view unknown = "<unk>";
  std::string result;
  for (size_t at = 0; at < line.size();) {
    const std::string_view rest = line.substr(at);
    if (rest.starts_with(" @-@ ") || rest.starts_with(" @,@ ") || rest.starts_with(" @.@ ")) {
      result += rest[2];
      at += 5;
    } else if (rest.starts_with(unknown)) {
      result += "[UNK]";
      at += unknown.size();
    } else {
      result += line[at++];
    }
  }
  return result;
}

// Documents in the making.
class DocumentReader {
 public:
  explicit DocumentReader(DocumentFormat format) : format_(format) {}

  void read(std::string_view line) {
    if (format_ == DocumentFormat::wikitext) return read_wikitext(line);
    if (line.empty()) return end_document();
    if (format_ == DocumentFormat::lines) {
      document_.emplace_back(line);
    } else {
      add_paragraph(line, Marks::attached);
    }
  }

  std::vector<Document> take() {
    end_document();
    return std::move(documents_);
  }

 private:
  void read_wikitext(std::string_view line) {
    const int level = heading_level(line);
    if (level == 1) end_document();
    if (level == 0 && !line.empty()) add_paragraph(without_escapes(line), Marks::set_apart);
  }

  void add_paragraph(std::string_view paragraph, Marks marks) {
    for (const std::string_view sentence : split_sentences(paragraph, marks)) {
      document_.emplace_back(sentence);
    }
  }

  void end_document() {
    if (!document_.empty()) documents_.push_back(std::move(document_));
    document_.clear();
  }

  DocumentFormat format_;
  Document document_;
  std::vector<Document> documents_;
};

}  // namespace

DocumentFormat detect_format(std::string_view text) {
  int64_t lines = 0, divisible = 0;
  bool is_wikitext = false;
  for_each_line(text, [&](std::string_view line) {
    if (line.empty()) return true;
    if (lines == 0) is_wikitext = heading_level(line) == 1;
    if (split_sentences(line).size() > 1) ++divisible;
    return ++lines < lines_looked_at && !is_wikitext;
  });
  if (is_wikitext) return DocumentFormat::wikitext;
  return divisible * 10 <= lines ? DocumentFormat::lines : DocumentFormat::text;
}

const char* name_of(DocumentFormat format) {
  if (format == DocumentFormat::lines) return "lines";
  if (format == DocumentFormat::text) return "text";
  return format == DocumentFormat::wikitext ? "wikitext" : "automatic";
}

std::vector<Document> read_documents(std::string_view text, DocumentFormat format) {
  if (format == DocumentFormat::automatic) format = detect_format(text);
  DocumentReader reader(format);
  for_each_line(text, [&](std::string_view line) {
    reader.read(line);
    return true;
  });
  return reader.take();
}

int64_t count_sentences(std::span<const Document> documents) {
  int64_t count = 0;
  for (const Document& document : documents) count += static_cast<int64_t>(document.size());
  return count;
}

}  // namespace gradus
