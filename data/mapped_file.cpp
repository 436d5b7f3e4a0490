#include "data/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "data/file.h"
#include "tensor/errors.h"

namespace gradus {

// The mapping outlives the descriptor.
MappedFile::MappedFile(const std::filesystem::path& path) {
  const InputFile file(path);
  if (file.size() == 0) return;  // nothing cannot be mapped
  void* memory = ::mmap(nullptr, file.size(), PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  check<FileError>(memory != MAP_FAILED, "{}: cannot map its {} bytes: {}", path.string(),
                   file.size(), std::strerror(errno));
  bytes_ = {static_cast<const char*>(memory), file.size()};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace gradus
