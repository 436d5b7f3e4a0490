#include "data/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "data/digest.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;
using testing::slurp;

namespace {

size_t files_in(const std::filesystem::path& folder) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.exists();
  return count;
}

// While it lives, no file can grow beyond `bytes`: writing more is cut short, then fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit = {bytes, previous_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit previous_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("file: what was written atomically is read back, NUL bytes included") {
  const testing::TemporaryFolder folder;
  const std::string contents("a\0b\n\xff", 5);
  write_file_atomically(folder.path() / "f", contents);
  CHECK(read_file(folder.path() / "f") == contents);
  write_file_atomically(folder.path() / "f", "");
  CHECK(read_file(folder.path() / "f").empty());
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("file: missing, directory, pipe and device each give one sentence that names the path") {
  const testing::TemporaryFolder folder;
  const std::string missing = (folder.path() / "none").string();
  CHECK(sentence_of<FileError>([&] { read_file(missing); }) ==
        missing + ": cannot open for reading: No such file or directory");
  CHECK(sentence_of<FileError>([&] { read_file(folder.path()); }) ==
        folder.path().string() + ": is a directory, a regular file is needed");
  const std::string pipe = (folder.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(contains(sentence_of<FileError>([&] { read_file(pipe); }), "is a pipe"));
  CHECK(contains(sentence_of<FileError>([&] { read_file("/dev/zero"); }), "is a device"));
}

TEST_CASE("file: an unreadable file says so") {
  if (::geteuid() == 0) {
    MESSAGE("skipped: root may read everything");
    return;
  }
  const testing::TemporaryFolder folder;
  const std::filesystem::path secret = folder.file("secret", "x");
  ::chmod(secret.c_str(), 0);
  CHECK(contains(sentence_of<FileError>([&] { read_file(secret); }), "Permission denied"));
}

TEST_CASE("file: links are followed unless they are refused") {
  const testing::TemporaryFolder folder;
  std::filesystem::create_symlink(folder.file("f", "abc"), folder.path() / "link");
  CHECK(read_file(folder.path() / "link") == "abc");
  const auto open = [&] { InputFile(folder.path() / "link", Links::Refuse); };
  CHECK(contains(sentence_of<FileError>(open), "is a symbolic link"));
}

TEST_CASE("file: parts are read by offset, and a file that has shrunk is noticed") {
  const testing::TemporaryFolder folder;
  const InputFile file(folder.file("f", "0123456789"));
  CHECK(file.size() == 10);
  std::string part(3, ' ');
  file.read(4, part);
  CHECK(part == "456");
  std::filesystem::resize_file(file.path(), 5);
  CHECK(contains(sentence_of<FileError>([&] { file.read(4, part); }), "ends at byte 5"));
}

TEST_CASE("file: a file that is not committed leaves the old one and no rubbish") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.file("f", "old");
  {
    AtomicFile file(path);
    file.write("new");
    CHECK(slurp(path) == "old");
  }
  CHECK(slurp(path) == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("file: a write that the system cuts short is an error and keeps the old file") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.file("f", "old");
  std::string sentence;
  {
    const FileSizeLimit limit(1000);
    sentence = sentence_of<FileError>([&] { write_file_atomically(path, std::string(5000, 'x')); });
  }
  CHECK(sentence == path.string() + ": cannot write: File too large");
  CHECK(slurp(path) == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("file: a missing folder and a folder in the place of the file are errors") {
  const testing::TemporaryFolder folder;
  const auto write = [&] { write_file_atomically(folder.path() / "missing" / "f", "x"); };
  CHECK(contains(sentence_of<FileError>(write), "cannot open for writing"));
  std::filesystem::create_directory(folder.path() / "d");
  const auto replace = [&] { write_file_atomically(folder.path() / "d", "x"); };
  CHECK(contains(sentence_of<FileError>(replace), "cannot rename into place"));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("digest: FNV-1a gives its published values") {
  CHECK(digest(std::string_view("")) == 0xcbf29ce484222325u);
  CHECK(digest(std::string_view("a")) == 0xaf63dc4c8601ec8cu);
  CHECK(digest(std::string_view("foobar")) == 0x85944171f73967e8u);
}

TEST_CASE("digest: goes on from a first piece, and reads ids as four little-endian bytes") {
  CHECK(digest(std::string_view("bar"), digest(std::string_view("foo"))) == 0x85944171f73967e8u);
  const std::vector<int32_t> ids = {0x64636261, -2};
  CHECK(digest(ids) == digest(std::string_view("abcd\xfe\xff\xff\xff")));
}
