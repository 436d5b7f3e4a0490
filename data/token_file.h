#pragma once
// A file of token ids, for texts that do not fit into memory: written piece by piece, read by
// mapping it. All numbers are little-endian.
//
//   bytes 0-7    "gradus-t"
//   8-11         version: 1
//   12-15        bits per id: 16 for vocabularies of up to 65,536 tokens, else 32
//   16-23        number of ids
//   24-31        digest of the ids (digest.h)
//   32-39        digest of the tokenizer that made them (tokenizer.h)
//   40-          the ids

#include <filesystem>
#include <string>

#include "data/file.h"
#include "data/token_view.h"
#include "data/tokenizer.h"

namespace gradus {

struct TokenFile {
  TokenView ids;
  uint64_t ids_digest = 0;
  uint64_t tokenizer_digest = 0;

  /// Maps the file and checks all of it once: header, size, digest. Throws FileError.
  static TokenFile open(const std::filesystem::path& path);
};

/// Whether a file begins as a token file does; false if there is none.
bool is_token_file(const std::filesystem::path& path);

/// Encodes `text` by portions into a token file that appears when it is complete. Returns the
/// number of ids. Throws ValueError for a text that the tokenizer cannot express and FileError.
uint64_t write_token_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          std::string_view text);

}  // namespace gradus
