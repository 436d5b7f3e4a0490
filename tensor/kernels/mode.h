#pragma once
// Which kernels run: the fast ones, or the plain loops that define what they compute
// (`gradus --kernels reference`).

#include <string>

namespace gradus::kernels {

enum class Mode { fast, reference };

Mode mode();
void set_mode(Mode mode);
inline bool use_reference() { return mode() == Mode::reference; }

/// What runs here, for the run folder and `--version`: "AVX2, OpenBLAS 0.3.21 OpenMP (Zen)".
std::string describe();
/// The vector instructions that the fast kernels use here: "AVX2", "AVX-512"; "SSE4" or less on old
/// or restricted machines.
std::string simd();
/// Whether BLAS leaves this processor's AVX-512 unused, as OPENBLAS_CORETYPE=Haswell makes it, or a
/// release that is older than the processor.
bool blas_without_avx512();
/// Throws ValueError if BLAS is not the OpenMP build (other builds are slow or unsafe here).
void check_blas();

}  // namespace gradus::kernels
