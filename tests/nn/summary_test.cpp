// The parameter report: counts that must add up, by hand for a small model.

#include "nn/summary.h"

#include "nn/gpt.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// V = 5, T = 3, C = 4, one layer. Attention: 12·4 + 12 + 4·4 + 4 = 80. MLP: 16·4 + 16 + 4·16 + 4 =
// 148. Norms: 3 · 8 = 24. Embeddings: 5·4 + 3·4 = 32.
GPT tiny_model() {
  return GPT({.block_size = 3, .vocab_size = 5, .n_layer = 1, .n_head = 2, .n_embd = 4});
}

struct Other : Module {
  Linear classifier = child("classifier", Linear(2, 3));
};

}  // namespace

TEST_CASE("parameter_groups: embeddings, attention, MLP and norms as counted by hand") {
  std::string text;
  for (const ParameterGroup& g : parameter_groups(tiny_model())) {
    text += fmt::format("{} {}, ", g.kind, g.count);
  }
  CHECK(text == "embedding 32, attention 80, MLP 148, norm 24, ");
}

TEST_CASE(
    "parameter_groups: what has no known name is 'other', and kinds without members are left out") {
  const auto groups = parameter_groups(Other());
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].kind == "other");
  CHECK(groups[0].count == 9);
}

TEST_CASE("summary: one line per parameter with shape and share, totals, the frozen ones marked") {
  GPT model = tiny_model();
  model.requires_grad(false, "wpe");
  const std::string text = summary(model);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    REQUIRE(end != text.npos);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  CHECK(lines.size() ==
        1 + model.named_parameters().size() + 1 + 4 + 1);  // head, blank, kinds, total
  const auto line_of = [&](const std::string& name) {
    for (const std::string& line : lines) {
      if (line.starts_with(name + " ")) return line;
    }
    return std::string("no such line");
  };
  CHECK(contains(line_of("wte.weight"), "(5, 4)"));
  CHECK(contains(line_of("wte.weight"), "7.04"));  // 20 of 284
  CHECK_FALSE(contains(line_of("wte.weight"), "frozen"));
  CHECK(contains(line_of("wpe.weight"), "frozen"));
  CHECK(contains(line_of("MLP"), "52.11"));  // 148 of 284
  CHECK(contains(line_of("total"), "284"));
  CHECK(contains(line_of("total"), "100.00"));
}

TEST_CASE("summary: a model under MetaMode has one too") {
  const MetaMode no_memory;
  CHECK(contains(summary(GPT(GPTConfig{})), "124439808"));
}
