#include "nn/pretrained/gpt.h"

#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt2.h"
#include "nn/pretrained/llama.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

bool is_llama_folder(const std::filesystem::path& directory) {
  const std::string type = model_type_of(directory);
  const bool llama = type == "llama" || type == "mistral";
  check<FileError>(llama || type == "gpt2" || type == "gradus-gpt",
                   "{}: model_type '{}' is no GPT's: gpt2, gradus-gpt, llama, mistral",
                   (directory / "config.json").string(), type);
  return llama;
}

}  // namespace

GPT load_gpt(const std::filesystem::path& directory) {
  return is_llama_folder(directory) ? load_llama(directory) : load_gpt2(directory);
}

GPTConfig load_gpt_config(const std::filesystem::path& directory) {
  return is_llama_folder(directory) ? load_llama_config(directory) : load_gpt2_config(directory);
}

}  // namespace gradus
