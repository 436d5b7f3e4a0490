#pragma once
// The subcommands of `gradus`, one source file each. Each function adds its options to the program;
// what it is asked to do happens when the command line has been read.

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "tensor/errors.h"

namespace gradus {

/// Exit codes: 0 done, 1 the work failed, 2 the command line was wrong, 130 / 143 stopped by a
/// signal after saving.
inline constexpr int usage_error = 2;

/// Throws this to end the program with a code of its own.
struct Exit {
  int code;
};

/// Calls `read`, whose ValueError is then a mistake on the command line: a value outside its range.
template <class F>
void or_usage_error(const std::string& command, F read) {
  try {
    read();
  } catch (const ValueError& error) {
    throw CLI::ValidationError(command, error.what());
  }
}

/// Checks that an option is a number within limits.
struct Between : CLI::Validator {
  template <class T>
  Between(T least, T most) : CLI::Validator(fmt::format("{} to {}", least, most)) {
    func_ = [=](const std::string& text) {
      T x{};
      const bool is_number = CLI::detail::lexical_cast(text, x);
      if (is_number && least <= x && x <= most) return std::string();
      return fmt::format("{} is not a number from {} to {}", text, least, most);
    };
  }
};

void add_demo(CLI::App& program);
void add_pretrain(CLI::App& program);
void add_pretrain_bert(CLI::App& pretrain);
void add_pretrain_seq2seq(CLI::App& pretrain);
void add_generate(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_params(CLI::App& program);
void add_distill(CLI::App& program);
void add_embed(CLI::App& program);
void add_search(CLI::App& program);
void add_tokenize(CLI::App& program);
void add_inspect(CLI::App& program);
void add_corpus(CLI::App& program);
void add_audit(CLI::App& program);
void add_attention(CLI::App& program);
void add_explain(CLI::App& program);
void add_bench(CLI::App& program);
void add_report(CLI::App& program);
void add_finetune(CLI::App& program);
void add_finetune_seq2seq(CLI::App& finetune);
void add_predict(CLI::App& program);
void add_experiment(CLI::App& program);

}  // namespace gradus
