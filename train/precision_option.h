#pragma once
// --precision: what products are multiplied in, as far as this machine can.

#include <CLI/CLI.hpp>
#include <functional>

#include "tensor/precision.h"

namespace gradus {

/// What serves here in place of `wanted`. Each throws ValueError for bfloat16 in a double build.
using ServingPrecision = Precision(Precision wanted);

/// For training: itself; or float32 with a warning on standard error that says why.
Precision training_precision(Precision wanted);
/// For text that is generated, where bfloat16 pays on any CPU, since every token reads all weights
/// from memory: without instructions for it the same numbers are multiplied as float32.
Precision generation_precision(Precision wanted);
/// For what is decided later: itself.
Precision wanted_precision(Precision wanted);

/// Adds --precision, which calls `use` with the precision that serves.
CLI::Option* add_precision(CLI::App& command, std::function<void(Precision)> use,
                           ServingPrecision serving = training_precision);
/// The same of a command that generates: float32 or bf16.
CLI::Option* add_generation_precision(CLI::App& command, std::function<void(Precision)> use);

}  // namespace gradus
