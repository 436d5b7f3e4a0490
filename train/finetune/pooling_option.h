#pragma once
// --pooling, of all commands that fine-tune texts.

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "nn/task_model.h"

namespace gradus {

inline CLI::Option* add_pooling(CLI::App& command, Pooling& pooling) {
  const std::map<std::string, Pooling> poolings{{"token", Pooling::token}, {"mean", Pooling::mean}};
  return command
      .add_option("--pooling", pooling,
                  "What the linear layer reads: token ([CLS] under its pooler; a GPT's last token) "
                  "or mean, of all tokens")
      ->transform(CLI::CheckedTransformer(poolings).description(""));
}

}  // namespace gradus
