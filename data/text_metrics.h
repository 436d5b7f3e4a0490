#pragma once
// How good written texts are, compared with texts that people, or a grammar, would have written.
//
// Words are cut as BERT cuts them (bert_text.h): at white space, every punctuation mark a word of
// its own. Capitals and accents count.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// ROUGE-L (Lin 2004, section 3.1): with l words in the longest common subsequence, P = l /
/// candidate words, R = l / reference words, and F = 2 P R / (P + R), which is Lin's with beta = 1.
/// The whole text is one sequence. 0 if there is nothing in common; 1 for two empty texts.
double rouge_l(std::string_view candidate, std::string_view reference);

/// BLEU of a corpus (Papineni et al. 2002, section 2.3): BP exp(mean_n ln p_n), n = 1 ... 4.
struct BleuScore {
  double bleu = 0;
  /// p_n, modified n-gram precisions: an n-gram counts at most as often as in the reference that
  /// has it most often. -1 for an n so large that no candidate has so many words; the mean is over
  /// the others.
  std::array<double, 4> precisions = {-1, -1, -1, -1};
  double brevity_penalty = 0;                        // min(1, exp(1 - r / c))
  int64_t candidate_words = 0, reference_words = 0;  // c, and r of the references closest in length
};
/// Each candidate has one or more references. Throws ValueError for no candidates, another number
/// of reference lists, and a candidate without reference.
BleuScore corpus_bleu(std::span<const std::string> candidates,
                      std::span<const std::vector<std::string>> references);

/// All figures from 0 to 1.
struct TextScore {
  double exact_match = 0;  // share of texts that are the same, character by character
  double rouge_l = 0;      // mean
  double bleu = 0;         // of the corpus
};
/// Each candidate against one reference. Throws ValueError for none and for unequal numbers.
TextScore score_texts(std::span<const std::string> candidates,
                      std::span<const std::string> references);

}  // namespace gradus
