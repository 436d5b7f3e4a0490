#pragma once
// The second half of gradus demo: a small BERT learns to fill gaps, and then, from a few labels,
// how stories end.

#include <cstdint>
#include <string>

namespace gradus {

struct BERTDemo {
  std::string out;     // run folder to make; the classifier goes to "<out>-sentiment"
  double minutes = 2;  // of pre-training
  int64_t steps = 0;   // instead of minutes
  uint64_t seed = 1337;
};

/// Pre-trains, fine-tunes with few labels beside a network from scratch and a bag of words, and
/// lets the user type stories on a terminal. Ends early on a signal.
void demo_bert(const BERTDemo& demo);

}  // namespace gradus
