#pragma once
// safetensors, the file format of Hugging Face's models: 8 bytes little-endian N, N bytes of JSON
// that name each tensor's type, shape and place, then the numbers, row-major and little-endian.
// The reader trusts nothing: every rule of the format is checked against the size of the file
// before memory is reserved for anything it declares.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/file.h"
#include "data/stored_type.h"
#include "tensor/errors.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

/// The rule that a file breaks, in the words of the reference implementation.
enum class SafetensorsRule {
  HeaderTooSmall,                // fewer than 8 bytes
  HeaderTooLarge,                // N > 100,000,000
  InvalidHeaderLength,           // N reaches past the end of the file
  InvalidHeader,                 // not UTF-8
  InvalidHeaderDeserialization,  // not JSON, or not the JSON that the format asks for
  InvalidOffset,                 // a hole, an overlap, or an end before its begin
  ValidationOverflow,            // a shape with more bits than can be counted
  MisalignedSlice,               // F4 or F6 elements that do not fill whole bytes
  TensorInvalidInfo,             // type and shape ask for another number of bytes
  MetadataIncompleteBuffer,      // bytes are missing at the end of the file, or left over
  TensorNotFound,                // the file is sound but has no tensor of this name
  UnsupportedType,               // ... or cannot be read as what was asked for
};

std::string_view rule_name(SafetensorsRule rule);

/// A sentence that begins with the file and ends with the rule's name in brackets.
struct SafetensorsError : FileError {
  SafetensorsError(SafetensorsRule broken, const std::string& sentence)
      : FileError(sentence), rule(broken) {}
  SafetensorsRule rule;
};

/// What the header says of one tensor.
struct SafetensorsEntry {
  std::string name;
  StoredType type = StoredType::F32;
  Shape shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the data
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// A safetensors file, open and checked. Only the header is in memory; each call below reads the
/// numbers of one tensor.
class SafetensorsFile {
 public:
  /// Throws SafetensorsError for a broken rule, FileError if the file cannot be read.
  explicit SafetensorsFile(const std::filesystem::path& path, Links links = Links::Follow);

  const std::filesystem::path& path() const { return file_.path(); }
  /// In the order in which the numbers lie in the file.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return index_.contains(name); }
  /// Throws SafetensorsError (TensorNotFound).
  const SafetensorsEntry& entry(const std::string& name) const;
  /// `__metadata__`, empty if there is none.
  const SafetensorsMetadata& metadata() const { return metadata_; }

  /// F32, F64, F16 or BF16, converted to `real`. Throws SafetensorsError (TensorNotFound,
  /// UnsupportedType).
  Tensor tensor(const std::string& name) const;
  /// An integer type or BOOL as ids. Throws FileError naming the first that does not fit 32 bits.
  Tokens tokens(const std::string& name) const;
  /// An integer type or BOOL as numbers. Throws FileError naming the first that `real` cannot hold
  /// exactly.
  Tensor integers_as_tensor(const std::string& name) const;

 private:
  template <class Convert>
  void read_pieces(const SafetensorsEntry& entry, Convert convert) const;
  template <class Out>
  void read_integers(const SafetensorsEntry& entry, int64_t least, int64_t most, Out* out) const;

  InputFile file_;
  uint64_t data_start_ = 0;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, size_t> index_;
  SafetensorsMetadata metadata_;
};

/// What to write. Names must differ from each other, be valid UTF-8 without NUL, and not be
/// `__metadata__`.
struct SafetensorsContents {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::vector<std::pair<std::string, Tokens>> tokens = {};  // as I32
  /// Older versions of transformers insist on the format.
  SafetensorsMetadata metadata = {{"format", "pt"}};
  /// Of the tensors: F32 or F64.
  StoredType type = StoredType::F32;
};

/// Writes the file atomically. Throws ValueError for contents that the format cannot hold,
/// FileError if the file cannot be written.
void write_safetensors(const std::filesystem::path& path, const SafetensorsContents& contents);

/// The first 8 + N bytes of a file with these entries. Sorts them as they must follow each other
/// in the file (wider alignment first, then by name) and sets their offsets.
std::string safetensors_header(std::vector<SafetensorsEntry>& entries,
                               const SafetensorsMetadata& metadata);

}  // namespace gradus
