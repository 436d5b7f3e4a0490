#include "data/utf8.h"

#include "support.h"

using namespace gradus;

TEST_CASE("utf8: every scalar value survives append and decode, in one to four bytes") {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    append_utf8(text, c);
    const CodePoint decoded = decode_utf8(text, 0);
    const size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    const bool same = decoded.value == c && decoded.length == length && text.size() == length;
    if (!same) FAIL("U+" << std::hex << static_cast<uint32_t>(c));
  }
}

TEST_CASE("utf8: the byte sequences of RFC 3629 section 4 and no others are valid") {
  CHECK(!find_invalid_utf8("Xin ch\u00e0o \u65e5\u672c \U0001f600"));
  CHECK(find_invalid_utf8("ab\x80") == 2);            // a continuation alone
  CHECK(find_invalid_utf8("\xc0\xaf") == 0);          // overlong '/'
  CHECK(find_invalid_utf8("\xe0\x80\xaf") == 0);      // overlong '/'
  CHECK(find_invalid_utf8("\xf0\x80\x80\xaf") == 0);  // overlong '/'
  CHECK(find_invalid_utf8("a\xed\xa0\x80") == 1);     // surrogate U+D800
  CHECK(find_invalid_utf8("\xf4\x90\x80\x80") == 0);  // U+110000
  CHECK(find_invalid_utf8("\xf5\x80\x80\x80") == 0);
  CHECK(find_invalid_utf8("\xff") == 0);
  CHECK(find_invalid_utf8("abc\xe2\x82") == 3);   // cut short
  CHECK(find_invalid_utf8("\xe2\x28\xa1") == 0);  // second byte is no continuation
}

TEST_CASE("utf8: characters are counted, not bytes") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("h\u00e9llo") == 5);
  CHECK(count_code_points("\U0001f600\n") == 2);
}

TEST_CASE(
    "utf8: a sentence shows a character with its number, a control character by number only") {
  CHECK(describe(U'\u00e9') == "'\u00e9' (U+00E9)");
  CHECK(describe(U'\n') == "U+000A");
  CHECK(describe(0x1f600) == "'\U0001f600' (U+1F600)");
}
