#pragma once
// Text that arrives in pieces, byte-level tokens say, and is shown as it comes: whole characters
// only, and nothing from a stop string on.

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

class TextStream {
 public:
  /// The text ends where one of these strings begins. Throws ValueError for an empty one.
  explicit TextStream(std::vector<std::string> stops = {});

  /// What can be shown now that these bytes have come. Held back are the beginning of a character
  /// and what may become a stop string; a byte that is no part of UTF-8 becomes U+FFFD.
  std::string add(std::string_view bytes);
  /// What was held back, when nothing more comes.
  std::string finish();
  /// A stop string has come; nothing more will be shown.
  bool stopped() const { return stopped_; }

 private:
  std::string show(size_t end, bool last);
  size_t possible_stop() const;

  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace gradus
