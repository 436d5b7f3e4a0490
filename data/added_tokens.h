#pragma once
// Tokens that stand for themselves in a text, such as <|endoftext|>: they are found before anything
// else is cut or merged. Among those that begin at one place the longest is taken.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// What a vocabulary says about one of its tokens that is found in texts as it is.
struct AddedToken {
  int32_t id;
  bool special = true;  // for the model, not part of any text
  bool lstrip = false;  // swallows the white space before it, as BART's <mask> does
};

class AddedTokens {
 public:
  struct Entry {
    std::string content;  // not empty
    int32_t id;
    bool lstrip = false;
  };
  /// A part of a text: an added token, or what stands between two of them.
  struct Segment {
    std::string_view text;
    std::optional<int32_t> id;
  };

  AddedTokens() = default;
  explicit AddedTokens(std::vector<Entry> entries);

  /// The parts of a text in order, without the white space that a token swallows; none of them is
  /// empty.
  std::vector<Segment> split(std::string_view text) const;

 private:
  const Entry* entry_at(std::string_view text, size_t offset) const;

  std::vector<Entry> entries_;        // longest first
  std::array<bool, 256> is_first_{};  // bytes that some added token begins with
};

}  // namespace gradus
