#include "data/gpt2_split.h"

#include "support.h"

using namespace gradus;

namespace {

// The pieces in brackets.
std::string split(std::string_view text) {
  std::string shown;
  for (const std::string_view piece : gpt2_split(text)) {
    shown += '[' + std::string(piece) + ']';
  }
  return shown;
}

}  // namespace

// Expected pieces are those that Python's `regex` finds with the expression in gpt2_split.h.

TEST_CASE(
    "split into pieces: a space goes with the word that follows, other white space does not") {
  CHECK(split("Hello my friend, how's  it   going?\n\n x") ==
        "[Hello][ my][ friend][,][ how]['s][ ][ it][  ][ going][?][\n\n][ x]");
  CHECK(split("  a") == "[ ][ a]");
  CHECK(split("a  ") == "[a][  ]");
  CHECK(split("   ") == "[   ]");
  CHECK(split(" ") == "[ ]");
  CHECK(split("\t\ta") == "[\t][\t][a]");
  CHECK(split(" \n a") == "[ \n][ a]");
  CHECK(split("\r\n\r\nx") == "[\r\n\r][\n][x]");
  CHECK(split("") == "");
}

TEST_CASE("split into pieces: contractions are lower case and come before everything else") {
  CHECK(split("don't'd  'S") == "[don]['t]['d][ ][ '][S]");
  CHECK(split("I'll've 'll 're") == "[I]['ll]['ve][ '][ll][ '][re]");
  CHECK(split("we'rE'm") == "[we]['][rE]['m]");
  CHECK(split("'lll") == "['ll][l]");
  CHECK(split("''s") == "[''][s]");
  CHECK(split("' s") == "['][ s]");
  CHECK(split("'") == "[']");
  CHECK(split("it\u2019s") == "[it][\u2019][s]");
}

TEST_CASE("split into pieces: letters, numbers and the rest are told apart in all of Unicode") {
  CHECK(split("x\u00b2\u00bd\u2163 123abc") == "[x][\u00b2\u00bd\u2163][ 123][abc]");
  CHECK(split("$5.00 a_b") == "[$][5][.][00][ a][_][b]");
  CHECK(split(" \u0663\u0664x") == "[ \u0663\u0664][x]");
  CHECK(split("e\u0301a \u0301x") == "[e][\u0301][a][ \u0301][x]");  // marks are no letters
  CHECK(split("\u65e5\u672c \u30c6\u30ad\u3002") == "[\u65e5\u672c][ \u30c6\u30ad][\u3002]");
  CHECK(split("\U0001f600\U0001f600!a") == "[\U0001f600\U0001f600!][a]");
  CHECK(split(std::string_view("\0\0a", 3)) == std::string("[\0\0][a]", 7));
}

TEST_CASE("split into pieces: white space is Unicode's White_Space") {
  for (const char* space : {"\u0085", "\u00a0", "\u1680", "\u2000", "\u200a", "\u2028", "\u2029",
                            "\u202f", "\u205f", "\u3000"}) {
    const std::string s = space;
    CHECK(split("a" + s + "b") == "[a][" + s + "][b]");
    CHECK(split("a" + s + s + "b") == "[a][" + s + "][" + s + "][b]");
    CHECK(split(" " + s) == "[ " + s + "]");
  }
  for (const char* other : {"\x1c", "\u180e", "\u200b", "\ufeff"}) {
    CHECK(split(std::string(" ") + other + "!") == std::string("[ ") + other + "!]");
  }
}

TEST_CASE("split into pieces: bytes that are not UTF-8 are cut like U+FFFD and never lost") {
  CHECK(split("a\xff\xfe b") == "[a][\xff\xfe][ b]");
  CHECK(split(" \xc3") == "[ \xc3]");
  CHECK(split("a\xe4\xb8") == "[a][\xe4\xb8]");
  CHECK(split("\xed\xa0\x80!x") == "[\xed\xa0\x80!][x]");  // a surrogate
  CHECK(split("\xc0\xa0x") == "[\xc0\xa0][x]");            // an overlong space
}

TEST_CASE("split into pieces: whatever the bytes, the pieces joined are the text") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const std::string text = testing::random_text("ab1' \n\t!s\xc3\xa9\xff\xe3\x80", 40, seed);
    std::string joined;
    for (const std::string_view piece : gpt2_split(text)) {
      CHECK(!piece.empty());
      joined += piece;
    }
    CHECK(joined == text);
  }
}
