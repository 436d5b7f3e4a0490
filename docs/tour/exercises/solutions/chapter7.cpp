#include <cmath>

#include "../exercises.h"

namespace exercises {

// H = -Σ p ln p with p = c / Σ c; a token that never occurs adds nothing.
double unigram_entropy(const std::vector<double>& counts) {
  double total = 0, entropy = 0;
  for (const double c : counts) total += c;
  for (const double c : counts) {
    if (c > 0) entropy -= c / total * std::log(c / total);
  }
  return entropy;
}

}  // namespace exercises
