#include "nn/pretrained/config_reader.h"

#include <nlohmann/json.hpp>

namespace gradus {
namespace {

struct ActivationName {
  Activation activation;
  const char* name;
};
constexpr ActivationName stored_activations[] = {
    {Activation::gelu_tanh, "gelu_new"}, {Activation::gelu, "gelu"},
    {Activation::relu, "relu"},          {Activation::silu, "silu"},
    {Activation::relu_squared, "relu2"}, {Activation::swiglu, "swiglu"},
    {Activation::geglu, "geglu"},        {Activation::geglu_tanh, "geglu_tanh"}};

}  // namespace

std::string name_of(Activation activation) {
  for (const ActivationName& a : stored_activations) {
    if (a.activation == activation) return a.name;
  }
  return "";
}

ConfigReader::ConfigReader(const nlohmann::json& object, std::filesystem::path file)
    : object_(object), file_(std::move(file)) {
  check<FileError>(object.is_object(), "{}: not a JSON object", file_.string());
}

bool ConfigReader::has(const char* key) const {
  return object_.contains(key) && !object_[key].is_null();
}

int64_t ConfigReader::integer(const char* key) const {
  // Above 2^63 a number counts as unsigned only.
  const bool whole =
      object_.contains(key) && object_[key].is_number_integer() &&
      (!object_[key].is_number_unsigned() || object_[key].get<uint64_t>() >> 63 == 0);
  check<FileError>(whole, "{}: '{}' must be a whole number", file_.string(), key);
  return object_[key].get<int64_t>();
}

int64_t ConfigReader::positive(const char* key) const {
  const int64_t found = integer(key);
  check<FileError>(found >= 1, "{}: {} = {} must be at least 1", file_.string(), key, found);
  return found;
}

int64_t ConfigReader::positive(const char* key, const Unsaid& unsaid) const {
  if (!object_.contains(key)) return unsaid.absent;
  return has(key) ? positive(key) : unsaid.null;
}

real ConfigReader::number(const char* key, real absent) const {
  if (!has(key)) return absent;
  check<FileError>(object_[key].is_number(), "{}: '{}' must be a number", file_.string(), key);
  return object_[key].get<real>();
}

bool ConfigReader::flag(const char* key, bool absent) const {
  if (!has(key)) return absent;
  check<FileError>(object_[key].is_boolean(), "{}: '{}' must be true or false", file_.string(),
                   key);
  return object_[key].get<bool>();
}

std::string ConfigReader::word(const char* key, const std::string& absent) const {
  if (!has(key)) return absent;
  check<FileError>(object_[key].is_string(), "{}: '{}' must be a string", file_.string(), key);
  return object_[key].get<std::string>();
}

int32_t ConfigReader::token(const char* key, int32_t absent) const {
  const int64_t id = integer(key, absent);
  check<FileError>(id >= 0 && id < int64_t{1} << 31, "{}: {} {} is no token's id", file_.string(),
                   key, id);
  return static_cast<int32_t>(id);
}

bool ConfigReader::is_second(const char* key, const char* first, const char* second) const {
  const std::string found = word(key, first);
  check<FileError>(found == first || found == second, "{}: unknown {} '{}'", file_.string(), key,
                   found);
  return found == second;
}

void ConfigReader::require(const char* key, bool supported) const {
  check<FileError>(flag(key, supported) == supported, "{}: {} = {} is not supported",
                   file_.string(), key, !supported);
}

void ConfigReader::require(const char* key, int64_t supported) const {
  const int64_t found = integer(key, supported);
  check<FileError>(found == supported, "{}: {} = {} is not supported", file_.string(), key, found);
}

void ConfigReader::require(const char* key, const std::string& supported) const {
  const std::string found = word(key, supported);
  check<FileError>(found == supported, "{}: {} '{}' is not supported", file_.string(), key, found);
}

Activation ConfigReader::activation(const char* key, const std::string& absent) const {
  const std::string wanted = word(key, absent);
  for (const ActivationName& a : stored_activations) {
    if (wanted == a.name) return a.activation;
  }
  throw FileError(fmt::format("{}: unknown {} '{}'", file_.string(), key, wanted));
}

}  // namespace gradus
