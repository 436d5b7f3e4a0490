// What somebody may have meant.

#include "train/near_names.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("edit_distance counts letters inserted, left out, exchanged and swapped") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "gpt") == 3);
  CHECK(edit_distance("gpt", "gpt") == 0);
  CHECK(edit_distance("gtp", "gpt") == 1);
  CHECK(edit_distance("pretran", "pretrain") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);  // no letter moves twice
}

TEST_CASE("near names begin with the word, or nearly are it, the nearest first") {
  const std::vector<std::string> names{"norm-placement", "norm-kind", "positions", "window", "all"};
  CHECK(near_names("norm", names) == std::vector<std::string>{"norm-kind", "norm-placement"});
  CHECK(near_names("position", names) == std::vector<std::string>{"positions"});
  CHECK(near_names("widnow", names) == std::vector<std::string>{"window"});
  CHECK(near_names("nonsense", names).empty());
}
