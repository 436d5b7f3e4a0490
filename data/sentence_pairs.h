#pragma once
// Training instances from documents: pairs of segments for next-sentence prediction (Devlin et al.
// 2019, appendix A.2; create_instances_from_document of google-research/bert), or rows packed with
// full sentences (Liu et al. 2019, RoBERTa, section 4.2).
//
//   [CLS] A [SEP] B [SEP]                       B follows A in half of the pairs
//   [CLS] sentences [SEP] sentences [SEP]       full sentences; [SEP] where documents meet
//
// T is the length of a sequence, all of its [CLS] and [SEP] included.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/documents.h"
#include "data/wordpiece.h"

namespace gradus {

/// Tokens [begin, end) of TokenizedDocuments::ids.
struct TokenRange {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
  bool operator==(const TokenRange&) const = default;
};

/// Documents as ids: all in a row, so that a segment of some sentences is a range of ids.
struct TokenizedDocuments {
  std::vector<int32_t> ids;
  std::vector<TokenRange> sentences;  // of all documents, none of them empty
  struct Range {
    size_t begin = 0, end = 0;  // in `sentences`
    size_t size() const { return end - begin; }
  };
  std::vector<Range> documents;  // none of them empty

  /// Tokens of sentences [first, last] of one document.
  TokenRange span(size_t first, size_t last) const {
    return {sentences[first].begin, sentences[last].end};
  }
};

/// Documents that their readers share, however many batches are made of them: a copy of it is
/// another hold on the same documents.
class SharedDocuments {
 public:
  SharedDocuments(TokenizedDocuments documents)
      : documents_(std::make_shared<const TokenizedDocuments>(std::move(documents))) {}

  operator const TokenizedDocuments&() const { return *documents_; }
  const TokenizedDocuments* operator->() const { return documents_.get(); }

 private:
  std::shared_ptr<const TokenizedDocuments> documents_;
};

/// Sentences without tokens are left out, and documents without sentences. Throws ValueError for
/// more than 2^31 - 1 tokens.
TokenizedDocuments tokenize(const WordPieceTokenizer& tokenizer,
                            std::span<const Document> documents);

/// One sequence: its segments, each followed by [SEP].
struct Instance {
  std::vector<TokenRange> segments;  // two for a pair: A and B
  bool is_random = false;            // B comes from another document
};

/// Where an instance's random numbers come from.
struct InstanceSeed {
  uint64_t seed = 0, epoch = 0;
};

/// The pairs of one epoch, document by document. For each document:
///   1. A target of T - 3 tokens; with probability 0.1 a random one from 2 to T - 3.
///   2. Sentences are collected up to the target or the end of the document: n of them.
///   3. A is the first 1 to n - 1 of them, evenly drawn; all if n is 1.
///   4. If n is 1, and else with probability 0.5, B begins at a random sentence of another random
///      document and takes sentences until the pair reaches the target; what A has not used is put
///      back. Otherwise B is the rest.
///   5. The longer of A and B (B if equal) loses tokens, each at its front or its back evenly,
///      until the pair has at most T - 3.
/// Every other document is equally likely in 4 (the original draws up to ten times for another one,
/// and may fail). Throws ValueError for fewer than two documents, or T below 5.
std::vector<Instance> sentence_pairs(const TokenizedDocuments& documents, int64_t sequence_length,
                                     const InstanceSeed& seed);

/// The rows of one epoch: the documents in random order, sentence after sentence; a sentence that
/// does not fit begins the next row, and one that no row can hold is cut. No token is lost. Throws
/// ValueError without documents, or for T below 5.
std::vector<Instance> full_sentences(const TokenizedDocuments& documents, int64_t sequence_length,
                                     const InstanceSeed& seed);

}  // namespace gradus
