#pragma once
// Fine-tuned models as Hugging Face stores them: BertForSequenceClassification,
// BertForTokenClassification, BertForQuestionAnswering, GPT2ForSequenceClassification. A head on
// the mean of all tokens is gradus's own: it stands under another name, and Hugging Face finds
// none.

#include <filesystem>

#include "nn/task_model.h"

namespace gradus {

/// Writes config.json and model.safetensors. Throws FileError.
void save_task_model(const TaskModel& model, const std::filesystem::path& directory);
/// Reads the same, from gradus or from Hugging Face. Throws FileError that lists everything that
/// does not fit.
TaskModel load_task_model(const std::filesystem::path& directory);
/// Whether a folder holds a fine-tuned model rather than a pre-trained one.
bool is_task_model(const std::filesystem::path& directory);

/// The shape of the pre-trained (or fine-tuned) model in a folder.
BackboneConfig load_backbone_config(const std::filesystem::path& directory);
/// Gives the model the encoder's (or the GPT's) weights of a folder, and its pooler's if there is
/// one; its head stays as it is. Throws FileError.
void load_backbone_weights(TaskModel& model, const std::filesystem::path& directory);

}  // namespace gradus
