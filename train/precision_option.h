#pragma once
// --precision: what products are multiplied in, as far as this machine can.

#include <CLI/CLI.hpp>
#include <functional>

#include "tensor/precision.h"

namespace gradus {

/// What serves here in place of `wanted`: itself; or float32 with a warning on standard error that
/// says why. Throws ValueError for bfloat16 in a double build.
Precision usable_precision(Precision wanted);

/// Adds --precision, which calls `use` with a precision that serves.
CLI::Option* add_precision(CLI::App& command, std::function<void(Precision)> use);

/// The same for text that is generated. There bfloat16 pays on any CPU, since every token reads all
/// weights from memory: without instructions for it the same numbers are multiplied as float32.
CLI::Option* add_generation_precision(CLI::App& command, std::function<void(Precision)> use);

}  // namespace gradus
