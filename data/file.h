#pragma once
// Files, read whole or in part, and written so that a reader never sees half of one.
// Every function throws FileError: one sentence with the path and what the system said.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "tensor/real.h"

namespace gradus {

/// What to do with a path that is a symbolic link.
enum class Links { Follow, Refuse };

/// A regular file open for reading. Directories, pipes and devices are refused.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path, Links links = Links::Follow);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Bytes, when it was opened.
  uint64_t size() const { return size_; }
  int descriptor() const { return descriptor_; }
  /// Fills `bytes` from `offset` on. Throws FileError if the file ends before.
  void read(uint64_t offset, std::span<char> bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

/// The whole contents of a regular file.
std::string read_file(const std::filesystem::path& path);

/// A file that appears under its name only when it is complete: it is written to a temporary
/// sibling, flushed to disk (fsync) and renamed. If commit() is not reached, the temporary file
/// goes away and whatever stood under the name before stays.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Writes over bytes that have been written before.
  void write_at(uint64_t offset, std::string_view bytes);
  /// Flushes, renames and flushes the folder, so that the new name survives a power cut too.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

/// Flushes a folder's entries to disk: files made or renamed in it survive a power cut.
void sync_directory(const std::filesystem::path& directory);

}  // namespace gradus
