#pragma once
// What the tests of pre-training share: a vocabulary of letters, documents whose ids tell where
// they stand, and bounds for counts of random events.

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "data/masking.h"
#include "data/sentence_pairs.h"

namespace gradus::testing {

/// 0-4: [PAD] [UNK] [CLS] [SEP] [MASK]; 5-14: words a ... j; 15-24: pieces ##a ... ##j.
inline WordPieceTokenizer letter_tokenizer() {
  WordPieceVocabulary vocabulary{.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}};
  for (const std::string start : {"", "##"}) {
    for (char c = 'a'; c <= 'j'; ++c) vocabulary.tokens.push_back(start + c);
  }
  return WordPieceTokenizer(vocabulary);
}

/// Documents with sentences of so many tokens; ids count up from 0.
inline TokenizedDocuments counting_documents(const std::vector<std::vector<int64_t>>& lengths) {
  TokenizedDocuments documents;
  for (const std::vector<int64_t>& document : lengths) {
    const size_t first = documents.sentences.size();
    for (const int64_t length : document) {
      const auto begin = static_cast<int64_t>(documents.ids.size());
      for (int64_t i = begin; i < begin + length; ++i) {
        documents.ids.push_back(static_cast<int32_t>(i));
      }
      documents.sentences.push_back({begin, begin + length});
    }
    documents.documents.push_back({first, documents.sentences.size()});
  }
  return documents;
}

/// The document that a token belongs to.
inline size_t document_of(const TokenizedDocuments& documents, int64_t token) {
  for (size_t d = 0; d < documents.documents.size(); ++d) {
    const auto [begin, end] = documents.documents[d];
    if (token < documents.sentences[end - 1].end) return d;
  }
  return documents.documents.size();
}

/// n documents of 1 to 12 sentences of 1 to 9 words each.
inline std::vector<Document> random_documents(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Document> documents(n);
  for (Document& document : documents) {
    document.resize(1 + random() % 12);
    for (std::string& sentence : document) {
      const size_t words = 1 + random() % 9;
      for (size_t w = 0; w < words; ++w) {
        const auto letter = [&] { return static_cast<char>('a' + random() % 10); };
        sentence += ' ';
        sentence += letter();
        if (random() % 4 == 0) sentence += letter();
      }
    }
  }
  return documents;
}

/// That n draws of probability p can well have hit so often: within five standard deviations.
inline void check_share(double hits, double n, double p) {
  CAPTURE(hits);
  CAPTURE(n * p);
  CHECK(std::abs(hits - n * p) < 5 * std::sqrt(n * p * (1 - p)));
}

}  // namespace gradus::testing
