#pragma once
// What the tests of data/ share: a folder that disappears with the test, files from literal bytes,
// and the folder of shared reference files, which may be absent.

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "tests/support.h"

namespace gradus::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gradus-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Makes a file of these bytes and returns where it is.
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A file or folder below $GRADUS_SHARED, or below `shared` beside the repository; a message and
/// nothing where it is absent.
inline std::optional<std::filesystem::path> shared_path(const std::string& name) {
  const char* chosen = std::getenv("GRADUS_SHARED");
  const std::filesystem::path root =
      chosen != nullptr ? chosen : std::filesystem::path(GRADUS_SOURCE_DIR) / ".." / "shared";
  if (std::filesystem::exists(root / name)) return root / name;
  MESSAGE("skipped: there is no " << (root / name).string());
  return {};
}

/// How often `word` stands in `text`.
inline size_t occurrences(const std::string& text, const std::string& word) {
  size_t n = 0;
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

/// `length` bytes drawn from those of `alphabet`.
inline std::string random_text(std::string_view alphabet, size_t length, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
  return text;
}

/// The numbers' bytes as they lie in memory.
template <class T>
std::string bytes_of(std::initializer_list<T> numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), numbers.begin(), bytes.size());
  return bytes;
}

/// 8 bytes of length, the header, the data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data = "") {
  return bytes_of<uint64_t>({header.size()}) + header + data;
}

/// The sentence that `f` throws as an E; fails the test if it throws nothing or something else.
template <class E, class F>
std::string sentence_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    FAIL_CHECK("threw an exception of another type: " << error.what());
    return {};
  }
  FAIL_CHECK("threw nothing");
  return {};
}

}  // namespace gradus::testing
