// Plain text to documents and sentences.

#include "data/documents.h"

#include <doctest/doctest.h>

#include "data/file.h"
#include "data/sentences.h"
#include "support.h"

using namespace gradus;

namespace {

using SentenceList = std::vector<std::string>;
using Documents = std::vector<Document>;

SentenceList sentences_in(std::string_view text, Marks marks = Marks::attached) {
  const auto views = split_sentences(text, marks);
  return {views.begin(), views.end()};
}

std::string read_bytes(const std::string& name) { return read_file(*testing::shared_path(name)); }

}  // namespace

TEST_CASE("split_sentences: a mark, white space and a capital or a digit part two sentences") {
  CHECK(sentences_in("It rained. Ada ran! Why? 2 days later") ==
        SentenceList{"It rained.", "Ada ran!", "Why?", "2 days later"});
  CHECK(sentences_in("It rained. and rained.") == SentenceList{"It rained. and rained."});
  CHECK(sentences_in("What?! No...  Élan. Élan") ==
        SentenceList{"What?!", "No...", "Élan.", "Élan"});
  CHECK(sentences_in("It cost 3.5 or .5 at v1.2.3 of a.b.C and x.Y") ==
        SentenceList{"It cost 3.5 or .5 at v1.2.3 of a.b.C and x.Y"});
}

TEST_CASE("split_sentences: an abbreviation's full stop ends nothing") {
  CHECK(sentences_in(
            "Mr. Ada met Dr. J. R. Smith vs. Prof. X in the U.S. Army, e.g. St. Ives etc. Then.")
            .size() == 1);
  CHECK(sentences_in("See No. 5 and Vol. 3, p. 7. No. He did not.") ==
        SentenceList{"See No. 5 and Vol. 3, p. 7.", "No.", "He did not."});
  CHECK(sentences_in("She is older than I. He is not.").size() == 2);
  CHECK(sentences_in("Is it Dr.? Yes. MR. X") == SentenceList{"Is it Dr.?", "Yes.", "MR. X"});
}

TEST_CASE(
    "split_sentences: closing quotes and brackets stay with the sentence, opening ones go on") {
  CHECK(
      sentences_in("\"Come!\" Ada said. (It rained.) \"Why?\" she asked. “No.” ‘Yes.’ [1] End.") ==
      SentenceList{"\"Come!\"", "Ada said.", "(It rained.)", "\"Why?\" she asked.", "“No.”",
                   "‘Yes.’", "[1] End."});
  CHECK(sentences_in("He left. \"") == SentenceList{"He left. \""});
}

TEST_CASE("split_sentences: where marks stand alone, only those end a sentence") {
  CHECK(sentences_in("Ada Inc. Ltd. came . Then Mt. Doom ? Yes , e.g. No", Marks::set_apart) ==
        SentenceList{"Ada Inc. Ltd. came .", "Then Mt. Doom ?", "Yes , e.g. No"});
  CHECK(sentences_in("\" Come . \" Then ( it rained . ) \" Why ? \" End", Marks::set_apart) ==
        SentenceList{"\" Come . \"", "Then ( it rained . )", "\" Why ? \"", "End"});
}

TEST_CASE("split_sentences: no text, no sentence; bytes that are not UTF-8 stay as they are") {
  CHECK(sentences_in("").empty());
  CHECK(sentences_in(" \t\r\n ").empty());
  CHECK(sentences_in(".") == SentenceList{"."});
  CHECK(sentences_in("\xff\xfe. \xff. A") == SentenceList{"\xff\xfe. \xff.", "A"});
}

TEST_CASE("split_sentences: a line of two million bytes takes linear time, whatever they are") {
  constexpr size_t n = 2'000'000;
  for (const std::string piece : {"a", "a.", ". ", ".", "\"", ". (", "A. ", "ab. C"}) {
    std::string text;
    while (text.size() < n) text += piece;
    size_t bytes = 0;
    for (const std::string_view sentence : split_sentences(text)) bytes += sentence.size();
    CHECK(bytes <= text.size());
    CHECK(bytes > text.size() / 4);
  }
}

TEST_CASE("read_documents: BERT's format has a sentence per line, blank lines between documents") {
  const Documents expected = {{"One. Two.", "three"}, {"Four"}};
  CHECK(read_documents("One. Two.\nthree\n\nFour\n", DocumentFormat::lines) == expected);
  CHECK(read_documents("\n\r\n  One. Two. \r\nthree\r\n \t \r\n\r\nFour", DocumentFormat::lines) ==
        expected);
  CHECK(read_documents("One", DocumentFormat::lines) == Documents{{"One"}});
}

TEST_CASE("read_documents: running text is cut into sentences, blank lines between documents") {
  CHECK(read_documents("One. Two.\nThree. Four\n\nFive.", DocumentFormat::text) ==
        Documents{{"One.", "Two.", "Three.", "Four"}, {"Five."}});
}

TEST_CASE("read_documents: a WikiText title begins a document, its signs become text again") {
  const std::string text =
      " \n = Ada = \n \n Ada was 17 @-@ years old , in the U.S. Army . She was 3 @.@ 5 <unk> high "
      ". "
      "\n \n = = Life = = \n \n \" It is 1 @,@ 000 . \" <unk> said . \n = Bo = \n = Cy = \n Cy ran "
      ".";
  const Documents expected = {{"Ada was 17-years old , in the U.S. Army .",
                               "She was 3.5 [UNK] high .", "\" It is 1,000 . \"", "[UNK] said ."},
                              {"Cy ran ."}};
  CHECK(read_documents(text) == expected);
}

TEST_CASE("read_documents: a text of white space has no document") {
  for (const std::string text : {"", " ", "\n\n", "\r\n \t\r\n"}) {
    for (const auto format : {DocumentFormat::automatic, DocumentFormat::lines,
                              DocumentFormat::text, DocumentFormat::wikitext}) {
      CHECK(read_documents(text, format).empty());
    }
  }
}

TEST_CASE("detect_format: by the first line, else by how many lines hold several sentences") {
  CHECK(detect_format("\n = Title = \n Text . \n") == DocumentFormat::wikitext);
  CHECK(detect_format("= = Section = =\nOne. Two.") == DocumentFormat::text);
  std::string lines;
  for (int i = 0; i < 9; ++i) lines += "A sentence.\n\n";
  CHECK(detect_format(lines + "One. Two.") == DocumentFormat::lines);
  CHECK(detect_format(lines + "One. Two.\nThree. Four.") == DocumentFormat::text);
  CHECK(detect_format("One. Two. Three.") == DocumentFormat::text);
}

TEST_CASE("read_documents: WikiText-2 has as many documents as titles with text below them") {
  const std::string name = "data/wikitext-2/valid.txt";
  if (!testing::shared_path(name)) return;
  const std::string text = read_bytes(name);
  const auto documents = read_documents(text);
  CHECK(documents.size() == 60);  // titles: grep -c '^ = [^=]* = $'
  // Headings apart, every full stop that stands alone and is followed by a capital ends a sentence.
  CHECK(count_sentences(documents) > 7000);
  for (const Document& document : documents) {
    for (const std::string& sentence : document) {
      CHECK(sentence == trimmed(sentence));
      CHECK(!testing::contains(sentence, "<unk>"));
      CHECK(!testing::contains(sentence, " @-@ "));
    }
  }
}
