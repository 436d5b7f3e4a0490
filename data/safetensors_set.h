#pragma once
// One or more safetensors files read as one: large models are cut into shards, and an index
// (`model.safetensors.index.json`) says which file holds which tensor.

#include "data/safetensors.h"

namespace gradus {

class SafetensorsSet {
 public:
  /// A .safetensors file, an index (.json), or a folder that holds `model.safetensors` or
  /// `model.safetensors.index.json`. An index may name only files that stand beside it: no path,
  /// no link, nothing but regular files; and it must name exactly the tensors they hold.
  /// Throws FileError.
  explicit SafetensorsSet(const std::filesystem::path& path);

  /// Of all files, in ascending order.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return holder_.contains(name); }
  /// The file that holds a tensor. Throws SafetensorsError (TensorNotFound).
  const SafetensorsFile& file_of(const std::string& name) const;
  const std::vector<SafetensorsFile>& files() const { return files_; }

  const SafetensorsEntry& entry(const std::string& name) const { return file_of(name).entry(name); }
  Tensor tensor(const std::string& name) const { return file_of(name).tensor(name); }
  Tokens tokens(const std::string& name) const { return file_of(name).tokens(name); }

 private:
  void open_shards();
  void add_file(SafetensorsFile file);

  std::filesystem::path path_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, size_t> holder_;  // tensor -> index into files_
};

}  // namespace gradus
