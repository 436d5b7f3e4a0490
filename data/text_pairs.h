#pragma once
// Text-to-text data: a source, and the target to be written for it.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

struct TextPair {
  std::string source, target;
  size_t line = 0;  // in its file, from 1
};

struct TextPairs {
  std::vector<TextPair> rows = {};
  bool header = false;  // the first line named the columns, and is no pair
};

/// Reads a table (delimited.h) of two columns. The first line is a header if it says, in any case,
/// source target, input output, text summary, document summary, article highlights, or question
/// answer. White space around a field does not belong to it. Throws FileError, with the line, for
/// another number of columns and an empty source or target; for a file without pairs; and as
/// read_delimited does.
TextPairs read_text_pairs(const std::filesystem::path& path);

/// The sources of such a table, whose targets may be missing, be empty or not be there at all.
std::vector<std::string> read_sources(const std::filesystem::path& path);

/// A question about a text as one source: "question: Q context: TEXT" (Raffel et al. 2020, appendix
/// D).
std::string question_in_context(std::string_view question, std::string_view context);

/// The target that occurs most often, of several the first in the order of their bytes: a
/// prediction that needs no network. Throws ValueError for no pairs.
std::string most_frequent_target(std::span<const TextPair> pairs);

}  // namespace gradus
