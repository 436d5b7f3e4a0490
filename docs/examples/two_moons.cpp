// A classifier of two half-moons that reach into each other: 2 -> 32 -> 32 -> 1.

#include <cmath>
#include <numbers>

#include "gradus.h"

using namespace gradus;

int main() {
  // n points on each moon, with some noise. x (2n, 2), y (2n, 1)
  const int64_t n = 200;
  const Tensor angle = rand({n}) * std::numbers::pi_v<real>;
  Tensor cosine({n}), sine({n});
  for (int64_t i = 0; i < n; ++i) {
    cosine.mutable_data()[i] = std::cos(angle.data()[i]);
    sine.mutable_data()[i] = std::sin(angle.data()[i]);
  }
  const Tensor upper = stack({cosine, sine}, 1), lower = stack({1 - cosine, real(0.5) - sine}, 1);
  const Tensor x = concat({upper, lower}, 0) + randn({2 * n, 2}) * real(0.1);
  const Tensor y = concat({zeros({n, 1}), ones({n, 1})}, 0);

  Sequential net;
  net.add(Linear(2, 32)).add(relu).add(Linear(32, 32)).add(relu).add(Linear(32, 1));
  Adam optimizer(net.named_parameters(), {.lr = real(0.01)});

  for (int step = 0; step <= 300; ++step) {
    const Tensor loss = bce_with_logits(net(x), y);
    if (step % 100 == 0) fmt::print("step {:>3}  loss {:.4f}\n", step, loss.item());
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
  }

  const NoGrad guard;
  const Tensor right = equal(less(zeros({1}), net(x)), y);  // a positive logit says: lower moon
  const real accuracy = mean(right).item();
  fmt::print("accuracy {:.1f} %\n", 100 * accuracy);
  return accuracy > real(0.97) ? 0 : 1;
}
