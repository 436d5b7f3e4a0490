#include "data/byte_level.h"

#include <set>

#include "support.h"

using namespace gradus;

TEST_CASE("printable bytes: the characters that openai/gpt-2 gives them") {
  CHECK(to_byte_level("a~!") == "a~!");
  CHECK(to_byte_level(" \n") == "\u0120\u010a");
  CHECK(to_byte_level(std::string("\0", 1)) == "\u0100");
  CHECK(to_byte_level("\x7f\x80\xa0\xad") == "\u0121\u0122\u0142\u0143");
  CHECK(to_byte_level("\xc3\xa9") == "\u00c3\u00a9");
}

TEST_CASE("printable bytes: 256 different characters, and back") {
  std::set<std::string> seen;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    const std::string shown = to_byte_level(bytes);
    CHECK(seen.insert(shown).second);
    CHECK(from_byte_level(shown) == bytes);
  }
}

TEST_CASE("printable bytes: a character that stands for no byte gives nothing") {
  for (const char* text : {" ", "a\n", "\u00a0", "\u00ad", "\u0144", "\u2581", "\xff"}) {
    CHECK_FALSE(from_byte_level(text).has_value());
  }
  CHECK(from_byte_level("") == "");
}

TEST_CASE(
    "printable bytes: the order begins with '!' and ends with the bytes that need a stand-in") {
  const auto& order = byte_level_order();
  CHECK(order[0] == '!');
  CHECK(order[93] == '~');
  CHECK(order[94] == 161);
  CHECK(order[187] == 255);
  CHECK(order[188] == 0);
  CHECK(order[188 + ' '] == ' ');
  CHECK(order[255] == 173);
}
