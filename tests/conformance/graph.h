#pragma once
// Evaluates the graph of a case: a value is computed when somebody asks for its name, which visits
// the nodes in topological order.

#include <map>
#include <string>

#include "tests/conformance/case.h"

namespace gradus::conformance {

class Graph {
 public:
  /// Keeps a reference to `source`.
  explicit Graph(const Case& source);

  /// The value called `name`. Throws Unsupported where gradus has no answer, Error where it fails.
  Value value(const std::string& name);

 private:
  using Values = std::map<std::string, Value>;  // by name

  Value find(const std::string& name, Values& known);
  void compute(const Node& node, Values& known);
  std::vector<Value> run(const Node& node, Values& known);
  std::vector<Value> gradient(const Node& node, Values& known);
  Values read_given() const;

  const Case& case_;
  std::map<std::string, const Node*> producers_;  // by the names of their outputs
  Values known_;
  std::vector<const Node*> running_;  // from the one asked for down to the one being computed
  bool differentiating_ = false;
};

}  // namespace gradus::conformance
