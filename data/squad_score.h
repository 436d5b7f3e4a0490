#pragma once
// Exact match and F1 of answers, as SQuAD's official script, evaluate-v1.1.py, counts them
// (Rajpurkar et al. 2016, section 6.1). Version 2.0's questions without answer are scored as
// evaluate-v2.0.py does: the empty answer is right.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/labelled.h"

namespace gradus {

/// Lower case, without ASCII punctuation and the articles a, an, the, one space between words.
/// Case, white space and the ends of words are Unicode's, as they are Python's.
std::string normalise_answer(std::string_view text);

/// Whether both are the same after normalising: 1 or 0.
double exact_match(std::string_view prediction, std::string_view answer);
/// 2 P R / (P + R) of the words that both have, each as often as it occurs in both. 0 if they share
/// none.
double word_f1(std::string_view prediction, std::string_view answer);

struct AnswerScore {
  double exact_match = 0, f1 = 0;  // from 0 to 1
};

/// The better of all answers, for each of the two figures.
AnswerScore score_answer(std::string_view prediction, std::span<const Answer> answers);

struct SquadScore {
  double exact_match = 0, f1 = 0;  // means over all questions, from 0 to 1
  int64_t questions = 0;
  int64_t missing = 0;  // questions without a prediction: they count 0
};

/// Predictions by the questions' ids. Throws ValueError if there are no questions.
SquadScore score_squad(std::span<const SpanQuestion> questions,
                       const std::unordered_map<std::string, std::string>& predictions);

}  // namespace gradus
