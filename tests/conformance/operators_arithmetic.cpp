// Arithmetic with broadcasting, comparisons and logic.

#include <cmath>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

using Function1 = Tensor(const Tensor&);
using Function2 = Tensor(const Tensor&, const Tensor&);

// The result has the type of the first input; integers must come out exact (see Value).
Operator binary(Function2* f) {
  return {[f](const Call& call) -> std::vector<Value> {
            const Tensor y = f(call[0].tensor(), call[1].tensor());
            return {Value(y, call[0].dtype())};
          },
          {}};
}

Operator unary(Function1* f) {
  return {[f](const Call& call) -> std::vector<Value> {
            return {Value(f(call[0].tensor()), call[0].dtype())};
          },
          {}};
}

// f(f(x0, x1), x2) ...
Operator variadic(Function2* f) {
  return {[f](const Call& call) -> std::vector<Value> {
            Tensor y = call[0].tensor();
            for (size_t i = 1; i < call.size(); ++i) y = f(y, call[i].tensor());
            return {Value(y, call[0].dtype())};
          },
          {}};
}

Operator condition(Function2* f) {
  return {[f](const Call& call) -> std::vector<Value> {
            return {Value(f(call[0].tensor(), call[1].tensor()), "bool")};
          },
          {}};
}

// Both operands of a logical operator are 0 or 1.
Tensor logical_not(const Tensor& x) { return 1 - x; }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return 1 - equal(a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return less(b, a); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return less_equal(b, a); }
Tensor reciprocal(const Tensor& x) { return 1 / x; }
Tensor sign(const Tensor& x) { return less(scalar(0), x) - less(x, scalar(0)); }

// Integers divide towards zero.
std::vector<Value> divide(const Call& call) {
  Tensor y = div(call[0].tensor(), call[1].tensor());
  if (call[0].floating()) return {Value(y, call[0].dtype())};
  std::vector<int64_t> quotients;
  for (const real q : y.to_vector()) {
    check_value(std::isfinite(q), "Div: an integer is divided by 0");
    quotients.push_back(static_cast<int64_t>(std::trunc(q)));
  }
  return {Value(y.shape(), std::move(quotients), call[0].dtype())};
}

// The type is that of the base. One exponent for all elements has an op of its own.
std::vector<Value> power(const Call& call) {
  const Tensor x = call[0].tensor(), exponent = call[1].tensor();
  const bool same_for_all = exponent.rank() == 0 && !exponent.requires_grad();
  return {Value(same_for_all ? pow(x, exponent.item()) : pow(x, exponent), call[0].dtype())};
}

// Remainders of shapes: those of floating-point numbers have no op in gradus.
std::vector<Value> remainder(const Call& call) {
  if (call[0].floating()) throw Unsupported("Mod of floating-point numbers");
  const Shape shape = broadcast("Mod", call[0].shape(), call[1].shape());
  const auto widen = [&](const Value& x) {
    return Value(x.tensor().expand(shape), x.dtype()).integers();
  };
  std::vector<int64_t> a = widen(call[0]);
  const std::vector<int64_t> b = widen(call[1]);
  const bool sign_of_dividend = call.integer("fmod", 0) != 0;
  for (size_t i = 0; i < a.size(); ++i) {
    check_value(b[i] != 0, "Mod: an integer is divided by 0");
    const int64_t r = a[i] % b[i];
    const bool adjust = !sign_of_dividend && r != 0 && (r < 0) != (b[i] < 0);
    a[i] = adjust ? r + b[i] : r;
  }
  return {Value(shape, std::move(a), call[0].dtype())};
}

std::vector<Value> mean_of_inputs(const Call& call) {
  Tensor y = call[0].tensor();
  for (size_t i = 1; i < call.size(); ++i) y = y + call[i].tensor();
  return {Value(y / static_cast<real>(call.size()), call[0].dtype())};
}

std::vector<Value> clip(const Call& call) {
  Tensor y = call[0].tensor();
  if (call.has("min")) y = maximum(y, scalar(call.number("min")));
  if (call.has("max")) y = minimum(y, scalar(call.number("max")));
  if (call.has(1)) y = maximum(y, call.tensor(1));
  if (call.has(2)) y = minimum(y, call.tensor(2));
  return {Value(y, call[0].dtype())};
}

std::vector<Value> choose(const Call& call) {
  return {Value(where(call[0].tensor(), call[1].tensor(), call[2].tensor()), call[1].dtype())};
}

std::vector<Value> is_nan(const Call& call) {
  const Tensor x = call[0].tensor();
  return {Value(1 - equal(x, x), "bool")};
}

}  // namespace

void add_arithmetic(Table& table) {
  table["Add"] = binary(add);
  table["Sub"] = binary(sub);
  table["Mul"] = binary(mul);
  table["Div"] = {divide, {}};
  table["Mod"] = {remainder, {"fmod"}};
  table["Pow"] = {power, {}};
  table["Neg"] = unary(neg);
  table["Reciprocal"] = unary(reciprocal);
  table["Exp"] = unary(exp);
  table["Log"] = unary(log);
  table["Sqrt"] = unary(sqrt);
  table["Abs"] = unary(abs);
  table["Sign"] = unary(sign);
  table["Max"] = variadic(maximum);
  table["Min"] = variadic(minimum);
  table["Sum"] = variadic(add);
  table["Mean"] = {mean_of_inputs, {}};
  table["Clip"] = {clip, {"min", "max"}};
}

void add_comparisons(Table& table) {
  table["Equal"] = condition(equal);
  table["Less"] = condition(less);
  table["LessOrEqual"] = condition(less_equal);
  table["Greater"] = condition(greater);
  table["GreaterOrEqual"] = condition(greater_equal);
  table["And"] = condition(mul);
  table["Or"] = condition(maximum);
  table["Xor"] = condition(logical_xor);
  table["Not"] = unary(logical_not);
  table["IsNaN"] = {is_nan, {}};
  table["Where"] = {choose, {}};
}

}  // namespace gradus::conformance
