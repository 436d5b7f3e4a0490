#pragma once
// The checked header of a safetensors file; what SafetensorsFile is made of.

#include "data/safetensors.h"

namespace gradus {

struct SafetensorsHeader {
  SafetensorsMetadata metadata;
  std::vector<SafetensorsEntry> entries;  // in the order of their place in the file
  uint64_t data_start = 0;                // 8 + N
};

/// Reads the header and holds the whole file to the rules, in the order of SafetensorsRule.
/// Throws SafetensorsError.
SafetensorsHeader read_safetensors_header(const InputFile& file);

/// Throws SafetensorsError, naming the file and the rule, unless `ok`.
template <class... Args>
void check_rule(bool ok, SafetensorsRule rule, const std::filesystem::path& file,
                fmt::format_string<Args...> sentence, Args&&... args) {
  if (ok) return;
  throw SafetensorsError(
      rule, fmt::format("{}: {} [{}]", file.string(),
                        fmt::format(sentence, std::forward<Args>(args)...), rule_name(rule)));
}

}  // namespace gradus
