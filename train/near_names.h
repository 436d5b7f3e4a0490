#pragma once
// What somebody may have meant who has misspelt a name.

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The fewest letters to insert, to leave out, to exchange or to swap with their neighbours that
/// make one word of the other (Damerau 1964; optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b);

/// Those of the names that begin with the word, or are it but for a letter in three: the nearest
/// first.
std::vector<std::string> near_names(const std::string& word, const std::vector<std::string>& names);

}  // namespace gradus
