#include "tensor/tokens.h"

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("tokens are ids with a shape") {
  const Tokens ids({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ids.numel() == 6);
  CHECK(ids.dim(-1) == 3);
  CHECK(ids.data()[3] == 4);
  const Tokens filled({2, 2}, 7);
  CHECK(filled.ids == Ids{7, 7, 7, 7});
  CHECK(Tokens().numel() == 0);
}

TEST_CASE("ids must fill their shape") {
  CHECK(message_of<ShapeError>([] {
          Tokens({2, 2}, {1, 2, 3});
        }) == "tokens: 3 ids do not fill shape (2, 2)");
}

TEST_CASE("ids outside the table are refused with their place") {
  const Tokens ids({2, 2}, {0, 4, -1, 5});
  CHECK(message_of<ValueError>([&] { check_ids("embedding", ids, 5); }) ==
        "embedding: id -1 at position 2 of shape (2, 2) is outside [0, 5)");
  CHECK(message_of<ValueError>([&] { check_ids("embedding", ids, 5, -1); }) ==
        "embedding: id 5 at position 3 of shape (2, 2) is outside [0, 5)");
  CHECK_NOTHROW(check_ids("embedding", ids, 6, -1));
  CHECK_THROWS_AS(check_ids("embedding", Tokens({1}, INT32_MAX), 5), ValueError);
}
