#include "train/profile_work.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tensor/real.h"

namespace gradus {
namespace {

Work traffic(int64_t numbers) {
  return {.bytes = static_cast<double>(numbers) * static_cast<double>(sizeof(real))};
}

using Input = OpCall::Input;

int64_t numbers_of(const std::vector<Input>& inputs) {
  int64_t sum = 0;
  for (const Input& x : inputs) sum += x.shape.numel();
  return sum;
}

int64_t gradients_of(const std::vector<Input>& inputs) {
  int64_t sum = 0;
  for (const Input& x : inputs) sum += x.wants_grad ? x.shape.numel() : 0;
  return sum;
}

// Reads all inputs, writes y.
Work read_and_write(const OpCall& c) { return traffic(numbers_of(c.inputs) + c.y.numel()); }

// f'(x) dy: reads dy and every x, writes every dx.
Work slope_times_dy(const OpCall& c) { return traffic(c.y.numel() + 2 * gradients_of(c.inputs)); }

// Where f'(x) does not depend on x: reads dy, writes every dx.
Work dy_alone(const OpCall& c) { return traffic(c.y.numel() + gradients_of(c.inputs)); }

// dx is dy itself, the same memory, unless x was broadcast: then dy is summed.
Work dy_passed_on(const OpCall& c) {
  int64_t numbers = 0;
  for (const Input& x : c.inputs) {
    if (!x.wants_grad || x.shape.numel() == c.y.numel()) continue;
    numbers += c.y.numel() + x.shape.numel();
  }
  return traffic(numbers);
}

// y (..., M, N) = a (..., M, K) b (..., K, N): M N K multiplications and as many additions.
double product_flops(const OpCall& c) {
  return 2 * static_cast<double>(c.y.numel()) * static_cast<double>(c.inputs[0].shape.dim(-1));
}

Work product(const OpCall& c) {
  return {.flops = product_flops(c), .bytes = read_and_write(c).bytes};
}

// da = dy bᵀ and db = aᵀ dy: a product of the same size each. What else there is, a bias, gets a
// sum over dy.
Work product_backward(const OpCall& c) {
  const Input &a = c.inputs[0], &b = c.inputs[1];
  const int64_t others =
      (a.wants_grad ? b.shape.numel() : 0) + (b.wants_grad ? a.shape.numel() : 0);
  const int products = int{a.wants_grad} + int{b.wants_grad};
  return {.flops = products * product_flops(c),
          .bytes = traffic(c.y.numel() + others + gradients_of(c.inputs)).bytes};
}

// One of attention's products, such as q kᵀ: 2 hs for every pair of a query and a key it sees.
// q (B, T, NH, hs), k (B, S, NKV, hs).
double attention_product_flops(const OpCall& c) {
  const Shape& q = c.inputs[0].shape;
  const double T = static_cast<double>(q.dim(1)), S = static_cast<double>(c.inputs[1].shape.dim(1));
  const double rows = std::min(T, S);  // queries that see a key, the last one all of them
  const double pairs = c.causal ? rows * S - rows * (rows - 1) / 2 : T * S;
  return 2 * pairs * static_cast<double>(q.dim(0) * q.dim(2) * q.dim(3));
}

// q kᵀ and P v.
Work attention_forward(const OpCall& c) {
  return {.flops = 2 * attention_product_flops(c), .bytes = read_and_write(c).bytes};
}

// dy vᵀ, Pᵀ dy, ds k, dsᵀ q; that ours computes q kᵀ again lowers its rate. Reads y as well.
Work attention_backward(const OpCall& c) {
  return {.flops = 4 * attention_product_flops(c),
          .bytes = traffic(2 * c.y.numel() + numbers_of(c.inputs) + gradients_of(c.inputs)).bytes};
}

// Reads only the rows it picks, or adds to them.
Work picked(const OpCall& c) { return traffic(2 * c.y.numel()); }
Work picked_backward(const OpCall& c) { return traffic(3 * c.y.numel()); }

struct Rule {
  std::string_view op;
  Work (*forward)(const OpCall&);
  Work (*backward)(const OpCall&);
};

constexpr std::array rules{
    Rule{"linear", product, product_backward},
    Rule{"matmul", product, product_backward},
    Rule{"attention", attention_forward, attention_backward},
    Rule{"embedding", picked, picked_backward},
    Rule{"gather", picked, picked_backward},
    Rule{"add", read_and_write, dy_passed_on},
    Rule{"sub", read_and_write, dy_passed_on},
    Rule{"clone", read_and_write, dy_passed_on},
    Rule{"view", read_and_write, dy_passed_on},
    Rule{"affine", read_and_write, dy_alone},
    Rule{"concat", read_and_write, dy_alone},
    Rule{"cumsum", read_and_write, dy_alone},
    Rule{"dropout", read_and_write, dy_alone},
    Rule{"expand", read_and_write, dy_alone},
    Rule{"sum", read_and_write, dy_alone},
    Rule{"where", read_and_write, dy_alone},
};
constexpr Rule any_other{"", read_and_write, slope_times_dy};

const Rule& rule_for(std::string_view op) {
  const auto* rule =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.op == op; });
  return rule == rules.end() ? any_other : *rule;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  flops += other.flops;
  bytes += other.bytes;
  return *this;
}

Work forward_work(const OpCall& call) {
  return call.is_view ? Work{} : rule_for(call.op).forward(call);
}

// A view that chooses elements writes dy to where they were; a mere change of shape writes nothing.
Work backward_work(const OpCall& call) {
  const bool chooses = call.is_view && rule_for(call.op).op.empty();
  return chooses ? traffic(2 * call.y.numel()) : rule_for(call.op).backward(call);
}

Work norm_work(int64_t n) { return traffic(n); }

Work adam_work(int64_t n) { return traffic(7 * n); }

}  // namespace gradus
