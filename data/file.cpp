#include "data/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tensor/errors.h"

namespace gradus {
namespace {

using std::filesystem::path;

[[noreturn]] void fail(const path& file, const char* action) {
  const int reason = errno;
  throw FileError(fmt::format("{}: cannot {}: {}", file.string(), action, std::strerror(reason)));
}

// Calls a system function again for as long as signals interrupt it.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

path directory_of(const path& file) {
  return file.has_parent_path() ? file.parent_path() : path(".");
}

}  // namespace

// O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever.
InputFile::InputFile(const std::filesystem::path& path, Links links) : path_(path) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == Links::Refuse ? O_NOFOLLOW : 0);
  descriptor_ = retry([&] { return ::open(path_.c_str(), flags); });
  if (descriptor_ == -1 && errno == ELOOP && links == Links::Refuse) {
    throw FileError(
        fmt::format("{}: is a symbolic link, a regular file is needed", path_.string()));
  }
  if (descriptor_ == -1) fail(path_, "open for reading");
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (known && S_ISREG(status.st_mode)) {
    size_ = static_cast<uint64_t>(status.st_size);
    return;
  }
  const int reason = errno;
  ::close(descriptor_);
  errno = reason;
  if (!known) fail(path_, "examine");
  throw FileError(
      fmt::format("{}: is {}, a regular file is needed", path_.string(), kind_of(status.st_mode)));
}

InputFile::~InputFile() {
  if (descriptor_ != -1) ::close(descriptor_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

void InputFile::read(uint64_t offset, std::span<char> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] {
      return ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count == -1) fail(path_, "read");
    check<FileError>(count > 0, "{}: ends at byte {}, although it had {} bytes when it was opened",
                     path_.string(), offset, size_);
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
}

std::string read_file(const path& path) {
  const InputFile file(path);
  try {
    std::string contents(file.size(), '\0');
    file.read(0, contents);
    return contents;
  } catch (const std::bad_alloc&) {
    throw MemoryError(fmt::format("{}: no memory for its {} bytes", path.string(), file.size()));
  }
}

// The process id keeps two processes that write the same file from sharing a temporary one.
AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path) {
  temporary_ =
      directory_of(path_) / fmt::format(".{}.tmp-{}", path_.filename().string(), ::getpid());
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  descriptor_ = retry([&] { return ::open(temporary_.c_str(), flags, 0666); });
  if (descriptor_ == -1) fail(path_, "open for writing");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ == -1) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (count == -1) fail(path_, "write");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void AtomicFile::write_at(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] {
      return ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count == -1) fail(path_, "write");
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
}

void AtomicFile::commit() {
  if (retry([&] { return ::fsync(descriptor_); }) == -1) fail(path_, "flush to disk");
  if (::rename(temporary_.c_str(), path_.c_str()) == -1) fail(path_, "rename into place");
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) == -1 && errno != EINTR) fail(path_, "close");
  sync_directory(directory_of(path_));
}

void write_file_atomically(const path& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents);
  file.commit();
}

void sync_directory(const path& directory) {
  const int descriptor =
      retry([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor == -1) fail(directory, "open as a directory");
  const int result = retry([&] { return ::fsync(descriptor); });
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  // Some file systems cannot flush a directory and say so; there is nothing left to do then.
  if (result == -1 && errno != EINVAL && errno != ENOTSUP) fail(directory, "flush to disk");
}

}  // namespace gradus
