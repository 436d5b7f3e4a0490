#pragma once
// Every op of gradus. Forward and backward of each stand together in autograd/ops/.
//
// Dimension key: B batch, T time, S key time, C channels, V vocabulary, NH heads, NKV key/value
// heads, hs head size, L layers; M, N, K the sizes of a matrix product.
//
// All ops accept any strides, and sizes of zero where a result exists. Binary ops broadcast as in
// NumPy. Views (reshape, transpose, narrow, ...) are members of Tensor.

#include <initializer_list>

#include "tensor/creation.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

// Arithmetic (ops/arithmetic.cpp)

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);
Tensor neg(const Tensor& x);
/// x * scale + shift, elementwise.
Tensor affine(const Tensor& x, real scale, real shift);
Tensor pow(const Tensor& x, real exponent);
Tensor pow(const Tensor& x, const Tensor& exponent);
/// The larger / smaller of each pair; a tie sends half of the gradient each way.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator+(const Tensor& x, real s) { return affine(x, 1, s); }
inline Tensor operator+(real s, const Tensor& x) { return affine(x, 1, s); }
inline Tensor operator-(const Tensor& x, real s) { return affine(x, 1, -s); }
inline Tensor operator-(real s, const Tensor& x) { return affine(x, -1, s); }
inline Tensor operator*(const Tensor& x, real s) { return affine(x, s, 0); }
inline Tensor operator*(real s, const Tensor& x) { return affine(x, s, 0); }
inline Tensor operator/(const Tensor& x, real s) { return div(x, scalar(s)); }
inline Tensor operator/(real s, const Tensor& x) { return div(scalar(s), x); }

/// 1 where the comparison holds, 0 elsewhere; no gradient.
Tensor equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);

// Functions of one number (ops/pointwise.cpp, ops/activation.cpp)

Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x)
Tensor rsqrt(const Tensor& x);
Tensor abs(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor relu(const Tensor& x);
/// Gaussian error linear unit, exact (BERT).
Tensor gelu(const Tensor& x);
/// Its tanh approximation (GPT-2's gelu_new).
Tensor gelu_tanh(const Tensor& x);
/// x * sigmoid(x), also called swish.
Tensor silu(const Tensor& x);

// Reductions (ops/reduce.cpp). Dims count from the end if negative; no dims means all of them.

using Dims = std::initializer_list<int>;
struct Reduce {
  bool keepdim = false;  // keep reduced dimensions with size 1
};
Tensor sum(const Tensor& x, Dims dims = {}, Reduce options = {});
Tensor mean(const Tensor& x, Dims dims = {}, Reduce options = {});
struct Variance {
  int64_t correction = 1;  // divides by n - correction: 1 is the unbiased estimate, as in PyTorch
  bool keepdim = false;
};
Tensor var(const Tensor& x, Dims dims = {}, Variance options = {});
/// Largest / smallest element along d; the gradient goes to the first of equal ones.
Tensor max(const Tensor& x, int d, Reduce options = {});
Tensor min(const Tensor& x, int d, Reduce options = {});
/// Its index; no gradient.
Tokens argmax(const Tensor& x, int d);
/// Running sum along d.
Tensor cumsum(const Tensor& x, int d);

// Matrix products (ops/matmul.cpp)

/// (..., M, K) x (..., K, N) -> (..., M, N); leading dimensions broadcast, vectors as in NumPy.
Tensor matmul(const Tensor& a, const Tensor& b);
/// x (..., K), weight (N, K), bias (N) or absent -> (..., N)
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

// Joining and choosing (ops/join.cpp, ops/select.cpp)

Tensor concat(std::span<const Tensor> tensors, int d);
Tensor stack(std::span<const Tensor> tensors, int d);
inline Tensor concat(std::initializer_list<Tensor> tensors, int d) {
  return concat(std::span(tensors.begin(), tensors.size()), d);
}
inline Tensor stack(std::initializer_list<Tensor> tensors, int d) {
  return stack(std::span(tensors.begin(), tensors.size()), d);
}
/// a where condition is not 0, else b.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
/// value where mask is not 0, else x. mask broadcasts to x.
Tensor masked_fill(const Tensor& x, const Tensor& mask, real value);
/// y[..., i, ...] = x[..., index[..., i, ...], ...] along d; index has x's shape but along d.
Tensor gather(const Tensor& x, int d, const Tokens& index);
/// Rows of table (V, C) at ids (...) -> (..., C)
Tensor embedding(const Tensor& table, const Tokens& ids);
/// 1 at each id: ids (...) -> (..., classes); no gradient.
Tensor one_hot(const Tokens& ids, int64_t classes);

// Normalisation, attention, regularisation

Tensor softmax(const Tensor& x, int d);
Tensor log_softmax(const Tensor& x, int d);
/// Over the last dimension; weight (C) and bias (C) may be absent.
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, real eps);
Tensor rms_norm(const Tensor& x, const Tensor& weight, real eps);
/// Zeroes each element with probability p while training and scales the others by 1 / (1 - p).
Tensor dropout(const Tensor& x, real p);

struct AttentionOptions {
  bool causal = false;   // query t sees keys up to t + S - T
  real scale = 0;        // 0 means 1 / sqrt(hs)
  Tensor key_mask = {};  // (B, S): 0 hides a key from every query
  Tensor bias = {};      // added to the scores, broadcast to (B, NH, T, S); no gradient
  int64_t window = 0;    // keys less than so many places away, or all; causal: the last so many
  /// (NH, T + S - 1): added to the scores by distance, from T - 1 places ahead to S - 1 back.
  Tensor relative_bias = {};
};
/// q (B, T, NH, hs), k and v (B, S, NKV, hs) -> (B, T, NH, hs). NKV divides NH; a query that sees
/// no key gives 0.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v,
                 const AttentionOptions& options = {});

/// Turns each pair of channels (i, i + hs/2) of a token by an angle (Su et al. 2021). x (B, T, NH,
/// hs); cos and sin of the angles (T, hs/2) or (B, T, hs/2), without gradient -> (B, T, NH, hs)
Tensor rope(const Tensor& x, const Tensor& cos, const Tensor& sin);

// Losses (ops/loss.cpp) -> scalars

enum class Reduction { mean, sum, none };
struct CrossEntropyOptions {
  int32_t ignore_index = -100;  // targets with this id count nothing
  real label_smoothing = 0;
  Tensor class_weight = {};  // (V) or absent
  Reduction reduction = Reduction::mean;
};
/// logits (..., V), targets (...): -log softmax(logits)[target]. The mean is over the weights of
/// the targets that count; if none does, the loss is 0.
Tensor cross_entropy(const Tensor& logits, const Tokens& targets,
                     const CrossEntropyOptions& options = {});
/// mean((x - target)²)
Tensor mse_loss(const Tensor& x, const Tensor& target);
/// Binary cross-entropy of sigmoid(logits) against targets in [0, 1].
Tensor bce_with_logits(const Tensor& logits, const Tensor& target);

}  // namespace gradus
