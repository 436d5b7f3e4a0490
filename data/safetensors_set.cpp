#include "data/safetensors_set.h"

#include <nlohmann/json.hpp>

#include "data/json.h"
#include "data/safetensors_header.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

// A name that stays in its folder whatever it is appended to.
bool is_bare(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

// The index's weight_map: tensor -> file name.
std::map<std::string, std::string> read_weight_map(const path& index) {
  const json document = read_json(index);
  const bool has_map = document.is_object() && document.contains("weight_map") &&
                       document["weight_map"].is_object() && !document["weight_map"].empty();
  check<FileError>(has_map, "{}: must be an object with a non-empty object weight_map",
                   index.string());
  std::map<std::string, std::string> result;
  for (const auto& [tensor, file] : document["weight_map"].items()) {
    const bool bare = file.is_string() && is_bare(file.get<std::string>());
    check<FileError>(bare, "{}: weight_map sends {} to {}, which is not a bare file name",
                     index.string(), excerpt(tensor), excerpt(file));
    result[tensor] = file.get<std::string>();
  }
  return result;
}

path file_in(const path& folder) {
  if (std::filesystem::exists(folder / single_name)) return folder / single_name;
  check<FileError>(std::filesystem::exists(folder / index_name),
                   "{}: the folder has neither {} nor {}", folder.string(), single_name,
                   index_name);
  return folder / index_name;
}

}  // namespace

SafetensorsSet::SafetensorsSet(const path& path) : path_(path) {
  std::error_code none;  // what does not exist is no directory; opening it says so
  if (std::filesystem::is_directory(path, none)) path_ = file_in(path);
  if (path_.extension() == ".json") {
    open_shards();
  } else {
    add_file(SafetensorsFile(path_));
  }
}

// Index and files must agree on who holds what, in both directions.
void SafetensorsSet::open_shards() {
  const std::map<std::string, std::string> weight_map = read_weight_map(path_);
  std::map<std::string, size_t> opened;
  for (const auto& [tensor, name] : weight_map) {
    if (opened.contains(name)) continue;
    opened[name] = files_.size();
    add_file(SafetensorsFile(path_.parent_path() / name, Links::Refuse));
  }
  for (const auto& [tensor, name] : weight_map) {
    const auto holder = holder_.find(tensor);
    check<FileError>(holder != holder_.end() && holder->second == opened[name],
                     "{}: weight_map sends '{}' to {}, which does not hold it", path_.string(),
                     tensor, name);
  }
  for (const auto& [tensor, file] : holder_) {
    check<FileError>(weight_map.contains(tensor), "{}: weight_map does not name '{}', held by {}",
                     path_.string(), tensor, files_[file].path().filename().string());
  }
}

void SafetensorsSet::add_file(SafetensorsFile file) {
  for (const SafetensorsEntry& entry : file.entries()) {
    const auto [holder, fresh] = holder_.try_emplace(entry.name, files_.size());
    check<FileError>(fresh, "{}: two files hold a tensor '{}'", path_.string(), entry.name);
  }
  files_.push_back(std::move(file));
}

std::vector<std::string> SafetensorsSet::names() const {
  std::vector<std::string> result;
  for (const auto& [name, file] : holder_) result.push_back(name);
  return result;
}

const SafetensorsFile& SafetensorsSet::file_of(const std::string& name) const {
  const auto holder = holder_.find(name);
  check_rule(holder != holder_.end(), SafetensorsRule::TensorNotFound, path_,
             "there is no tensor '{}'", name);
  return files_[holder->second];
}

}  // namespace gradus
