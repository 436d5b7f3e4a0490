#include "data/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/json.h"
#include "data/utf8.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;
using Rule = SafetensorsRule;

constexpr uint64_t length_bytes = 8;
constexpr uint64_t largest_header = 100'000'000;

// The header's text, after the checks that need no parsing.
std::string read_header_text(const InputFile& file) {
  check_rule(file.size() >= length_bytes, Rule::HeaderTooSmall, file.path(),
             "{} bytes are fewer than the 8 that every safetensors file begins with", file.size());
  uint64_t length = 0;
  file.read(0, std::span(reinterpret_cast<char*>(&length), sizeof length));
  check_rule(length <= largest_header, Rule::HeaderTooLarge, file.path(),
             "declares a header of {} bytes, at most {} are allowed", length, largest_header);
  check_rule(length <= file.size() - length_bytes, Rule::InvalidHeaderLength, file.path(),
             "declares a header of {} bytes, but only {} follow", length,
             file.size() - length_bytes);
  std::string text(length, '\0');
  file.read(length_bytes, text);
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check_rule(!bad, Rule::InvalidHeader, file.path(), "the header is not valid UTF-8 at byte {}",
             bad.value_or(0));
  return text;
}

// Turns the header's JSON into entries; whether they make sense together is checked later.
class HeaderParser {
 public:
  explicit HeaderParser(const path& file) : file_(file) {}

  json document(const std::string& text) const {
    json header;
    try {
      header = parse_json(text, "header");
    } catch (const FileError& error) {
      expect(false, "{}", error.what());
    }
    expect(header.is_object(), "the header must be a JSON object, it is {}", header.type_name());
    return header;
  }

  SafetensorsMetadata metadata(const json& value) const {
    expect(value.is_object(), "__metadata__ must be an object, it is {}", value.type_name());
    SafetensorsMetadata result;
    for (const auto& [key, text] : value.items()) {
      expect(text.is_string(), "__metadata__ {} must be a string, it is {}", excerpt(key),
             text.type_name());
      result[key] = text.get<std::string>();
    }
    return result;
  }

  SafetensorsEntry entry(const std::string& name, const json& value) const {
    const std::string quoted = excerpt(name);
    expect(name.find('\0') == name.npos, "the tensor name {} holds a NUL", quoted);
    expect(value.is_object(), "tensor {} must be an object, it is {}", quoted, value.type_name());
    for (const auto& [key, unused] : value.items()) {
      expect(key == "dtype" || key == "shape" || key == "data_offsets",
             "tensor {} has the unknown field {}", quoted, excerpt(key));
    }
    expect(value.size() == 3, "tensor {} must have dtype, shape and data_offsets", quoted);

    const json& dtype = value["dtype"];
    const std::optional<StoredType> type =
        dtype.is_string() ? find_type(dtype.get_ref<const std::string&>()) : std::nullopt;
    expect(type.has_value(), "tensor {} has the unknown dtype {}", quoted, excerpt(dtype));
    const std::vector<uint64_t> sizes = numbers(value["shape"], quoted, "shape");
    expect(sizes.size() <= Shape::max_rank, "tensor {} has {} dimensions, at most {} are possible",
           quoted, sizes.size(), Shape::max_rank);
    const std::vector<uint64_t> offsets = numbers(value["data_offsets"], quoted, "data_offsets");
    expect(offsets.size() == 2, "tensor {} has {} data_offsets instead of 2", quoted,
           offsets.size());
    // Sizes of 2^63 and more turn negative here; count_bits finds them.
    const std::vector<int64_t> shape(sizes.begin(), sizes.end());
    return {name, *type, Shape(shape), offsets[0], offsets[1]};
  }

 private:
  template <class... Args>
  void expect(bool ok, fmt::format_string<Args...> sentence, Args&&... args) const {
    check_rule(ok, Rule::InvalidHeaderDeserialization, file_, sentence,
               std::forward<Args>(args)...);
  }

  // Integers in [0, 2^64); the JSON parser makes every other number signed or floating.
  std::vector<uint64_t> numbers(const json& array, const std::string& tensor,
                                const char* field) const {
    expect(array.is_array(), "tensor {}: {} must be an array, it is {}", tensor, field,
           array.type_name());
    std::vector<uint64_t> result;
    for (const json& number : array) {
      expect(number.is_number_unsigned(),
             "tensor {}: {} may hold integers from 0 to 2^64 - 1, not {}", tensor, field,
             excerpt(number));
      result.push_back(number.get<uint64_t>());
    }
    return result;
  }

  const path& file_;
};

// Bits of the whole tensor, if 63 bits can count them. A size of 0 counts as 1 while the product is
// checked, so that the strides of an empty tensor can be counted too.
std::optional<int64_t> count_bits(const SafetensorsEntry& entry) {
  int64_t product = bits_per_element(entry.type);
  bool empty = false;
  for (const int64_t size : entry.shape) {
    if (size < 0) return {};
    empty = empty || size == 0;
    if (__builtin_mul_overflow(product, std::max<int64_t>(size, 1), &product)) return {};
  }
  return empty ? 0 : product;
}

// Entries, sorted by their place, must tile the data without hole or overlap, and each must have
// as many bytes as its type and shape ask for.
void check_layout(const path& file, const std::vector<SafetensorsEntry>& entries,
                  uint64_t data_bytes) {
  uint64_t previous_end = 0;
  for (const SafetensorsEntry& entry : entries) {
    const std::string name = excerpt(entry.name);
    check_rule(entry.begin == previous_end && entry.end >= entry.begin, Rule::InvalidOffset, file,
               "tensor {} lies at bytes [{}, {}), it must begin at {} and not end before", name,
               entry.begin, entry.end, previous_end);
    previous_end = entry.end;
    const std::optional<int64_t> bits = count_bits(entry);
    check_rule(bits.has_value(), Rule::ValidationOverflow, file,
               "tensor {} declares a shape with more bits than can be counted", name);
    check_rule(*bits % 8 == 0, Rule::MisalignedSlice, file,
               "tensor {} of shape {} and type {} does not fill whole bytes", name, entry.shape,
               type_name(entry.type));
    check_rule(entry.end - entry.begin == static_cast<uint64_t>(*bits) / 8, Rule::TensorInvalidInfo,
               file, "tensor {} of shape {} and type {} needs {} bytes, its offsets give {}", name,
               entry.shape, type_name(entry.type), *bits / 8, entry.end - entry.begin);
  }
  check_rule(previous_end == data_bytes, Rule::MetadataIncompleteBuffer, file,
             "its tensors need {} bytes of data, the file has {}", previous_end, data_bytes);
}

}  // namespace

std::string_view rule_name(SafetensorsRule rule) {
  constexpr std::string_view names[] = {"HeaderTooSmall",
                                        "HeaderTooLarge",
                                        "InvalidHeaderLength",
                                        "InvalidHeader",
                                        "InvalidHeaderDeserialization",
                                        "InvalidOffset",
                                        "ValidationOverflow",
                                        "MisalignedSlice",
                                        "TensorInvalidInfo",
                                        "MetadataIncompleteBuffer",
                                        "TensorNotFound",
                                        "UnsupportedType"};
  return names[static_cast<size_t>(rule)];
}

SafetensorsHeader read_safetensors_header(const InputFile& file) {
  const std::string text = read_header_text(file);
  const HeaderParser parser(file.path());
  const json document = parser.document(text);
  SafetensorsHeader header;
  header.data_start = length_bytes + text.size();
  for (const auto& [name, value] : document.items()) {
    if (name == "__metadata__") {
      header.metadata = parser.metadata(value);
    } else {
      header.entries.push_back(parser.entry(name, value));
    }
  }
  const auto place = [](const SafetensorsEntry& e) { return std::pair(e.begin, e.end); };
  std::ranges::stable_sort(header.entries, {}, place);
  check_layout(file.path(), header.entries, file.size() - header.data_start);
  return header;
}

}  // namespace gradus
