// The README's first example prints what the README says.

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "gradus.h"

using namespace gradus;

TEST_CASE("the ten lines of the README print what stands below them") {
  Tensor x = from_data({2, 3}, {1, 2, 3, 4, 5, 6}).requires_grad_();
  Tensor loss = sum(x * x + 1);
  loss.backward();
  const std::string printed = fmt::format("{}\n{}\n", loss, x.grad());

  std::ifstream file(std::string(GRADUS_SOURCE_DIR) + "/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  CHECK(readme.str().find("Tensor loss = sum(x * x + 1);") != std::string::npos);
  CHECK(readme.str().find("```\n" + printed + "```") != std::string::npos);
}
