#include "autograd/checkpoint.h"

#include "autograd/engine.h"
#include "tensor/precision.h"
#include "tensor/random.h"

namespace gradus {
namespace {

using Tensors = std::vector<Tensor, CachingAllocator<Tensor>>;

// Puts the default generator back where it was, even if the function throws.
class GeneratorGuard {
 public:
  explicit GeneratorGuard(Generator replay) : saved_(default_generator()) {
    default_generator() = replay;
  }
  ~GeneratorGuard() { default_generator() = saved_; }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

 private:
  Generator saved_;
};

}  // namespace

Tensor checkpoint(std::function<Tensor(Inputs)> fn, std::span<const Tensor> inputs,
                  std::span<const Tensor> parameters) {
  const Generator generator = default_generator();
  const bool training = is_training();
  const Precision precision = gradus::precision();
  Tensor y;
  {
    const NoGrad guard;
    const Observe nobody({});  // for those who watch, this is one op
    y = fn(inputs).detach();
  }
  Tensors all(inputs.begin(), inputs.end());
  all.insert(all.end(), parameters.begin(), parameters.end());
  Tensors saved;
  for (const Tensor& x : inputs) saved.push_back(x.detach());

  auto backward = [=, fn = std::move(fn)](const Tensor& dy, std::span<const Grad> dx) {
    const GeneratorGuard replay(generator);
    const ModeGuard modes(true, training);
    const PrecisionMode products(precision);
    const uint64_t now = autograd::next_node_id();
    Tensors leaves;
    for (size_t i = 0; i < saved.size(); ++i) {
      leaves.push_back(saved[i].detach());
      if (dx[i]) leaves.back().requires_grad_();
    }
    const Tensor again = fn(leaves);
    if (!again.requires_grad()) return;  // nothing inside depends on what wants a gradient
    autograd::backward(again, dy, now);
    for (size_t i = 0; i < saved.size(); ++i) {
      if (dx[i] && leaves[i].grad().defined()) dx[i] += leaves[i].grad();
    }
  };
  return record("checkpoint", y, backward, all);
}

}  // namespace gradus
