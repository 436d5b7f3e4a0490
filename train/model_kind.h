#pragma once
// Which kind of model a folder holds, and which command goes on with the run in it: what to say to
// somebody who has given another.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace gradus {

enum class ModelKind { gpt, bert, encoder_decoder };

/// By the model_type of config.json; nothing for one that gradus does not know. Throws FileError if
/// there is no such file.
std::optional<ModelKind> model_kind_of(const std::filesystem::path& directory);

/// Throws FileError for a model of a kind that is known and that `command` has no use for.
void check_model_kind(const std::string& command, const std::filesystem::path& directory,
                      const std::vector<ModelKind>& kinds);

/// Throws FileError if the run with these settings is not one that `command` makes, such as
/// "pretrain gpt".
void check_command_of_run(const std::string& command, const nlohmann::json& settings,
                          const std::filesystem::path& folder);

}  // namespace gradus
