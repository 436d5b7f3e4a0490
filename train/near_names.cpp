#include "train/near_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gradus {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last, last,
      row(b.size() + 1);  // row[j]: of a's first i and b's first j
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::vector<std::string> near_names(const std::string& word,
                                    const std::vector<std::string>& names) {
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(word, name);
    const bool begins = word.size() >= 2 && name.starts_with(word);
    if (begins || distance <= std::max<size_t>(1, word.size() / 3))
      near.emplace_back(distance, name);
  }
  std::ranges::sort(near);
  std::vector<std::string> result;
  for (const auto& [distance, name] : near) result.push_back(name);
  return result;
}

}  // namespace gradus
