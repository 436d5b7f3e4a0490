#include "train/precision_option.h"

#include <cstdio>

#include "tensor/errors.h"
#include "tensor/real.h"

namespace gradus {

Precision usable_precision(Precision wanted) {
  check_value(sizeof(real) == sizeof(float) || wanted == Precision::float32,
              "a build in double precision has no {}", name_of(wanted));
  if (wanted != Precision::bf16 || why_no_bf16().empty()) return wanted;
  const std::string warning = fmt::format(
      "warning: precision bf16: {}, so float32 is used instead (bf16-emulated rounds alike, but is "
      "slower than either)\n",
      why_no_bf16());
  std::fputs(warning.c_str(), stderr);
  return Precision::float32;
}

CLI::Option* add_precision(CLI::App& command, std::function<void(Precision)> use) {
  const auto choose = [use = std::move(use)](const std::string& name) {
    try {
      use(usable_precision(*precision_named(name)));
    } catch (const ValueError& error) {
      throw CLI::ValidationError("--precision", error.what());
    }
  };
  return command
      .add_option_function<std::string>(
          "--precision", choose,
          "Of linear layers' products: float32; bf16, faster on CPUs that have it; or "
          "bf16-emulated, which rounds alike and is slower (default: float32)")
      ->check(CLI::IsMember({"float32", "bf16", "bf16-emulated"}));
}

}  // namespace gradus
