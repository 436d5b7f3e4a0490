#include "train/precision_option.h"

#include <cstdio>

#include "tensor/errors.h"
#include "tensor/real.h"

namespace gradus {
namespace {

CLI::Option* add_option(CLI::App& command, const char* help, std::vector<std::string> names,
                        ServingPrecision serving, std::function<void(Precision)> use) {
  const auto choose = [=](const std::string& name) {
    try {
      use(serving(*precision_named(name)));
    } catch (const ValueError& error) {
      throw CLI::ValidationError("--precision", error.what());
    }
  };
  return command.add_option_function<std::string>("--precision", choose, help)
      ->check(CLI::IsMember(std::move(names)));
}

}  // namespace

Precision wanted_precision(Precision wanted) {
  check_value(sizeof(real) == sizeof(float) || wanted == Precision::float32,
              "a build in double precision has no {}", name_of(wanted));
  return wanted;
}

Precision training_precision(Precision wanted) {
  if (wanted_precision(wanted) != Precision::bf16 || why_no_bf16().empty()) return wanted;
  const std::string warning = fmt::format(
      "warning: precision bf16: {}, so float32 is used instead (bf16-emulated rounds alike, but is "
      "slower than either)\n",
      why_no_bf16());
  std::fputs(warning.c_str(), stderr);
  return Precision::float32;
}

Precision generation_precision(Precision wanted) {
  const bool emulated = wanted_precision(wanted) == Precision::bf16 && !why_no_bf16().empty();
  return emulated ? Precision::bf16_emulated : wanted;
}

CLI::Option* add_precision(CLI::App& command, std::function<void(Precision)> use,
                           ServingPrecision serving) {
  return add_option(command,
                    "Of matrix products: float32; bf16, faster on CPUs that have it; or "
                    "bf16-emulated, which rounds alike and is slower (default: float32)",
                    {"float32", "bf16", "bf16-emulated"}, serving, std::move(use));
}

CLI::Option* add_generation_precision(CLI::App& command, std::function<void(Precision)> use) {
  return add_option(command,
                    "Of matrix products: float32; or bf16, whose weights are half as many "
                    "bytes to read for every token (default: float32)",
                    {"float32", "bf16"}, generation_precision, std::move(use));
}

}  // namespace gradus
