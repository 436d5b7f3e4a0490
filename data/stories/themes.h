#pragma once
// The themes of the built-in corpus, in the notation of notation.cpp, and the words that they
// share.

#include <span>
#include <string_view>
#include <vector>

#include "data/stories/grammar.h"

namespace gradus::stories {

/// People, places, weather, colours, animals: what every theme may use.
std::vector<WordClass> shared_words();

std::span<const std::string_view> outdoor_themes();
std::span<const std::string_view> home_themes();
std::span<const std::string_view> town_themes();
std::span<const std::string_view> wonder_themes();

}  // namespace gradus::stories
