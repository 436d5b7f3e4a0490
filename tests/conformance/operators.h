#pragma once
// How each ONNX operator is answered by gradus: a table from operator names to functions, filled
// family by family. An operator is listed only if gradus computes it; plain loops over numbers
// stand in for nothing but the arithmetic of shapes and indices.
//
// https://onnx.ai/onnx/operators holds the definitions that the functions follow.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "tests/conformance/case.h"

namespace gradus::conformance {

/// A node about to be computed: its attributes and the values of its inputs.
class Call {
 public:
  Call(const Node& node, int64_t opset, std::vector<Value> inputs)
      : node_(node), opset_(opset), inputs_(std::move(inputs)) {}

  /// Version of the operator set that the graph was written for: it decides about defaults.
  int64_t opset() const { return opset_; }
  size_t size() const { return inputs_.size(); }
  size_t outputs() const { return node_.outputs.size(); }
  /// Whether somebody reads output i.
  bool wants(size_t i) const { return i < outputs() && !node_.outputs[i].empty(); }

  /// Whether input i is there; the input; its numbers, undefined if it is absent.
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i].defined(); }
  const Value& operator[](size_t i) const;
  Tensor tensor(size_t i) const { return has(i) ? inputs_[i].tensor() : Tensor(); }

  bool has(const char* attribute) const { return node_.attributes.contains(attribute); }
  int64_t integer(const char* attribute, std::optional<int64_t> otherwise = {}) const;
  real number(const char* attribute, std::optional<double> otherwise = {}) const;
  std::string text(const char* attribute, const std::string& otherwise) const;
  std::vector<int64_t> integers(const char* attribute) const;
  std::vector<std::string> texts(const char* attribute) const;
  Value value(const char* attribute) const;    // a tensor
  Value numbers(const char* attribute) const;  // a list of floats

  /// A list that is an attribute in old operator sets and input i in new ones.
  std::optional<std::vector<int64_t>> list(const char* attribute, size_t i) const;

 private:
  const nlohmann::json* find(const char* attribute) const;

  const Node& node_;
  int64_t opset_;
  std::vector<Value> inputs_;
};

struct Operator {
  /// One value per output, in order; those that gradus cannot produce are missing or undefined.
  std::function<std::vector<Value>(const Call&)> run;
  std::vector<std::string> attributes;  // those it understands; any other makes a case unsupported
};

using Table = std::map<std::string, Operator>;

void add_arithmetic(Table& table);
void add_activations(Table& table);
void add_comparisons(Table& table);
void add_views(Table& table);
void add_joins(Table& table);
void add_constants(Table& table);
void add_reductions(Table& table);
void add_indexing(Table& table);
void add_products(Table& table);
void add_normalisations(Table& table);
void add_losses(Table& table);
void add_attention(Table& table);
void add_rotary_embedding(Table& table);
void add_optimizers(Table& table);

/// Null if gradus has nothing to answer it with.
const Operator* find_operator(const Node& node);

// What several families share.

/// Index of `axis` in [0, rank); negative axes count from the end.
int positive_axis(int64_t axis, int rank);
/// Rows `ids` along dimension d: x (..., n, ...) -> (..., shape of ids, ...)
Tensor index_select(const Tensor& x, int d, const Tokens& ids);
/// The order of dimension d reversed.
Tensor flip(const Tensor& x, int d);

}  // namespace gradus::conformance
