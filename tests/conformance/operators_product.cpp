// Matrix products.

#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

std::vector<Value> matrix_product(const Call& call) {
  return {Value(matmul(call[0].tensor(), call[1].tensor()), call[0].dtype())};
}

// alpha A B + beta C, A (M, K) and B (K, N) possibly transposed, C broadcast to (M, N).
// linear() takes its weight as (N, K), and C as its bias if it is one row.
std::vector<Value> gemm(const Call& call) {
  const Tensor a = call[0].tensor(), b = call[1].tensor();
  const Tensor x = call.integer("transA", 0) != 0 ? a.transpose(0, 1) : a;
  const Tensor weight = call.integer("transB", 0) != 0 ? b : b.transpose(0, 1);
  const real alpha = call.number("alpha", 1), beta = call.number("beta", 1);
  if (!call.has(2)) return {Value(linear(x, weight) * alpha, call[0].dtype())};
  const Tensor c = call.tensor(2) * beta;
  const bool is_bias = alpha == 1 && c.shape() == Shape({weight.dim(0)});
  const Tensor y = is_bias ? linear(x, weight, c) : linear(x, weight) * alpha + c;
  return {Value(y, call[0].dtype())};
}

}  // namespace

void add_products(Table& table) {
  table["MatMul"] = {matrix_product, {}};
  table["Gemm"] = {gemm, {"alpha", "beta", "transA", "transB"}};
}

}  // namespace gradus::conformance
