#pragma once
// The one number type of gradus. The double build exists to check gradients to 1e-7; it renames
// the namespace on the command line, so that both builds can be linked into one program.

#include <cstdint>

namespace gradus {

using std::int64_t;

#ifdef GRADUS_DOUBLE
using real = double;
#else
using real = float;
#endif

}  // namespace gradus
