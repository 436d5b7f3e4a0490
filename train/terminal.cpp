#include "train/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace gradus {

int terminal_width(int descriptor) {
  winsize size{};
  const bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string wrapped(const std::string& text, int width, int indent) {
  const auto columns = [](const std::string& word) {  // bytes that begin a character
    return static_cast<int>(
        std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  };
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string lines;
  int filled = 0;  // columns of the last line, 0 before the first
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool fits = filled > 0 && filled + 1 + columns(word) <= width;
    if (fits) {
      lines += " " + word;
      filled += 1 + columns(word);
    } else {
      lines += (filled > 0 ? "\n" : "") + margin + word;
      filled = indent + columns(word);
    }
  }
  return lines;
}

void print_paragraph(const std::string& text, int indent) {
  fmt::print("{}\n\n", wrapped(text, std::min(terminal_width(STDOUT_FILENO), 100), indent));
  std::fflush(stdout);
}

}  // namespace gradus
