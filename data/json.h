#pragma once
// Strict JSON for files that nobody vouches for: safetensors headers, config.json, tokenizers.
// (RFC 8259, and refuses what it leaves open: repeated keys, deep nesting, a byte-order mark.)

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace gradus {

/// Containers that may stand inside each other. Deeper documents could exhaust the stack of
/// whoever walks them.
inline constexpr int max_json_depth = 64;

/// Parses one JSON document; `source` names it in errors. Throws FileError for invalid UTF-8, a
/// byte-order mark, bad syntax, anything after the document, a key that an object repeats, and
/// nesting deeper than max_json_depth.
nlohmann::json parse_json(std::string_view text, const std::string& source);

/// The JSON document in a file. Throws FileError.
nlohmann::json read_json(const std::filesystem::path& path);

/// A value as an error sentence may show it: as JSON, cut short where it would drown the sentence.
std::string excerpt(const nlohmann::json& value);

}  // namespace gradus
