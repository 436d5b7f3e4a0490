// Ops at sizes that the threads share: the number of threads changes no bit of value or gradient.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

Tokens some_ids(int64_t n, int32_t classes) {
  Tokens ids(Shape{n});
  for (int64_t i = 0; i < n; ++i) ids.data()[i] = static_cast<int32_t>(i * i % classes);
  return ids;
}

struct Case {
  const char* name;
  std::vector<Shape> shapes;
  Op fn;
};

const Shape heads{2, 150, 4, 16};

const std::vector<Case> cases = {
    {"add, broadcast", {{300, 200}, {200}}, [](Inputs x) { return x[0] + x[1]; }},
    {"mul, broadcast", {{300, 200}, {300, 1}}, [](Inputs x) { return x[0] * x[1]; }},
    {"gelu", {{70001}}, [](Inputs x) { return gelu(x[0]); }},
    {"transpose", {{300, 200}}, [](Inputs x) { return exp(x[0].transpose(0, 1)); }},
    {"sum", {{70001}}, [](Inputs x) { return sum(x[0]); }},
    {"sum of rows", {{500, 300}}, [](Inputs x) { return sum(x[0], {1}); }},
    {"sum of columns", {{500, 300}}, [](Inputs x) { return sum(x[0], {0}); }},
    {"var",
     {{50, 30, 40}},
     [](Inputs x) {
       return var(x[0], {0, 2});
     }},
    {"max", {{500, 300}}, [](Inputs x) { return max(x[0], 0); }},
    {"cumsum", {{50, 30, 40}}, [](Inputs x) { return cumsum(x[0], 1); }},
    {"matmul", {{300, 200}, {200, 250}}, [](Inputs x) { return matmul(x[0], x[1]); }},
    {"matmul, batched", {{20, 50, 40}, {20, 40, 30}}, [](Inputs x) { return matmul(x[0], x[1]); }},
    {"linear", {{400, 150}, {200, 150}, {200}}, [](Inputs x) { return linear(x[0], x[1], x[2]); }},
    {"softmax", {{500, 300}}, [](Inputs x) { return softmax(x[0], -1); }},
    {"log_softmax", {{500, 300}}, [](Inputs x) { return log_softmax(x[0], 0); }},
    {"layer_norm",
     {{500, 300}, {300}, {300}},
     [](Inputs x) { return layer_norm(x[0], x[1], x[2], real(1e-5)); }},
    {"rms_norm", {{500, 300}, {300}}, [](Inputs x) { return rms_norm(x[0], x[1], real(1e-5)); }},
    {"attention",
     {heads, heads, heads},
     [](Inputs x) { return attention(x[0], x[1], x[2], {.causal = true}); }},
    {"attention, shared key/value heads",
     {heads, {2, 150, 2, 16}, {2, 150, 2, 16}},
     [](Inputs x) { return attention(x[0], x[1], x[2]); }},
    {"embedding", {{50, 64}}, [](Inputs x) { return embedding(x[0], some_ids(3000, 50)); }},
    {"cross_entropy",
     {{700, 200}},
     [](Inputs x) {
       return cross_entropy(x[0], some_ids(700, 200), {.label_smoothing = real(0.1)});
     }},
    {"dropout",
     {{70001}},
     [](Inputs x) {
       manual_seed(3);
       return dropout(x[0], real(0.2));
     }},
};

}  // namespace

TEST_CASE("large ops: 1, 2, 3 and 4 threads give the same bits, forward and backward") {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Tensors inputs;
    for (const Shape& shape : c.shapes) inputs.push_back(uniform(shape, -1, 1, inputs.size()));
    const ThreadGuard guard(1);
    const Outcome expected = run(c.fn, inputs);
    for (const int threads : {2, 3, 4}) {
      CAPTURE(threads);
      set_num_threads(threads);
      CHECK(difference(run(c.fn, inputs), expected, 0) == "");
    }
  }
}
