// A module of your own: the gated MLP of Llama (Shazeer 2020, SwiGLU), and a small network with it.

#include "gradus.h"

using namespace gradus;

// y = W_down (silu(W_gate x) ⊙ W_up x). x (..., C) -> y (..., C)
struct GatedMLP : Module {
  GatedMLP(int64_t n_embd, int64_t inner) : C(n_embd), I(inner) {}
  int64_t C, I;  // above the layers: members are initialised in this order
  Linear gate = child("gate_proj", Linear(C, I, {.bias = false}));
  Linear up = child("up_proj", Linear(C, I, {.bias = false}));
  Linear down = child("down_proj", Linear(I, C, {.bias = false}));
  Tensor operator()(const Tensor& x) const { return down(silu(gate(x)) * up(x)); }
};

struct Residual : Module {
  explicit Residual(int64_t n_embd) : C(n_embd) {}
  int64_t C;
  Norm norm = child("norm", Norm(C, {.kind = NormKind::rms}));
  GatedMLP mlp = child("mlp", GatedMLP(C, 4 * C));
  Parameter scale = parameter("scale", ones({C}));
  Tensor operator()(const Tensor& x) const { return x + scale.tensor() * mlp(norm(x)); }
};

int main() {
  Residual block(8);
  fmt::print("{}", summary(block));

  block.requires_grad(false, "mlp");  // freezes all of the MLP
  const Tensor y = block(randn({2, 5, 8}));
  sum(y * y).backward();
  bool as_expected = y.shape() == Shape{2, 5, 8};
  for (const NamedTensor& p : block.named_parameters()) {
    const bool frozen = p.name.starts_with("mlp.");
    fmt::print("{:<20} {}\n", p.name, p.tensor.grad().defined() ? "has a gradient" : "is frozen");
    as_expected = as_expected && p.tensor.grad().defined() != frozen;
  }
  return as_expected ? 0 : 1;
}
