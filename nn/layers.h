#pragma once
// The small layers that blocks are made of.

#include <optional>

#include "autograd/ops.h"
#include "nn/module.h"

namespace gradus {

struct LinearOptions {
  bool bias = true;
};

/// y = x Wᵀ + b. weight (out, in), bias (out). x (..., in) -> (..., out).
/// Initialised as PyTorch's Linear: uniform in ±1/√in.
struct Linear : Module {
  Linear(int64_t in, int64_t out, LinearOptions options = {});
  /// A layer without bias whose weight is another's: a tied head.
  static Linear sharing(const Tensor& weight) { return Linear(weight); }

  Parameter weight;
  Parameter bias;  // undefined if there is none
  Tensor operator()(const Tensor& x) const { return linear(x, weight, bias); }

 private:
  explicit Linear(const Tensor& shared);
};

/// Mean over the targets (...) that count of cross_entropy(x Wᵀ + b), a language model's head and
/// loss in one. x (..., C), weight (V, C), bias (V) or absent; target -100 counts nothing. Logits
/// are the largest tensor of a step: more than `most_logits` of them (64 MB) are made in pieces,
/// forgotten, and made again in backward.
Tensor linear_cross_entropy(const Tensor& x, const Parameter& weight, const Parameter& bias,
                            const Tokens& targets, int64_t most_logits = int64_t{1} << 24);

/// One row of weight (count, n_embd) per id. ids (...) -> (..., n_embd). Initialised N(0, 1).
struct Embedding : Module {
  Embedding(int64_t count, int64_t n_embd);
  Parameter weight;
  Tensor operator()(const Tokens& ids) const { return embedding(weight, ids); }
};

/// The table of an embedding that a model may lack: undefined if it does.
inline Tensor table(const std::optional<Embedding>& e) { return e ? e->weight.tensor() : Tensor(); }

enum class NormKind { layer, rms };

struct NormOptions {
  NormKind kind = NormKind::layer;
  bool bias = true;  // layer norm only
  real eps = real(1e-5);
};

/// LayerNorm or RMSNorm over the last dimension of size n_embd. weight 1, bias 0.
struct Norm : Module {
  explicit Norm(int64_t n_embd, NormOptions o = {});
  NormOptions options;
  Parameter weight;
  Parameter bias;  // undefined if there is none
  Tensor operator()(const Tensor& x) const;
};

/// Zeroes elements with probability p while training.
struct Dropout : Module {
  explicit Dropout(real probability) : p(probability) {}
  real p;
  Tensor operator()(const Tensor& x) const { return dropout(x, p); }
};

enum class Activation {
  relu,
  gelu,
  gelu_tanh,
  silu,
  relu_squared,  // So et al. 2021
  swiglu,        // silu(gate) x   (Shazeer 2020)
  geglu,         // gelu(gate) x
  geglu_tanh     // gelu_tanh(gate) x, as in T5 1.1
};
/// Whether the activation multiplies x by a function of a second projection, the gate.
inline bool is_gated(Activation a) {
  return a == Activation::swiglu || a == Activation::geglu || a == Activation::geglu_tanh;
}
/// The function that is applied to x or, where there is one, to the gate.
Tensor activate(Activation kind, const Tensor& x);

/// Layers one behind the other: Sequential net; net.add(Linear(2, 16)).add(relu).add(...).
class Sequential : public Module {
 public:
  template <class Layer>
  Sequential& add(Layer layer) {
    const std::string name = std::to_string(layers_.size());
    if constexpr (std::is_base_of_v<Module, Layer>) {
      auto owned = std::make_shared<Layer>(child(name, std::move(layer)));
      layers_.push_back([owned](const Tensor& x) { return (*owned)(x); });
    } else {
      layers_.push_back(std::move(layer));  // a function of a tensor, such as relu
    }
    return *this;
  }
  Tensor operator()(const Tensor& x) const {
    Tensor y = x;
    for (const auto& layer : layers_) y = layer(y);
    return y;
  }

 private:
  std::vector<std::function<Tensor(const Tensor&)>> layers_;
};

}  // namespace gradus
