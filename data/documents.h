#pragma once
// Documents and their sentences, out of plain text: what next-sentence prediction is learned from
// (Devlin et al. 2019, section 3.1).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The sentences of one document in order.
using Document = std::vector<std::string>;

enum class DocumentFormat {
  automatic,
  lines,     // BERT's: a sentence per line, a blank line between documents
  text,      // running text: a paragraph per line, a blank line between documents
  wikitext,  // WikiText's: " = Title = " begins a document, " = = Section = = " and blank lines do
             // not; " @-@ " is a hyphen within a word, <unk> an unknown word
};

/// What `automatic` takes a text for: wikitext if its first line that is not blank is a title;
/// lines if of the first 1,000 such lines at most one in ten holds more than one sentence
/// (sentences.h); otherwise text.
DocumentFormat detect_format(std::string_view text);
/// "automatic", "lines", "text", "wikitext".
const char* name_of(DocumentFormat format);

/// The documents of a text, without empty ones; none for a text of white space. Lines may end in
/// CRLF. WikiText's headings are left out; its " @-@ ", " @,@ " and " @.@ " become "-", "," and
/// ".", its <unk> becomes [UNK], a token that is never predicted.
std::vector<Document> read_documents(std::string_view text,
                                     DocumentFormat format = DocumentFormat::automatic);

int64_t count_sentences(std::span<const Document> documents);

}  // namespace gradus
