#pragma once
// The second half of gradus demo: a small BERT learns to fill gaps, and then, from a few labels,
// which words are names.

#include <cstdint>
#include <string>

namespace gradus {

struct BERTDemo {
  std::string out;     // run folder to make; the classifier goes to "<out>-names"
  double minutes = 2;  // of pre-training
  int64_t steps = 0;   // instead of minutes
  uint64_t seed = 1337;
};

/// Pre-trains, fine-tunes with few labels beside a network from scratch and the most frequent tag,
/// and lets the user type sentences on a terminal. Ends early on a signal.
void demo_bert(const BERTDemo& demo);

}  // namespace gradus
