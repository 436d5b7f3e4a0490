#include "train/model_kind.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

const char* in_words(ModelKind kind) {
  return kind == ModelKind::gpt    ? "a GPT"
         : kind == ModelKind::bert ? "a BERT"
                                   : "an encoder-decoder";
}

// The settings that only one kind of run has.
std::string command_of_run(const nlohmann::json& settings) {
  if (settings.contains("distillation")) return "distill";
  if (settings.contains("task"))
    return settings["task"] == "pairs" ? "finetune seq2seq" : "pretrain seq2seq";
  return settings.contains("sequence_length") ? "pretrain bert" : "pretrain gpt";
}

}  // namespace

std::optional<ModelKind> model_kind_of(const std::filesystem::path& directory) {
  const std::string type = model_type_of(directory);
  if (is_bert(type)) return ModelKind::bert;
  if (is_encoder_decoder(type)) return ModelKind::encoder_decoder;
  const bool gpt = type == "gpt2" || type == "gradus-gpt" || type == "llama" || type == "mistral";
  return gpt ? std::optional(ModelKind::gpt) : std::nullopt;
}

void check_model_kind(const std::string& command, const std::filesystem::path& directory,
                      const std::vector<ModelKind>& kinds) {
  const std::optional<ModelKind> kind = model_kind_of(directory);
  if (!kind || std::ranges::count(kinds, *kind) > 0) return;
  std::vector<std::string> wanted;
  for (const ModelKind one : kinds) wanted.emplace_back(in_words(one));
  throw FileError(fmt::format("{}: {} holds {}, and {} is needed", command, directory.string(),
                              in_words(*kind), fmt::join(wanted, " or ")));
}

void check_command_of_run(const std::string& command, const nlohmann::json& settings,
                          const std::filesystem::path& folder) {
  if (!settings.is_object()) return;
  const std::string own = command_of_run(settings);
  check<FileError>(own == command, "{}: this run goes on with gradus {} --resume", folder.string(),
                   own);
}

}  // namespace gradus
