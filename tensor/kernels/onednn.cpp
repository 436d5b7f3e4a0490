#include "tensor/kernels/onednn.h"

#include <fmt/format.h>

#if defined(GRADUS_ONEDNN) && !defined(GRADUS_DOUBLE)

#include <omp.h>

#include <compare>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

namespace gradus::kernels::onednn {
namespace {

using dnnl::memory;

template <class T>
constexpr memory::data_type type_of = memory::data_type::f32;
template <>
constexpr memory::data_type type_of<bf16> = memory::data_type::bf16;

// oneDNN plans a product for the threads that a parallel region begun here would have. This lets
// it have one, also inside a region of ours.
class OneThread {
 public:
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(previous_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int previous_ = omp_get_max_threads();
};

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// All that a product is planned for: sizes, where rows begin, types.
struct Plan {
  int64_t M, N, K, lda, ldb, ldc;
  bool A_transposed, B_transposed;
  float beta;
  memory::data_type type;

  auto operator<=>(const Plan&) const = default;
  memory::desc A() const { return matrix(M, K, lda, A_transposed, type); }
  memory::desc B() const { return matrix(K, N, ldb, B_transposed, type); }
  memory::desc C() const { return matrix(M, N, ldc, false, memory::data_type::f32); }

 private:
  static memory::desc matrix(int64_t rows, int64_t columns, int64_t ld, bool transposed,
                             memory::data_type type) {
    return {{rows, columns}, type, transposed ? memory::dims{1, ld} : memory::dims{ld, 1}};
  }
};

dnnl::matmul::primitive_desc describe(const Plan& plan) {
  dnnl::primitive_attr attributes;
  if (plan.beta != 0) {
    dnnl::post_ops add;
    add.append_sum(plan.beta);
    attributes.set_post_ops(add);
  }
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), plan.A(), plan.B(), plan.C(), attributes};
#else
  return {dnnl::matmul::desc(plan.A(), plan.B(), plan.C()), attributes, cpu()};
#endif
}

// A planned product and the places of its operands.
class Product {
 public:
  explicit Product(const Plan& plan)
      : multiply_(describe(plan)),
        operands_{{DNNL_ARG_SRC, memory(plan.A(), cpu(), nullptr)},
                  {DNNL_ARG_WEIGHTS, memory(plan.B(), cpu(), nullptr)},
                  {DNNL_ARG_DST, memory(plan.C(), cpu(), nullptr)}} {}

  void run(dnnl::stream& stream, const void* A, const void* B, float* C) {
    operands_.at(DNNL_ARG_SRC).set_data_handle(const_cast<void*>(A));
    operands_.at(DNNL_ARG_WEIGHTS).set_data_handle(const_cast<void*>(B));
    operands_.at(DNNL_ARG_DST).set_data_handle(C);
    multiply_.execute(stream, operands_);
  }

 private:
  dnnl::matmul multiply_;
  std::unordered_map<int, memory> operands_;
};

// The products that one thread has planned. Planning compiles code: a tenth of a millisecond. A
// step of GPT has some dozens of shapes; batches of BERT bring new ones with every length.
class Products {
 public:
  Product& of(const Plan& plan) {
    constexpr size_t most = 1024;
    if (products_.size() >= most) products_.clear();
    return products_.try_emplace(plan, plan).first->second;
  }
  dnnl::stream stream{cpu()};

 private:
  std::map<Plan, Product> products_;
};

bool has_instructions(dnnl::cpu_isa wanted) {
  const auto has = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (has & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

constexpr bool brings_own_threads = DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_OMP &&
                                    DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_SEQ;

// oneDNN multiplies bfloat16 numbers on any AVX-512 machine, but without instructions for them it
// does so more slowly than float32.
std::string find_problem() {
  if (brings_own_threads)
    return "this oneDNN brings threads of its own, which OpenMP cannot hold back";
  if (!has_instructions(dnnl::cpu_isa::avx512_core_bf16))
    return "this CPU has neither AVX-512 BF16 nor AMX";
  try {
    describe({16, 16, 16, 16, 16, 16, false, true, 0, memory::data_type::bf16});
  } catch (const std::exception& error) {
    return std::string("oneDNN refuses a product: ") + error.what();
  }
  return "";
}

}  // namespace

std::string version() {
  const dnnl::version_t* v = dnnl::version();
  return fmt::format("oneDNN {}.{}.{}", v->major, v->minor, v->patch);
}

// With fewer instructions its products take another way, which is not.
bool is_fastest() {
  static const bool fastest = !brings_own_threads && has_instructions(dnnl::cpu_isa::avx512_core);
  return fastest;
}

std::string why_no_bf16() {
  static const std::string problem = find_problem();
  return problem;
}

template <class T>
bool gemm_tile(int64_t M, int64_t N, int64_t K, MatrixOf<T> A, MatrixOf<T> B, real beta, real* C,
               int64_t ldc) noexcept {
  try {
    thread_local Products products;
    const OneThread guard;
    const Plan plan{M, N, K, A.ld, B.ld, ldc, A.transposed, B.transposed, beta, type_of<T>};
    products.of(plan).run(products.stream, A.data, B.data, C);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace gradus::kernels::onednn

#else

namespace gradus::kernels::onednn {

std::string version() { return ""; }

bool is_fastest() { return false; }

std::string why_no_bf16() {
  return sizeof(real) == sizeof(float) ? "this build has no oneDNN"
                                       : "a build in double precision has no bfloat16";
}

template <class T>
bool gemm_tile(int64_t, int64_t, int64_t, MatrixOf<T>, MatrixOf<T>, real, real*, int64_t) noexcept {
  return false;
}

}  // namespace gradus::kernels::onednn

#endif

namespace gradus::kernels::onednn {

template bool gemm_tile(int64_t, int64_t, int64_t, MatrixOf<real>, MatrixOf<real>, real, real*,
                        int64_t) noexcept;
template bool gemm_tile(int64_t, int64_t, int64_t, MatrixOf<bf16>, MatrixOf<bf16>, real, real*,
                        int64_t) noexcept;

}  // namespace gradus::kernels::onednn
