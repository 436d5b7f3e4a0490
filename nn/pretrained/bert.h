#pragma once
// BERT as Hugging Face stores it: config.json and model.safetensors in one folder. BertModel,
// BertForPreTraining, BertForMaskedLM and the task heads share one table of names.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "nn/bert.h"
#include "nn/pretrained/stored_weights.h"

namespace gradus {

/// Writes config.json and model.safetensors: BertForPreTraining, or BertForMaskedLM for a model
/// that does not predict next sentences. Throws FileError.
void save_bert(const BERTForPreTraining& model, const std::filesystem::path& directory);
/// Writes config.json alone.
void save_bert_config(const BERTConfig& config, bool next_sentence,
                      const std::filesystem::path& directory);

/// Reads the same, from gradus or from Hugging Face. Throws FileError that lists every missing,
/// unexpected or misshapen tensor at once (the first hundred of them).
BERTForPreTraining load_bert(const std::filesystem::path& directory);
BERTConfig load_bert_config(const std::filesystem::path& directory);
/// Copies the weights of a folder into an existing model, under the same rules.
void load_bert_weights(BERTForPreTraining& model, const std::filesystem::path& directory);

/// The encoder of any BERT directory, whatever heads lie beside it.
BERT load_bert_encoder(const std::filesystem::path& directory);

/// Whether a directory holds a head for the next sentence. Throws FileError.
bool predicts_next_sentence(const std::filesystem::path& directory);

/// What a directory's config.json says it holds: "bert" (is_bert), "gpt2", ... Throws FileError.
std::string model_type_of(const std::filesystem::path& directory);

/// Whether a model_type is BERT's, with its own settings or with others that gradus has.
bool is_bert(const std::string& model_type);
/// The names of all layers in Hugging Face's files, for a model whose encoder is `bert`.
WeightLayout bert_layout(const BERTConfig& config);
/// A config.json without "architectures", and back. Throws FileError naming `file`.
nlohmann::json bert_config_to_json(const BERTConfig& config);
BERTConfig bert_config_from_json(const nlohmann::json& object, const std::filesystem::path& file);

}  // namespace gradus
