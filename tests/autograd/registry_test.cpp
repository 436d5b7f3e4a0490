// Every op declared in autograd/ops.h and every view of tensor/tensor.h has a sample.

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Names = std::set<std::string>;

// Results that are indices or conditions: there is nothing to differentiate.
const Names without_gradient = {"equal", "less", "less_equal", "argmax", "one_hot"};

// Members of Tensor that return a Tensor and are no ops: no numbers change place.
const Names no_views = {"as_strided", "detach", "grad"};

std::string header(const char* path) {
  std::ifstream file(fmt::format("{}/{}", GRADUS_SOURCE_DIR, path));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names that the lines of a header declare; group 1 of the pattern is the name.
Names declared(const char* path, const char* pattern) {
  Names names;
  std::istringstream lines(header(path));
  const std::regex declaration(pattern);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, declaration)) names.insert(match[1]);
  }
  return names;
}

Names sampled() {
  Names names;
  for (const OpSample& sample : op_samples()) names.insert(sample.op);
  return names;
}

void check_sampled(const Names& names, const Names& exceptions) {
  const Names samples = sampled();
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(samples.contains(name) != exceptions.contains(name));
  }
  for (const std::string& name : exceptions) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

}  // namespace

TEST_CASE("every op of ops.h has a sample") {
  const Names ops = declared("autograd/ops.h", "^(?:Tensor|Tokens) (\\w+)\\(");
  CHECK(ops.size() > 40);
  check_sampled(ops, without_gradient);
}

TEST_CASE("every view of tensor.h has a sample") {
  const Names views =
      declared("tensor/tensor.h", "^  (?:Tensor|std::vector<Tensor>) (\\w+)\\(.*\\) const[; ]");
  CHECK(views.size() > 12);
  check_sampled(views, no_views);
}
