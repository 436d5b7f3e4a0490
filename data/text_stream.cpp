#include "data/text_stream.h"

#include <algorithm>

#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// Whether bytes could become a character if more came: a first byte and fewer than it announces.
bool is_beginning(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return bytes.size() < length && first < 0xF5 &&
         std::all_of(bytes.begin() + 1, bytes.end(), continues);
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stops) : stops_(std::move(stops)) {
  for (const std::string& stop : stops_) check_value(!stop.empty(), "a stop string is empty");
}

std::string TextStream::add(std::string_view bytes) {
  if (stopped_) return "";
  held_ += bytes;
  size_t stop = std::string::npos;
  for (const std::string& s : stops_) stop = std::min(stop, held_.find(s));
  stopped_ = stop != std::string::npos;
  return stopped_ ? show(stop, true) : show(possible_stop(), false);
}

std::string TextStream::finish() { return stopped_ ? "" : show(held_.size(), true); }

// The first byte of the longest end that a stop string begins with.
size_t TextStream::possible_stop() const {
  size_t begin = held_.size();
  for (const std::string& stop : stops_) {
    for (size_t n = std::min(stop.size() - 1, held_.size()); n > 0; --n) {
      if (!held_.ends_with(std::string_view(stop).substr(0, n))) continue;
      begin = std::min(begin, held_.size() - n);
      break;
    }
  }
  return begin;
}

// Takes out the characters before `end`; `last`: no more bytes will come.
std::string TextStream::show(size_t end, bool last) {
  const std::string_view text(held_.data(), end);
  std::string shown;
  size_t i = 0;
  while (i < end) {
    const size_t length = decode_utf8(text, i).length;
    if (length == 0 && !last && is_beginning(text.substr(i))) break;
    shown += length == 0 ? "\uFFFD" : text.substr(i, length);
    i += std::max<size_t>(1, length);
  }
  held_.erase(0, i);
  return shown;
}

}  // namespace gradus
