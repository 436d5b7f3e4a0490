#pragma once
// A file as memory: the system reads the pages that are looked at and forgets them when it needs
// room, so that a file may be larger than the machine's memory. Who shortens a mapped file in place
// ends the programs that read it (SIGBUS); replacing it by rename, as AtomicFile does, is safe.

#include <filesystem>
#include <string_view>

namespace gradus {

class MappedFile {
 public:
  /// Throws FileError for what is missing, unreadable or no regular file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace gradus
