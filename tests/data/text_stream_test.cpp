// What may be shown of a text that arrives in pieces.

#include "data/text_stream.h"

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

std::vector<std::string> shown(TextStream stream, const std::vector<std::string>& pieces) {
  std::vector<std::string> parts;
  for (const std::string& piece : pieces) parts.push_back(stream.add(piece));
  parts.push_back(stream.finish());
  return parts;
}

using Parts = std::vector<std::string>;

}  // namespace

TEST_CASE("TextStream: a character is shown when its last byte has come") {
  CHECK(shown(TextStream(), {"a", "\xC3", "\xA9", "z"}) == Parts{"a", "", "\u00E9", "z", ""});
  CHECK(shown(TextStream(), {"\xF0\x9F", "\x98", "\x80!"}) == Parts{"", "", "\U0001F600!", ""});
}

TEST_CASE("TextStream: bytes that are no UTF-8 become U+FFFD, at the latest at the end") {
  CHECK(shown(TextStream(), {"\xFF", "a"}) == Parts{"\uFFFD", "a", ""});
  CHECK(shown(TextStream(), {"\xC3", "a"}) == Parts{"",
                                                    "\uFFFD"
                                                    "a",
                                                    ""});
  CHECK(shown(TextStream(), {"\x80"}) == Parts{"\uFFFD", ""});
  CHECK(shown(TextStream(), {"a\xE2\x82"}) == Parts{"a", "\uFFFD\uFFFD"});
  CHECK(shown(TextStream(), {"\xF5\x80"}) == Parts{"\uFFFD\uFFFD", ""});
}

TEST_CASE("TextStream: a stop string ends the text before it, wherever pieces are cut") {
  CHECK(shown(TextStream({"END"}), {"the EN", "D of"}) == Parts{"the ", "", ""});
  CHECK(shown(TextStream({"END"}), {"theENDof"}) == Parts{"the", ""});
  CHECK(shown(TextStream({"END"}), {"E", "N", "E", "N", "D"}) == Parts{"", "", "EN", "", "", ""});
  CHECK(shown(TextStream({"END"}), {"EN"}) == Parts{"", "EN"});
  CHECK(shown(TextStream({"\u00E9"}), {"a\xC3",
                                       "\xA9"
                                       "b"}) == Parts{"a", "", ""});
  // Of several the first in the text counts.
  CHECK(shown(TextStream({"xyz", "y"}), {"ax", "yz"}) == Parts{"a", "", ""});
  CHECK(shown(TextStream({"bc", "b"}), {"abc"}) == Parts{"a", ""});
  TextStream stream({"\n\n"});
  CHECK(stream.add("one\n") == "one");
  CHECK_FALSE(stream.stopped());
  CHECK(stream.add("\ntwo") == "");
  CHECK(stream.stopped());
  CHECK(stream.add("three") == "");
}

TEST_CASE("TextStream: an empty stop string is refused") {
  CHECK(message_of<ValueError>([] { TextStream({""}); }) == "a stop string is empty");
}
