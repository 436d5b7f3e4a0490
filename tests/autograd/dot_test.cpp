#include "autograd/dot.h"

#include <regex>

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// Ids count up over the whole program: n812 -> n0, in order of their first appearance.
std::string renumbered(const std::string& dot) {
  std::string result = dot;
  std::vector<std::string> ids;
  const std::regex id("n[0-9]+");
  for (std::sregex_iterator it(dot.begin(), dot.end(), id), end; it != end; ++it) {
    if (std::find(ids.begin(), ids.end(), it->str()) == ids.end()) ids.push_back(it->str());
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    result = std::regex_replace(result, std::regex(ids[i] + "\\b"), fmt::format("#{}", i));
  }
  return result;
}

}  // namespace

TEST_CASE("to_dot draws every node once, leaves as ellipses, frozen ones dashed") {
  Tensor x = ones({2, 3}).requires_grad_(), w = ones({3}).requires_grad_();
  const Tensor h = x * w;
  const Tensor y = sum(h + h);
  w.requires_grad_(false);
  CHECK(renumbered(to_dot(y)) ==
        "digraph gradus {\n"
        "  rankdir=BT;\n"
        "  #0 [label=\"sum\\n()\", shape=box];\n"
        "  #1 -> #0;\n"
        "  #1 [label=\"add\\n(2, 3)\", shape=box];\n"
        "  #2 -> #1;\n"
        "  #2 -> #1;\n"
        "  #2 [label=\"mul\\n(2, 3)\", shape=box];\n"
        "  #3 -> #2;\n"
        "  #4 -> #2;\n"
        "  #4 [label=\"leaf\\n(3)\", shape=ellipse, style=dashed];\n"
        "  #3 [label=\"leaf\\n(2, 3)\", shape=ellipse];\n"
        "}\n");
}

TEST_CASE("to_dot of a tensor without history is an empty graph") {
  CHECK(to_dot(ones({2})) == "digraph gradus {\n  rankdir=BT;\n}\n");
}

TEST_CASE("to_dot shows that backward has freed a node") {
  Tensor x = ones({2}).requires_grad_();
  const Tensor y = sum(x * x);
  y.backward();
  CHECK(renumbered(to_dot(y)) ==
        "digraph gradus {\n"
        "  rankdir=BT;\n"
        "  #0 [label=\"sum\\n()\", shape=box, style=dotted];\n"
        "}\n");
}
