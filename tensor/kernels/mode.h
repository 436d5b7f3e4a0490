#pragma once
// Which kernels run: the fast ones, the same without oneDNN for float32, or the plain loops that
// define what they compute (`gradus --kernels fast|openblas|reference`).

#include <optional>
#include <string>
#include <string_view>

namespace gradus::kernels {

enum class Mode { fast, openblas, reference };

/// "fast", "openblas", "reference".
const char* name_of(Mode mode);
std::optional<Mode> mode_named(std::string_view name);

Mode mode();
void set_mode(Mode mode);
inline bool use_reference() { return mode() == Mode::reference; }
/// Whether oneDNN multiplies large matrices of float32 numbers.
bool use_onednn();

/// What runs here, for the run folder and `--version`: "AVX2, OpenBLAS 0.3.21 OpenMP (Zen)",
/// "AVX-512, oneDNN 2.6.3, OpenBLAS 0.3.21 OpenMP (SkylakeX)".
std::string describe();
/// The vector instructions that the fast kernels use here: "AVX2", "AVX-512"; "SSE4" or less on old
/// or restricted machines.
std::string simd();
/// Whether products leave this processor's AVX-512 unused: OpenBLAS's, as OPENBLAS_CORETYPE=Haswell
/// makes it, or a release that is older than the processor.
bool blas_without_avx512();
/// Throws ValueError if BLAS is not the OpenMP build (other builds are slow or unsafe here).
void check_blas();

}  // namespace gradus::kernels
