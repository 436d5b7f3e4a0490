#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/safetensors.h"
#include "data/utf8.h"
#include "tensor/map.h"

namespace gradus {
namespace {

using nlohmann::json;

void check_names(const std::vector<SafetensorsEntry>& entries,
                 const SafetensorsMetadata& metadata) {
  std::set<std::string> seen;
  for (const SafetensorsEntry& entry : entries) {
    check_utf8("safetensors: tensor name", entry.name);
    check_value(entry.name.find('\0') == entry.name.npos,
                "safetensors: the tensor name '{}' holds a NUL", entry.name.c_str());
    check_value(entry.name != "__metadata__",
                "safetensors: __metadata__ cannot be the name of a tensor");
    check_value(seen.insert(entry.name).second, "safetensors: two tensors are called '{}'",
                entry.name);
  }
  for (const auto& [key, text] : metadata) {
    check_utf8("safetensors: metadata key", key);
    check_utf8("safetensors: metadata value", text);
  }
}

std::string entry_json(const SafetensorsEntry& e) {
  return fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                     json(e.name).dump(), type_name(e.type),
                     fmt::join(e.shape.begin(), e.shape.end(), ","), e.begin, e.end);
}

std::string_view as_bytes(const void* data, size_t bytes) {
  return {static_cast<const char*>(data), bytes};
}

template <class Stored>
void write_numbers(AtomicFile& file, const Tensor& tensor) {
  const Tensor x = dense(tensor);
  const size_t count = static_cast<size_t>(x.numel());
  if (std::is_same_v<Stored, real>) return file.write(as_bytes(x.data(), count * sizeof(real)));
  constexpr size_t piece = 16384;
  std::vector<Stored> buffer;
  for (size_t i = 0; i < count; i += piece) {
    const real* first = x.data() + i;
    buffer.assign(first, first + std::min(piece, count - i));
    file.write(as_bytes(buffer.data(), buffer.size() * sizeof(Stored)));
  }
}

std::vector<SafetensorsEntry> entries_of(const SafetensorsContents& contents) {
  check_value(contents.type == StoredType::F32 || contents.type == StoredType::F64,
              "safetensors: tensors are written as F32 or F64, not {}", type_name(contents.type));
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, tensor] : contents.tensors) {
    check_value(tensor.defined() && !tensor.is_meta(),
                "safetensors: tensor '{}' has no data to write", name);
    entries.push_back({.name = name, .type = contents.type, .shape = tensor.shape()});
  }
  for (const auto& [name, tokens] : contents.tokens) {
    entries.push_back({.name = name, .type = StoredType::I32, .shape = tokens.shape});
  }
  return entries;
}

}  // namespace

std::string safetensors_header(std::vector<SafetensorsEntry>& entries,
                               const SafetensorsMetadata& metadata) {
  check_names(entries, metadata);
  std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return a.type != b.type ? a.type > b.type : a.name < b.name;
  });
  uint64_t end = 0;
  std::vector<std::string> fields;
  if (!metadata.empty()) fields.push_back("\"__metadata__\":" + json(metadata).dump());
  for (SafetensorsEntry& entry : entries) {
    const uint64_t bits = static_cast<uint64_t>(entry.shape.numel() * bits_per_element(entry.type));
    entry.begin = end;
    entry.end = end += bits / 8;
    fields.push_back(entry_json(entry));
  }
  std::string text = fmt::format("{{{}}}", fmt::join(fields, ","));
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  return std::string(as_bytes(&length, sizeof length)) + text;
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsContents& contents) {
  std::vector<SafetensorsEntry> entries = entries_of(contents);
  const std::string header = safetensors_header(entries, contents.metadata);
  std::map<std::string_view, const Tensor*> tensors;
  std::map<std::string_view, const Tokens*> tokens;
  for (const auto& [name, tensor] : contents.tensors) tensors[name] = &tensor;
  for (const auto& [name, ids] : contents.tokens) tokens[name] = &ids;

  AtomicFile file(path);
  file.write(header);
  for (const SafetensorsEntry& entry : entries) {
    if (entry.type == StoredType::I32) {
      const Tokens& ids = *tokens.at(entry.name);
      file.write(as_bytes(ids.data(), ids.ids.size() * sizeof(int32_t)));
    } else if (entry.type == StoredType::F32) {
      write_numbers<float>(file, *tensors.at(entry.name));
    } else {
      write_numbers<double>(file, *tensors.at(entry.name));
    }
  }
  file.commit();
}

}  // namespace gradus
