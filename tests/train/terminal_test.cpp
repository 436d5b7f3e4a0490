// Text as wide as the terminal.

#include "train/terminal.h"

#include <doctest/doctest.h>

using gradus::terminal_width;
using gradus::wrapped;

TEST_CASE("wrapped: lines end between words, none is wider than it may be") {
  CHECK(wrapped("", 10) == "");
  CHECK(wrapped("one two three", 80) == "one two three");
  CHECK(wrapped("one two three", 7) == "one two\nthree");
  CHECK(wrapped("one two three", 6) == "one\ntwo\nthree");
  CHECK(wrapped("one two three", 9, 2) == "  one two\n  three");
  CHECK(wrapped("a  gap\nand a line", 80) == "a gap and a line");
}

TEST_CASE("wrapped: a word that is too long stands alone, and characters are counted, not bytes") {
  CHECK(wrapped("a considerable b", 5) == "a\nconsiderable\nb");
  CHECK(wrapped("tiếng Việt đẹp", 10) == "tiếng Việt\nđẹp");
}

TEST_CASE("terminal_width: 80 where there is no terminal") { CHECK(terminal_width(-1) == 80); }
