#include "data/mojibake.h"

#include "data/utf8.h"
#include "support.h"

using namespace gradus;
using testing::contains;

namespace {

const std::vector<std::string> honest = {
    "Tiếng Việt có sáu thanh điệu: ngang, huyền, sắc, hỏi, ngã, nặng. Đường phố rộn rã.",
    "L'été dernier, à Noël, « où êtes-vous ? » demanda-t-il, déçu — c’était l’évènement.",
    "我们在北京的学校里学习中文，老师很好。",
    "Größe, Übermut, Fußgänger; “quoted” – it’s 20 € or £15 ½…",
    "São João, coração, ÃO É ISSO, NÃO HÁ AMANHÃ, PÃES",
    "Ελληνικά, русский, 日本語, العربية, 🙂",
    "plain ASCII text",
    ""};

// The text's bytes, each taken for a Latin-1 character.
std::string misread(const std::string& text) {
  std::string result;
  for (const char byte : text) append_utf8(result, static_cast<unsigned char>(byte));
  return result;
}

}  // namespace

TEST_CASE("mojibake: honest text in any language is not suspected") {
  for (const std::string& text : honest) {
    CAPTURE(text);
    CHECK(mojibake_warning(text).value_or("") == "");
  }
}

TEST_CASE("mojibake: UTF-8 read as Latin-1 is, with an example and where it stands") {
  for (const std::string& text : honest) {
    if (text.find_first_of("\xc3\xc4\xe1\xe6\xce") == text.npos) continue;
    CAPTURE(text);
    CHECK(contains(mojibake_warning(misread(text)).value_or(""), "read as Latin-1"));
  }
  const std::string warning = mojibake_warning("Un cafÃ© trÃ¨s serrÃ©").value_or("");
  CHECK(contains(warning, "\"Ã©\" at byte 6 was probably \"é\", and there are 2 more"));
}

TEST_CASE("mojibake: Windows-1252's quotation marks and letters are bytes too") {
  const std::string english = "itâ€™s the catâ€™s â€œhatâ€\u009d";
  CHECK(contains(mojibake_warning(english).value_or(""), "\"â€™\" at byte 2 was probably \"’\""));
  // "tiếng việt đẹp" in UTF-8, read as Windows-1252.
  CHECK(contains(mojibake_warning("tiáº¿ng viá»‡t Ä‘áº¹p").value_or(""), "probably \"ế\""));
}

TEST_CASE("mojibake: one odd place is not enough, nor a few in much honest text") {
  CHECK_FALSE(mojibake_warning("the letters Ã© mean é"));
  CHECK_FALSE(mojibake_warning("Ã© Ã© Ã© " + honest[0] + honest[0]));
  CHECK_FALSE(mojibake_warning("\ufffd"));
}

TEST_CASE("mojibake: replacement characters, broken bytes and NUL bytes are reported") {
  CHECK(contains(mojibake_warning("caf\ufffd tr\ufffds serr\ufffd").value_or(""),
                 "3 characters could not be decoded"));
  CHECK(
      contains(mojibake_warning("caf\xe9 tr\xe8s serr\xe9 ").value_or(""), "the first at byte 3"));
  const std::string utf16("h\0e\0l\0l\0o\0", 10);
  CHECK(
      contains(mojibake_warning(utf16).value_or(""), "5 of 10 bytes are NUL, the first at byte 1"));
}
