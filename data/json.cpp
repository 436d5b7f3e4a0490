#include "data/json.h"

#include <new>
#include <nlohmann/json.hpp>
#include <vector>

#include "data/file.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;

// At most `longest` bytes of valid UTF-8.
std::string shorten(std::string text, size_t longest) {
  if (text.size() <= longest) return text;
  text.resize(longest);
  text.resize(find_invalid_utf8(text).value_or(longest));
  return text + "...";
}

// nlohmann's messages begin with "[json.exception.parse_error.101] " and may quote a token of any
// length.
std::string clean_message(std::string message) {
  const size_t bracket = message.find("] ");
  if (message.starts_with("[") && bracket != message.npos) message.erase(0, bracket + 2);
  return shorten(message, 200);
}

// Receives the events of nlohmann's sax_parse and builds the document from them. The library's own
// builder keeps the last of two equal keys and follows any depth of nesting.
class StrictBuilder {
 public:
  StrictBuilder(json& document, const std::string& source) : document_(document), source_(source) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const json::string_t&) { return add(value); }
  bool string(json::string_t& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(size_t) { return open(json::object()); }
  bool start_array(size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(json::string_t& name) {
    check<FileError>(!open_.back()->contains(name), "{}: JSON object repeats the key {}", source_,
                     excerpt(name));
    key_ = std::move(name);
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    throw FileError(fmt::format("{}: {}", source_, clean_message(error.what())));
  }

 private:
  // Puts a value where the document is being built and returns its place.
  json* place(json value) {
    if (open_.empty()) return &(document_ = std::move(value));
    json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool add(json value) { return place(std::move(value)) != nullptr; }

  bool open(json container) {
    check<FileError>(open_.size() < max_json_depth, "{}: JSON nests deeper than {} levels", source_,
                     max_json_depth);
    open_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json& document_;
  const std::string& source_;
  std::vector<json*> open_;  // the containers around the current place; parents do not move while
                             // a child is open
  std::string key_;
};

}  // namespace

json parse_json(std::string_view text, const std::string& source) {
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check<FileError>(!bad, "{}: JSON is not valid UTF-8 at byte {}", source, bad.value_or(0));
  check<FileError>(!text.starts_with("\xef\xbb\xbf"), "{}: JSON begins with a byte-order mark",
                   source);
  // The parser takes NUL for the end of the text and would ignore whatever follows.
  const size_t nul = text.find('\0');
  check<FileError>(nul == text.npos, "{}: JSON holds a NUL byte at byte {}", source, nul);
  try {
    json document;
    StrictBuilder builder(document, source);
    json::sax_parse(text, &builder);  // strict: text after the document is an error
    return document;
  } catch (const std::bad_alloc&) {
    throw MemoryError(fmt::format("{}: no memory left for {} bytes of JSON", source, text.size()));
  }
}

json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

std::string excerpt(const json& value) { return shorten(value.dump(), 100); }

}  // namespace gradus
