#include "tests/conformance/graph.h"

#include <algorithm>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

bool is_gradient(const Node& node) {
  return node.op == "Gradient" && node.domain == "ai.onnx.preview.training";
}

void check_attributes(const Node& node, const std::vector<std::string>& understood) {
  for (const auto& attribute : node.attributes.items()) {
    if (std::find(understood.begin(), understood.end(), attribute.key()) == understood.end()) {
      throw Unsupported("operator " + node.op + ": attribute " + attribute.key());
    }
  }
}

// A leaf with the same numbers, whose gradient is asked for.
Value leaf(const Value& x) {
  if (!x.floating()) throw Unsupported("operator Gradient: with respect to integers");
  return Value(x.tensor().detach().clone().requires_grad_(), x.dtype());
}

}  // namespace

Graph::Graph(const Case& source) : case_(source) {
  for (const Node& node : source.nodes) {
    for (const std::string& name : node.outputs) {
      if (!name.empty()) producers_[name] = &node;
    }
  }
  known_ = read_given();
}

Graph::Values Graph::read_given() const {
  Values values;
  for (const Named& given : case_.given) values[given.name] = parse_tensor(given.tensor);
  return values;
}

Value Graph::value(const std::string& name) { return find(name, known_); }

Value Graph::find(const std::string& name, Values& known) {
  if (name.empty()) return {};
  if (!known.contains(name)) {
    const auto producer = producers_.find(name);
    check_value(producer != producers_.end(), "nothing produces {}", name);
    compute(*producer->second, known);
  }
  return known.at(name);
}

// Adds the outputs of `node` to the known values.
void Graph::compute(const Node& node, Values& known) {
  const bool cycle = std::find(running_.begin(), running_.end(), &node) != running_.end();
  check_value(!cycle, "{} depends on its own outputs", node.op);
  running_.push_back(&node);
  const std::vector<Value> values = is_gradient(node) ? gradient(node, known) : run(node, known);
  running_.pop_back();
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    const bool answered = i < values.size() && values[i].defined();
    if (!answered) throw Unsupported(fmt::format("operator {}: output {}", node.op, i));
    known[node.outputs[i]] = values[i];
  }
}

std::vector<Value> Graph::run(const Node& node, Values& known) {
  const Operator* op = find_operator(node);
  if (op == nullptr) throw Unsupported("operator " + node.op);
  check_attributes(node, op->attributes);
  std::vector<Value> inputs;
  for (const std::string& name : node.inputs) inputs.push_back(find(name, known));
  const auto version = case_.opset.find(node.domain);
  check_value(version != case_.opset.end(), "no version of operator set '{}'", node.domain);
  try {
    return op->run(Call(node, version->second, std::move(inputs)));
  } catch (const Unsupported& reason) {
    throw Unsupported("operator " + node.op + ": " + reason.what());
  }
}

// Gradient (ai.onnx.preview.training): dy/dx for each x of xs, where y is a function of xs and zs
// that the other nodes define. The node's inputs are the values of xs, then zs, at which it is
// taken. The gradient of a y with several elements is that of their sum.
std::vector<Value> Graph::gradient(const Node& node, Values& known) {
  if (differentiating_) throw Unsupported("operator Gradient: derivatives of second order");
  check_attributes(node, {"xs", "zs", "y"});
  const Call call(node, 1, {});
  const std::vector<std::string> xs = call.texts("xs"), zs = call.texts("zs");
  check_value(node.inputs.size() == xs.size() + zs.size(), "Gradient: {} inputs for {} xs, {} zs",
              node.inputs.size(), xs.size(), zs.size());
  std::vector<Value> leaves;
  Values substituted = read_given();
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Value input = find(node.inputs[i], known);
    substituted[i < xs.size() ? xs[i] : zs[i - xs.size()]] = i < xs.size() ? leaf(input) : input;
  }
  for (const std::string& x : xs) leaves.push_back(substituted.at(x));

  differentiating_ = true;
  const Value y = find(call.text("y", ""), substituted);
  differentiating_ = false;
  if (!y.defined() || !y.floating()) throw Unsupported("operator Gradient: of integers");
  if (y.tensor().requires_grad()) y.tensor().backward(ones(y.shape()));

  std::vector<Value> gradients;
  for (const Value& x : leaves) {
    const Tensor dx = x.tensor().grad();  // undefined if y does not depend on x
    gradients.emplace_back(dx.defined() ? dx : zeros(x.shape()), x.dtype());
  }
  return gradients;
}

}  // namespace gradus::conformance
