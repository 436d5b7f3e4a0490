#pragma once
// The built-in corpus: stories for people and for models, and what can be known about them.
//
//   const std::vector<Story> stories = corpus(seed, 80000);
//   mean_nats(builtin())        // the floor of any causal model, nats per story
//   parse(builtin(), text)      // is this a story? which one, and how likely?

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "data/stories/entropy.h"
#include "data/stories/story.h"

namespace gradus::stories {

/// The grammar of all built-in themes.
const Grammar& builtin();

/// Stories 0 ... n - 1 of a seed. Throws ValueError for n below 1.
std::vector<Story> corpus(uint64_t seed, int64_t n);

/// The story that has exactly this text, with everything that is known about it; nothing if the
/// grammar cannot tell it.
std::optional<Story> parse(const Grammar& grammar, std::string_view text);

}  // namespace gradus::stories
