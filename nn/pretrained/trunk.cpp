#include "nn/pretrained/trunk.h"

#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt.h"
#include "nn/pretrained/task_model.h"

namespace gradus {

Trunk load_trunk(const std::filesystem::path& directory) {
  if (model_type_of(directory) == "bert") return load_bert_encoder(directory);
  if (is_task_model(directory)) return *std::move(load_task_model(directory).gpt);
  return load_gpt(directory);
}

}  // namespace gradus
