#pragma once
// Typed values out of a config.json, with errors that name file and key.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "nn/names.h"
#include "tensor/errors.h"

namespace gradus {

class ConfigReader {
 public:
  /// Throws FileError unless `object`, which must outlive the reader, is a JSON object.
  ConfigReader(const nlohmann::json& object, std::filesystem::path file);

  /// Whether the key is there, and not null.
  bool has(const char* key) const;
  int64_t integer(const char* key) const;
  int64_t integer(const char* key, int64_t absent) const {
    return has(key) ? integer(key) : absent;
  }
  /// What a config means by a key that is absent, and by one that is null.
  struct Unsaid {
    int64_t absent, null;
  };
  /// A number of at least 1: a size of 0 is none, and must not pass for a default of ours.
  int64_t positive(const char* key) const;
  int64_t positive(const char* key, const Unsaid& unsaid) const;
  real number(const char* key, real absent) const;
  bool flag(const char* key, bool absent) const;
  std::string word(const char* key, const std::string& absent) const;
  /// A token's id, or `absent`. Throws FileError for a number that no id can be.
  int32_t token(const char* key, int32_t absent) const;
  /// Whether the word is `second`; it may also be `first`, which is what absence means.
  bool is_second(const char* key, const char* first, const char* second) const;
  /// The value that the word names in a table (nn/names.h).
  template <class Switch, size_t N>
  Switch choice(const char* key, const Named<Switch> (&names)[N], Switch absent) const {
    const std::string wanted = word(key, name_in(names, absent));
    for (const auto& [name, value] : names) {
      if (wanted == name) return value;
    }
    throw FileError(fmt::format("{}: unknown {} '{}'", file_.string(), key, wanted));
  }
  /// Throws unless the flag has the one value that is supported, which is what absence means.
  void require(const char* key, bool supported) const;
  /// Throws unless the word is the one that is supported, which is what absence means.
  void require(const char* key, const std::string& supported) const;
  /// Throws unless the number is the one that is supported, which is what absence means.
  void require(const char* key, int64_t supported) const;
  /// The config itself. Throws what its checked() finds, with the file's name.
  template <class Config>
  Config sound(const Config& config) const {
    try {
      return config.checked();
    } catch (const ValueError& error) {
      throw FileError(fmt::format("{}: {}", file_.string(), error.what()));
    }
  }
  Activation activation(const char* key, const std::string& absent) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  const nlohmann::json& object_;
  std::filesystem::path file_;
};

/// Hugging Face's name: gelu_new, gelu, relu, silu or relu2; ours for what it does not have.
std::string name_of(Activation activation);

}  // namespace gradus
