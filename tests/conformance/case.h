#pragma once
// A test case: a graph of ONNX nodes, the values of its inputs and the expected outputs.
// A file holds one JSON object per line:
//   {"case": name, "opset": [[domain, version], ...],
//    "nodes": [{"op", "inputs": [names], "outputs": [names], "attrs": {...}, "domain"}, ...],
//    "inputs": [tensor, ...], "initializers": [tensor, ...], "outputs": [tensor, ...]}
// with tensors {"name", "dtype", "dims", "data"}. An empty name stands for an absent value.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/conformance/value.h"

namespace gradus::conformance {

struct Node {
  std::string op, domain;  // domain "" is ONNX's own
  std::vector<std::string> inputs, outputs;
  nlohmann::json attributes = nlohmann::json::object();
};

struct Named {
  std::string name;
  nlohmann::json tensor;  // read when it is needed: its type may be unsupported
};

struct Case {
  std::string name;
  std::map<std::string, int64_t> opset;  // version by domain
  std::vector<Node> nodes;
  std::vector<Named> given;     // inputs and initializers
  std::vector<Named> expected;  // outputs
};

/// Throws ValueError if the text is not a test case.
Case parse_case(const std::string& line);
/// All cases of a file. Throws FileError.
std::vector<Case> read_cases(const std::filesystem::path& path);

/// A tensor of a case or of an attribute. Throws Unsupported, ValueError.
Value parse_tensor(const nlohmann::json& tensor);

}  // namespace gradus::conformance
