#include "tests/conformance/case.h"

#include <fstream>
#include <limits>
#include <regex>
#include <utility>

#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus::conformance {
namespace {

using nlohmann::json;

// JSON has no infinities. Python's writer puts bare words, which become strings here: no name in
// the format contains them with this punctuation around.
std::string quote_non_finite(const std::string& line) {
  if (line.find("Infinity") == std::string::npos && line.find("NaN") == std::string::npos)
    return line;
  static const std::regex bare(R"(([\[,:]\s*)(-?Infinity|NaN)(?=\s*[\],}]))");
  // Neighbours share a comma, which lookahead leaves in place for the next match.
  return std::regex_replace(line, bare, "$1\"$2\"");
}

double parse_number(const json& number) {
  if (number.is_boolean()) return number.get<bool>() ? 1 : 0;
  if (number.is_number()) return number.get<double>();
  if (number.is_null()) return std::numeric_limits<double>::quiet_NaN();
  return std::stod(number.get<std::string>());  // nan, inf and infinity in any case and sign
}

int64_t parse_integer(const json& number) {
  return number.is_boolean() ? int64_t{number.get<bool>()} : number.get<int64_t>();
}

Node parse_node(const json& node) {
  Node result;
  result.op = node.at("op");
  result.domain = node.value("domain", "");
  if (result.domain == "ai.onnx") result.domain.clear();
  result.inputs = node.at("inputs");
  result.outputs = node.at("outputs");
  if (node.contains("attrs")) result.attributes = node.at("attrs");
  return result;
}

void append_tensors(std::vector<Named>& to, const json& from, const char* key) {
  if (!from.contains(key)) return;
  for (const json& tensor : from.at(key)) to.push_back({tensor.at("name"), tensor});
}

}  // namespace

Case parse_case(const std::string& line) {
  try {
    const json source = json::parse(quote_non_finite(line));
    Case result;
    result.name = source.at("case");
    for (const json& entry : source.at("opset")) {
      const std::string domain = entry.at(0);
      result.opset[domain == "ai.onnx" ? "" : domain] = entry.at(1);
    }
    for (const json& node : source.at("nodes")) result.nodes.push_back(parse_node(node));
    append_tensors(result.given, source, "initializers");
    append_tensors(result.given, source, "inputs");
    append_tensors(result.expected, source, "outputs");
    return result;
  } catch (const json::exception& error) {
    throw ValueError(fmt::format("not a test case: {}", error.what()));
  }
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  check<FileError>(file.good(), "{}: cannot be read", path.string());
  std::vector<Case> cases;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    try {
      cases.push_back(parse_case(line));
    } catch (const ValueError& error) {
      throw FileError(fmt::format("{}:{}: {}", path.string(), number, error.what()));
    }
  }
  return cases;
}

Value parse_tensor(const json& tensor) {
  const std::vector<int64_t> dims = tensor.at("dims");
  const std::string dtype = tensor.at("dtype");
  const Shape shape{std::span<const int64_t>(dims)};
  const json& data = tensor.at("data");
  check_shape(static_cast<int64_t>(data.size()) == shape.numel(), "{} numbers do not fill {}",
              data.size(), shape);
  if (!is_floating(dtype)) {
    std::vector<int64_t> integers;
    for (const json& number : data) integers.push_back(parse_integer(number));
    return Value(shape, std::move(integers), dtype);
  }
  std::vector<real> elements;
  for (const json& number : data) elements.push_back(static_cast<real>(parse_number(number)));
  return Value(from_data(shape, elements), dtype);
}

}  // namespace gradus::conformance
