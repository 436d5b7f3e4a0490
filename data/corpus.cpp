#include "data/corpus.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "data/file.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

std::string read_standard_input() {
  std::string text;
  std::vector<char> buffer(64 * 1024);
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count == 0) return text;
    if (count == -1 && errno == EINTR) continue;
    check<FileError>(count > 0, "standard input: cannot read: {}", std::strerror(errno));
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

std::vector<fs::path> text_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    const bool is_text = extension == ".txt" || extension == ".md";
    if (is_text && entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files, {}, [](const fs::path& file) { return file.string(); });
  return files;
}

std::string read_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  try {
    files = text_files(folder);
  } catch (const fs::filesystem_error& error) {
    throw FileError(
        fmt::format("{}: cannot list the folder: {}", folder.string(), error.code().message()));
  }
  check<FileError>(!files.empty(), "{}: the folder holds no .txt or .md file", folder.string());
  std::string text;
  for (const fs::path& file : files) {
    const std::string piece = read_file(file);
    if (!piece.empty() && !text.empty()) text += '\n';
    text += piece;
  }
  return text;
}

}  // namespace

std::string read_corpus(const std::string& source) {
  std::error_code none;  // what does not exist is no directory; reading it says so
  const bool is_folder = source != "-" && fs::is_directory(source, none);
  const std::string text = source == "-" ? read_standard_input()
                           : is_folder   ? read_folder(source)
                                         : read_file(source);
  check<FileError>(!text.empty(), "{}: there is no text in it",
                   source == "-" ? "standard input" : source);
  return text;
}

size_t train_size(size_t n, double fraction) {
  check_value(fraction >= 0 && fraction <= 1, "split: the training fraction {} is outside [0, 1]",
              fraction);
  return static_cast<size_t>(fraction * static_cast<double>(n));
}

Split<std::string_view> train_val_split(std::string_view text, double train_fraction) {
  check_utf8("split", text);
  const size_t characters = static_cast<size_t>(count_code_points(text));
  size_t bytes = 0;
  for (size_t left = train_size(characters, train_fraction); left > 0; --left) {
    bytes += decode_utf8(text, bytes).length;
  }
  return {text.substr(0, bytes), text.substr(bytes)};
}

Split<std::span<const int32_t>> train_val_split(std::span<const int32_t> ids,
                                                double train_fraction) {
  const size_t train = train_size(ids.size(), train_fraction);
  return {ids.first(train), ids.subspan(train)};
}

}  // namespace gradus
