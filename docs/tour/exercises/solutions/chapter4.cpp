#include <cmath>
#include <limits>

#include "../exercises.h"

namespace exercises {

Tensor attention_by_hand(const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t T = q.dim(0), hs = q.dim(1);
  const Tensor scores = matmul(q, k.transpose(0, 1)) / std::sqrt(static_cast<real>(hs));  // (T, T)
  const Tensor t = gradus::arange(T).reshape({T, 1}), s = gradus::arange(T).reshape({1, T});
  const Tensor future = less(t, s);  // 1 where the key comes after the query
  const real hidden = -std::numeric_limits<real>::infinity();
  return matmul(softmax(masked_fill(scores, future, hidden), -1), v);
}

}  // namespace exercises
