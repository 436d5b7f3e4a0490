#include "data/safetensors.h"

#include <algorithm>
#include <limits>

#include "data/safetensors_header.h"

namespace gradus {

namespace {

using Rule = SafetensorsRule;

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, Links links)
    : file_(path, links) {
  SafetensorsHeader header = read_safetensors_header(file_);
  data_start_ = header.data_start;
  metadata_ = std::move(header.metadata);
  entries_ = std::move(header.entries);
  for (size_t i = 0; i < entries_.size(); ++i) index_[entries_[i].name] = i;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> result;
  for (const SafetensorsEntry& entry : entries_) result.push_back(entry.name);
  return result;
}

const SafetensorsEntry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = index_.find(name);
  check_rule(found != index_.end(), Rule::TensorNotFound, path(), "there is no tensor '{}'", name);
  return entries_[found->second];
}

// Reads an entry piece by piece, so that converting a large tensor needs no second one:
// convert(first, bytes) gets the bytes of elements first, first + 1, ...
template <class Convert>
void SafetensorsFile::read_pieces(const SafetensorsEntry& entry, Convert convert) const {
  constexpr uint64_t piece = 64 * 1024;  // a multiple of every element's size
  const uint64_t element = static_cast<uint64_t>(bits_per_element(entry.type)) / 8;
  std::vector<char> buffer(std::min(piece, entry.end - entry.begin));
  for (uint64_t at = entry.begin; at < entry.end; at += piece) {
    const std::span bytes = std::span(buffer).first(std::min(piece, entry.end - at));
    file_.read(data_start_ + at, bytes);
    convert((at - entry.begin) / element, bytes, bytes.size() / element);
  }
}

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const SafetensorsEntry& e = entry(name);
  check_rule(is_float(e.type), Rule::UnsupportedType, path(),
             "tensor '{}' holds {}; only F32, F64, F16 and BF16 can be read as numbers", name,
             type_name(e.type));
  Tensor result(e.shape);
  real* out = result.mutable_data();
  read_pieces(e, [&](size_t first, std::span<const char> bytes, size_t count) {
    to_real(e.type, bytes, std::span(out + first, count));
  });
  return result;
}

template <class Out>
void SafetensorsFile::read_integers(const SafetensorsEntry& entry, int64_t least, int64_t most,
                                    Out* out) const {
  check_rule(is_integer(entry.type), Rule::UnsupportedType, path(),
             "tensor '{}' holds {}; only BOOL and the integer types can be read as integers",
             entry.name, type_name(entry.type));
  if (entry.type == StoredType::BOOL) least = 0, most = 1;
  std::vector<int64_t> integers;
  read_pieces(entry, [&](size_t first, std::span<const char> bytes, size_t count) {
    integers.resize(count);
    to_integer(entry.type, bytes, integers);
    for (size_t i = 0; i < count; ++i) {
      check<FileError>(integers[i] >= least && integers[i] <= most,
                       "{}: tensor '{}': element {} is outside [{}, {}]", path().string(),
                       entry.name, first + i, least, most);
      out[first + i] = static_cast<Out>(integers[i]);
    }
  });
}

Tokens SafetensorsFile::tokens(const std::string& name) const {
  using Limits = std::numeric_limits<int32_t>;
  const SafetensorsEntry& e = entry(name);
  Tokens result(e.shape);
  read_integers(e, Limits::min(), Limits::max(), result.data());
  return result;
}

Tensor SafetensorsFile::integers_as_tensor(const std::string& name) const {
  // A number with d binary digits holds every integer up to 2^d.
  constexpr int64_t most = int64_t{1} << std::numeric_limits<real>::digits;
  const SafetensorsEntry& e = entry(name);
  Tensor result(e.shape);
  read_integers(e, -most, most, result.mutable_data());
  return result;
}

}  // namespace gradus
