#include "data/token_file.h"

#include <bit>
#include <cstring>

#include "data/digest.h"
#include "data/mapped_file.h"
#include "data/text_portion.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "ids are read as they lie in the file");

constexpr std::string_view token_file_magic = "gradus-t";
constexpr uint32_t token_file_version = 1;
constexpr size_t portion_bytes = size_t{16} << 20;

struct TokenFileHeader {
  char magic[8];
  uint32_t version, bits;
  uint64_t count, ids_digest, tokenizer_digest;
};
static_assert(sizeof(TokenFileHeader) == 40);

std::string_view bytes_of_header(const TokenFileHeader& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

// Ids as the file holds them.
std::string packed(const std::vector<int32_t>& ids, uint32_t bits) {
  std::string bytes;
  bytes.reserve(ids.size() * bits / 8);
  for (const int32_t id : ids) {
    const uint32_t number = static_cast<uint32_t>(id);
    bytes.append(reinterpret_cast<const char*>(&number),
                 bits / 8);  // little-endian: low bytes first
  }
  return bytes;
}

template <class Id>
TokenView view_of(std::string_view bytes, std::shared_ptr<const MappedFile> owner) {
  const std::span<const Id> ids(reinterpret_cast<const Id*>(bytes.data()),
                                bytes.size() / sizeof(Id));
  return TokenView(ids, std::move(owner));
}

TokenFileHeader checked_header(std::string_view bytes, const std::string& file) {
  TokenFileHeader header;
  check<FileError>(bytes.starts_with(token_file_magic) && bytes.size() >= sizeof header,
                   "{}: not a token file", file);
  std::memcpy(&header, bytes.data(), sizeof header);
  check<FileError>(header.version == token_file_version,
                   "{}: a token file of version {}, only {} is understood", file, header.version,
                   token_file_version);
  check<FileError>(header.bits == 16 || header.bits == 32,
                   "{}: ids of {} bits, there are 16 and 32", file, header.bits);
  const uint64_t there = bytes.size() - sizeof header, width = header.bits / 8;
  check<FileError>(there % width == 0 && header.count == there / width,
                   "{}: the header promises {} ids of {} bits, but {} bytes follow it", file,
                   header.count, header.bits, there);
  return header;
}

}  // namespace

bool is_token_file(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  const InputFile file(path);
  std::string beginning(std::min<uint64_t>(file.size(), token_file_magic.size()), '\0');
  file.read(0, beginning);
  return beginning == token_file_magic;
}

TokenFile TokenFile::open(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto mapped = std::make_shared<const MappedFile>(path);
  const TokenFileHeader header = checked_header(mapped->bytes(), file);
  const std::string_view ids = mapped->bytes().substr(sizeof header);
  check<FileError>(digest(ids) == header.ids_digest,
                   "{}: the file is damaged: its ids do not have the digest of its header", file);
  return {header.bits == 16 ? view_of<uint16_t>(ids, mapped) : view_of<int32_t>(ids, mapped),
          header.ids_digest, header.tokenizer_digest};
}

// The header comes first in the file and is known last: it is written over its place at the end.
uint64_t write_token_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          std::string_view text) {
  TokenFileHeader header{};
  token_file_magic.copy(header.magic, sizeof header.magic);
  header.version = token_file_version;
  header.bits = tokenizer.vocab_size() <= 65536 ? 16 : 32;
  header.ids_digest = fnv_start;
  header.tokenizer_digest = tokenizer.digest();
  AtomicFile file(path);
  file.write(bytes_of_header(header));
  while (!text.empty()) {
    const std::string_view portion = first_portion(text, portion_bytes);
    const std::vector<int32_t> ids = tokenizer.encode(portion);
    const std::string bytes = packed(ids, header.bits);
    file.write(bytes);
    header.count += ids.size();
    header.ids_digest = digest(bytes, header.ids_digest);
    text.remove_prefix(portion.size());
  }
  file.write_at(0, bytes_of_header(header));
  file.commit();
  return header.count;
}

}  // namespace gradus
