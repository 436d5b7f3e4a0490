// The conformance runner on cases whose answers are known from mathematics, and on the operator
// cases of ONNX where they lie beside the source.

#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "tests/conformance/runner.h"
#include "tests/data/support.h"

namespace conformance = gradus::conformance;
using conformance::Outcome;
using nlohmann::json;

namespace {

// "a b" -> ["a", "b"]; "_" stands for the empty name of something absent.
json words(const std::string& text) {
  json list = json::array();
  std::istringstream stream(text);
  for (std::string word; stream >> word;) list.push_back(word == "_" ? "" : word);
  return list;
}

json node(const std::string& op, const std::string& inputs, const std::string& outputs,
          const json& attributes = json::object()) {
  return {
      {"op", op}, {"inputs", words(inputs)}, {"outputs", words(outputs)}, {"attrs", attributes}};
}

json gradient(const std::string& inputs, const std::string& outputs, const json& attributes) {
  json result = node("Gradient", inputs, outputs, attributes);
  result["domain"] = "ai.onnx.preview.training";
  return result;
}

json tensor(const std::string& name, const json& dims, const json& data,
            const std::string& dtype = "float32") {
  return {{"name", name}, {"dims", dims}, {"dtype", dtype}, {"data", data}};
}

json number(const std::string& name, double value) { return tensor(name, json::array(), {value}); }

conformance::Result run(const json& nodes, const json& inputs, const json& outputs,
                        int opset = 23) {
  json source = {{"case", "built in"}, {"nodes", nodes}, {"inputs", inputs}, {"outputs", outputs}};
  source["opset"] = json::array({{"", opset}, {"ai.onnx.preview.training", 1}});
  return conformance::run_case(conformance::parse_case(source.dump()));
}

// "passed", or the outcome's reason
std::string outcome(const json& nodes, const json& inputs, const json& outputs, int opset = 23) {
  const conformance::Result result = run(nodes, inputs, outputs, opset);
  return result.outcome == Outcome::passed ? "passed" : result.reason;
}

const json list = json::array();  // json{x} copies x: lists of one element start from here

json only(const json& element) {
  json result = list;
  result.push_back(element);
  return result;
}

}  // namespace

TEST_CASE("nodes run in the order of their names, not of the file") {
  // |(3, 4)| = 5
  const json nodes = {node("Sqrt", "s", "norm"), node("ReduceSum", "x2", "s", {{"keepdims", 0}}),
                      node("Mul", "x x", "x2")};
  const json x = only(tensor("x", {2}, {3, 4}));
  CHECK(outcome(nodes, x, only(number("norm", 5))) == "passed");
}

TEST_CASE("a wrong value, shape or type is a failure, with the difference as the reason") {
  const json nodes = only(node("Add", "a b", "c"));
  const json inputs = {number("a", 1), number("b", 2)};
  const auto result = run(nodes, inputs, only(number("c", 3.001)));
  CHECK(result.outcome == Outcome::failed);
  CHECK(result.reason == "c: element 0 is 3, expected 3.001");
  CHECK(run(nodes, inputs, only(tensor("c", {1}, {3}))).outcome == Outcome::failed);
  CHECK(run(nodes, inputs, only(tensor("c", list, {3}, "int64"))).outcome == Outcome::failed);
  CHECK(run(nodes, inputs, only(number("d", 3))).outcome == Outcome::failed);
  CHECK(run(nodes, inputs, list).outcome == Outcome::failed);
}

TEST_CASE("a failure of one output is not hidden by those before it") {
  const json nodes = {node("Add", "a b", "c"), node("Mul", "a b", "d")};
  const json inputs = {number("a", 1), number("b", 2)};
  CHECK(run(nodes, inputs, {number("c", 3), number("d", 3)}).outcome == Outcome::failed);
}

TEST_CASE("what gradus lacks is unsupported, with the operator or attribute as the reason") {
  const json x = only(tensor("x", {2}, {1, 2})), y = only(tensor("y", {2}, {1, 2}));
  const auto unknown = run(only(node("LSTM", "x", "y")), x, y);
  CHECK(unknown.outcome == Outcome::unsupported);
  CHECK(unknown.reason == "operator LSTM");
  const auto attribute = run(only(node("Relu", "x", "y", {{"slope", 1}})), x, y);
  CHECK(attribute.outcome == Outcome::unsupported);
  CHECK(attribute.reason == "operator Relu: attribute slope");
  const json train = {number("r", 0.5), tensor("t", list, {true}, "bool"), x[0]};
  CHECK(run(only(node("Dropout", "x r t", "y")), train, y).outcome == Outcome::unsupported);
  const auto output = run(only(node("Relu", "x", "_ y")), x, y);
  CHECK(output.outcome == Outcome::unsupported);
}

TEST_CASE("a cycle and an unknown name are failures") {
  const json c = only(number("c", 1));
  CHECK(run({node("Neg", "d", "c"), node("Neg", "c", "d")}, list, c).outcome == Outcome::failed);
  CHECK(run(only(node("Neg", "nobody", "c")), list, c).outcome == Outcome::failed);
}

TEST_CASE("integers are exact or refused") {
  const json nodes = only(node("Sub", "a b", "c"));
  const auto integers = [](const char* name, int64_t x) { return tensor(name, {1}, {x}, "int64"); };
  CHECK(outcome(nodes, {integers("a", 3), integers("b", 5)}, only(integers("c", -2))) == "passed");
  const int64_t odd = (int64_t{1} << 53) + 1;  // neither build's real holds it
  const json neighbours = {integers("a", odd), integers("b", odd - 1)};
  const auto refused = run(nodes, neighbours, only(integers("c", 1)));
  CHECK(refused.outcome == Outcome::unsupported);
  // As a shape or a bound of a slice it is never computed with.
  const json huge = {tensor("x", {3}, {1, 2, 3}), tensor("from", {1}, {-2}, "int64"),
                     tensor("to", {1}, {INT64_MAX}, "int64")};
  CHECK(outcome(only(node("Slice", "x from to", "y")), huge, only(tensor("y", {2}, {2, 3}))) ==
        "passed");
}

TEST_CASE("an empty name is an absent input: Clip without a lower bound") {
  const json inputs = {tensor("x", {3}, {-9, 0, 9}), number("high", 2)};
  CHECK(outcome(only(node("Clip", "x _ high", "y")), inputs, only(tensor("y", {3}, {-9, 0, 2}))) ==
        "passed");
}

TEST_CASE("before opset 13 softmax merges the dimensions from its axis on") {
  // All inputs are equal, so every probability is one over the number of elements that share it.
  const json x = only(tensor("x", {2, 2, 2}, {5, 5, 5, 5, 5, 5, 5, 5}));
  const auto filled = [](double p) {
    return only(tensor("y", {2, 2, 2}, {p, p, p, p, p, p, p, p}));
  };
  CHECK(outcome(only(node("Softmax", "x", "y")), x, filled(0.25), 12) == "passed");
  CHECK(outcome(only(node("Softmax", "x", "y")), x, filled(0.5), 13) == "passed");
}

TEST_CASE("axes are an attribute in old operator sets and an input in new ones") {
  const json x = tensor("x", {2, 2}, {1, 2, 3, 4}), y = only(tensor("y", {2}, {3, 7}));
  const json old_form = node("ReduceSum", "x", "y", {{"axes", {-1}}, {"keepdims", 0}});
  CHECK(outcome(only(old_form), only(x), y, 11) == "passed");
  const json axes = tensor("axes", {1}, {-1}, "int64");
  const json new_form = node("ReduceSum", "x axes", "y", {{"keepdims", 0}});
  CHECK(outcome(only(new_form), {x, axes}, y, 13) == "passed");
}

TEST_CASE("infinities are read from bare words: the largest of -inf and 1 is 1") {
  const std::string line =
      R"({"case": "words", "opset": [["", 13]],
          "nodes": [{"op": "Max", "inputs": ["a", "b"], "outputs": ["c"], "attrs": {}}],
          "inputs": [
            {"name": "a", "dims": [3], "dtype": "float32", "data": [-Infinity, 1,Infinity]},
            {"name": "b", "dims": [3], "dtype": "float32", "data": [1,-Infinity,-Infinity]}],
          "outputs": [{"name": "c", "dims": [3], "dtype": "float32", "data": [1, 1, Infinity]}]})";
  const auto result = conformance::run_case(conformance::parse_case(line));
  CHECK_MESSAGE(result.outcome == Outcome::passed, result.reason);
}

TEST_CASE("attention to equal keys is a mean of the values: all, those before, with a past") {
  // Two query heads share one key/value head; k = 0, v = 1, 3, 8.
  const json q = tensor("q", {1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const json k = tensor("k", {1, 1, 3, 1}, {0, 0, 0});
  const json v = tensor("v", {1, 1, 3, 1}, {1, 3, 8});
  const auto expect = [](const json& data) { return only(tensor("y", {1, 2, 3, 1}, data)); };
  CHECK(outcome(only(node("Attention", "q k v", "y")), {q, k, v}, expect({4, 4, 4, 4, 4, 4})) ==
        "passed");
  const json causal = {{"is_causal", 1}};
  CHECK(outcome(only(node("Attention", "q k v", "y", causal)), {q, k, v},
                expect({1, 2, 4, 1, 2, 4})) == "passed");
  const json past_k = tensor("pk", {1, 1, 1, 1}, {0}), past_v = tensor("pv", {1, 1, 1, 1}, {5});
  CHECK(outcome(only(node("Attention", "q k v _ pk pv", "y _ present", causal)),
                {q, k, v, past_k, past_v},
                {expect({3, 3, 4.25, 3, 3, 4.25})[0],
                 tensor("present", {1, 1, 4, 1}, {5, 1, 3, 8})}) == "passed");
}

TEST_CASE("Attention without past: the first query sees the first key only") {
  const json inputs = {tensor("q", {1, 1, 1, 1}, {1}), tensor("k", {1, 1, 2, 1}, {0, 0}),
                       tensor("v", {1, 1, 2, 1}, {7, 9})};
  CHECK(outcome(only(node("Attention", "q k v", "y", {{"is_causal", 1}})), inputs,
                only(tensor("y", {1, 1, 1, 1}, {7}))) == "passed");
}

TEST_CASE("Gradient: d(a (a + b)) = (2 a + b, a)") {
  const json nodes = {node("Add", "a b", "c"), node("Mul", "c a", "d"),
                      gradient("a b", "da db", {{"xs", {"a", "b"}}, {"y", "d"}})};
  const json inputs = {number("a", 3), number("b", 5)};
  CHECK(outcome(nodes, inputs, {number("d", 24), number("da", 11), number("db", 3)}) == "passed");
  CHECK(run(nodes, inputs, only(number("da", 5))).outcome == Outcome::failed);
}

TEST_CASE("Gradient is taken where its inputs are, not where the graph is evaluated") {
  // y = h z with h = w²: at h = 10 and z = 4, dy/dh = 4 and dy/dz = 10; the graph has h = 9.
  const json nodes = {node("Mul", "w w", "h"), node("Mul", "h z", "y"),
                      gradient("other z", "dh dz", {{"xs", {"h", "z"}}, {"y", "y"}})};
  const json inputs = {number("w", 3), number("z", 4), number("other", 10)};
  CHECK(outcome(nodes, inputs, {number("y", 36), number("dh", 4), number("dz", 10)}) == "passed");
}

TEST_CASE("Gradient: zs are substituted too, and have no gradient") {
  const json nodes = {node("Mul", "x z", "y"),
                      gradient("x other", "dx", {{"xs", {"x"}}, {"zs", {"z"}}, {"y", "y"}})};
  const json inputs = {number("x", 2), number("z", 3), number("other", 7)};
  CHECK(outcome(nodes, inputs, {number("y", 6), number("dx", 7)}) == "passed");
}

TEST_CASE("Gradient of a tensor is that of its sum, and 0 where nothing depends on it") {
  const json nodes = {node("Exp", "x", "y"), node("Neg", "x", "unused"),
                      gradient("x w", "dx dw", {{"xs", {"x", "w"}}, {"y", "y"}})};
  const json inputs = {tensor("x", {2}, {0, 1}), tensor("w", {3}, {1, 2, 3})};
  const json e = tensor("dx", {2}, {1, 2.718281828});
  CHECK(outcome(nodes, inputs, {e, tensor("dw", {3}, {0, 0, 0})}) == "passed");
}

TEST_CASE("Gradient: an output with an empty name is skipped") {
  const json nodes = {node("Mul", "a b", "c"),
                      gradient("a b", "_ db", {{"xs", {"a", "b"}}, {"y", "c"}})};
  CHECK(outcome(nodes, {number("a", 3), number("b", 5)}, only(number("db", 3))) == "passed");
}

TEST_CASE("Gradient through a product of matrices: the sums of the other's rows and columns") {
  const json nodes = {node("MatMul", "a b", "c"), node("ReduceSum", "c", "y", {{"keepdims", 0}}),
                      gradient("a b", "da db", {{"xs", {"a", "b"}}, {"y", "y"}})};
  const json inputs = {tensor("a", {2, 3}, {1, 2, 3, 4, 5, 6}),
                       tensor("b", {3, 2}, {1, 2, 3, 4, 5, 6})};
  const json da = tensor("da", {2, 3}, {3, 7, 11, 3, 7, 11});
  const json db = tensor("db", {3, 2}, {5, 5, 7, 7, 9, 9});
  CHECK(outcome(nodes, inputs, {da, db}) == "passed");
}

TEST_CASE("Gradient of cross entropy: (softmax - one hot) / rows") {
  const json nodes = {
      node("SoftmaxCrossEntropyLoss", "x labels", "loss"),
      gradient("x labels", "dx", {{"xs", {"x"}}, {"zs", {"labels"}}, {"y", "loss"}})};
  const json inputs = {tensor("x", {2, 3}, {0, 0, 0, 0, 0, 0}),
                       tensor("labels", {2}, {0, 2}, "int64")};
  const double log_3 = 1.0986122886681098, sixth = 1.0 / 6, third = 1.0 / 3;
  const json dx = tensor("dx", {2, 3}, {-third, sixth, sixth, sixth, sixth, -third});
  CHECK(outcome(nodes, inputs, {number("loss", log_3), dx}) == "passed");
}

TEST_CASE("Gradient with respect to a mask of attention is not lost") {
  // One query, two keys with scores 0: y = (e^a v0 + e^b v1) / (e^a + e^b), so at a = b = 0
  // dy/da = (v0 - v1) / 4.
  const json nodes = {node("Attention", "q k v mask", "y"),
                      gradient("mask", "dmask", {{"xs", {"mask"}}, {"y", "y"}})};
  const json inputs = {tensor("q", {1, 1, 1, 1}, {0}), tensor("k", {1, 1, 2, 1}, {0, 0}),
                       tensor("v", {1, 1, 2, 1}, {6, 2}), tensor("mask", {1, 2}, {0, 0})};
  CHECK(outcome(nodes, inputs, only(tensor("dmask", {1, 2}, {1, -1}))) == "passed");
}

TEST_CASE("Gradient of a Gradient is unsupported") {
  const json nodes = {node("Mul", "a a", "c"), gradient("a", "da", {{"xs", {"a"}}, {"y", "c"}}),
                      gradient("a", "dda", {{"xs", {"a"}}, {"y", "da"}})};
  CHECK(run(nodes, only(number("a", 3)), only(number("dda", 2))).outcome == Outcome::unsupported);
  CHECK(outcome(nodes, only(number("a", 3)), only(number("da", 6))) == "passed");
}

TEST_CASE("ONNX's operator cases: none fails, and gradus lacks only what is listed here") {
  const auto file = gradus::testing::shared_path("conformance/ops/onnx_node_cases.jsonl");
  if (!file) return;
  std::set<std::string> lacking;
  for (const conformance::Case& source : conformance::read_cases(*file)) {
    const conformance::Result result = conformance::run_case(source);
    CHECK_MESSAGE(result.outcome != Outcome::failed, source.name << ": " << result.reason);
    if (result.outcome == Outcome::unsupported) lacking.insert(result.reason);
  }
  const std::set<std::string> expected = {"operator Adagrad", "operator GRU", "operator LSTM"};
  CHECK(lacking == expected);
}
