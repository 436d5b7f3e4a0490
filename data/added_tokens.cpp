#include "data/added_tokens.h"

#include <algorithm>

namespace gradus {
namespace {

constexpr std::string_view white_space = " \t\n\v\f\r";

}  // namespace

AddedTokens::AddedTokens(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::ranges::stable_sort(entries_, std::greater{},
                           [](const Entry& e) { return e.content.size(); });
  for (const Entry& e : entries_) is_first_[static_cast<unsigned char>(e.content[0])] = true;
}

// The longest entry that begins at this byte; null if there is none.
const AddedTokens::Entry* AddedTokens::entry_at(std::string_view text, size_t offset) const {
  if (!is_first_[static_cast<unsigned char>(text[offset])]) return nullptr;
  for (const Entry& e : entries_) {
    if (text.substr(offset).starts_with(e.content)) return &e;
  }
  return nullptr;
}

std::vector<AddedTokens::Segment> AddedTokens::split(std::string_view text) const {
  std::vector<Segment> segments;
  size_t begin = 0;  // of the text since the last added token
  const auto close = [&](size_t end, bool lstrip = false) {
    while (lstrip && end > begin && white_space.find(text[end - 1]) != white_space.npos) --end;
    if (end > begin) segments.push_back({text.substr(begin, end - begin), {}});
  };
  for (size_t i = 0; i < text.size();) {
    const Entry* entry = entry_at(text, i);
    if (entry == nullptr) {
      ++i;
      continue;
    }
    close(i, entry->lstrip);
    segments.push_back({text.substr(i, entry->content.size()), entry->id});
    i += entry->content.size();
    begin = i;
  }
  close(text.size());
  return segments;
}

}  // namespace gradus
