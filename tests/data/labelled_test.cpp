// Labelled texts: tables with and without header, and what is refused in them.

#include "data/labelled.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

LabelledTexts texts_in(const std::string& name, const std::string& bytes,
                       const TextColumns& columns = {}) {
  const testing::TemporaryFolder folder;
  return read_labelled_texts(folder.file(name, bytes), columns);
}

std::string refusal(const std::string& name, const std::string& bytes,
                    const TextColumns& columns = {}) {
  const testing::TemporaryFolder folder;
  const auto path = folder.file(name, bytes);
  return sentence_of<FileError>([&] { read_labelled_texts(path, columns); });
}

}  // namespace

TEST_CASE("a TSV file: no quoting, and columns by their usual names in any order and case") {
  const LabelledTexts read =
      texts_in("a.tsv", "Label\tid\tSENTENCE\r\n1\t7\tgood \"film\r\n\r\n0\t8\t\"bad\"\r\n");
  CHECK_FALSE(read.pairs);
  REQUIRE(read.rows.size() == 2);
  CHECK(read.rows[0].text == "good \"film");
  CHECK(read.rows[0].label == "1");
  CHECK(read.rows[0].line == 2);
  CHECK(read.rows[1].text == "\"bad\"");
  CHECK(read.rows[1].line == 4);
}

TEST_CASE("a CSV file: quoted fields hold commas, line ends and doubled quotes") {
  const LabelledTexts read =
      texts_in("a.csv", "\xef\xbb\xbftext,label\r\n\"a, \"\"b\"\"\r\nc\",x y\r\nplain \"q\",\"z\"");
  REQUIRE(read.rows.size() == 2);
  CHECK(read.rows[0].text == "a, \"b\"\r\nc");
  CHECK(read.rows[0].label == "x y");
  CHECK(read.rows[1].text == "plain \"q\"");
  CHECK(read.rows[1].label == "z");
  CHECK(read.rows[1].line == 4);
}

TEST_CASE("pairs: two columns of text; rows without a label are left out and counted") {
  const LabelledTexts read = texts_in(
      "a.tsv", "premise\thypothesis\tgold_label\na\tb\tyes\nc\td\t-\ne\tf\t-1\ng\th\t\ni\tj\tno\n");
  CHECK(read.pairs);
  CHECK(read.unlabelled == 2);
  REQUIRE(read.rows.size() == 3);
  CHECK(read.rows[1].label == "-1");
  CHECK(read.rows[2].text == "i");
  CHECK(read.rows[2].second == "j");
  CHECK(read.rows[2].label == "no");
}

TEST_CASE("pairs of class -1 have no label only where all others are whole numbers from 0 on") {
  const auto left_of = [](const std::string& labels) {
    std::string table = "text1\ttext2\tlabel\n";
    for (const char label : labels) {
      table += std::string("a\tb\t") + (label == 'm' ? "-1" : std::string(1, label)) + "\n";
    }
    LabelledTexts read = texts_in("a.tsv", table);
    leave_out_minus_ones(read);
    CHECK(read.rows.size() + static_cast<size_t>(read.unlabelled) == labels.size());
    return read.rows.size();
  };
  CHECK(left_of("01m2m") == 3);
  CHECK(left_of("0mx") == 3);
  CHECK(left_of("mm") == 2);
  LabelledTexts single = texts_in("a.tsv", "text\tlabel\na\t-1\nb\t0\n");
  leave_out_minus_ones(single);
  CHECK(single.rows.size() == 2);
}

TEST_CASE("a table for predictions needs no labels and keeps every row") {
  const auto texts = [](const std::string& bytes, bool pairs) {
    const testing::TemporaryFolder folder;
    std::vector<std::string> all;
    for (const LabelledText& row : read_texts(folder.file("a.tsv", bytes), pairs).rows) {
      all.push_back(pairs ? row.text + "/" + row.second : row.text);
    }
    return all;
  };
  using Texts = std::vector<std::string>;
  CHECK(texts("index\tsentence\n0\tgood\n1\t\n2\tbad\n", false) == Texts{"good", "", "bad"});
  CHECK(texts("sentence1\tsentence2\tlabel\na\tb\t-\nc\td\t-1\n", true) == Texts{"a/b", "c/d"});
  CHECK(texts("good\t1\nbad\t0\n", false) == Texts{"good", "bad"});
  CHECK(texts("a\tb\n", true) == Texts{"a/b"});
  CHECK(contains(sentence_of<FileError>([&] { texts("sentence\na\n", true); }),
                 "these are single texts; the model reads pairs"));
}

TEST_CASE("a question with a sentence is a pair, a question alone is a text") {
  CHECK(texts_in("a.tsv", "sentence\tquestion\tlabel\ns\tq\t1\n").rows[0].text == "q");
  CHECK_FALSE(texts_in("a.csv", "question,label\nq,1\n").pairs);
}

TEST_CASE("a table of two or three columns without a header is read from its first row on") {
  const LabelledTexts two = texts_in("a.txt", "Wow... Loved this, really.\t1\nCrust.\t0\n");
  REQUIRE(two.rows.size() == 2);
  CHECK_FALSE(two.header);
  CHECK(texts_in("a.txt", "text\tlabel\nx\t1\n").header);
  CHECK(two.rows[0].text == "Wow... Loved this, really.");
  CHECK(two.rows[0].label == "1");
  const LabelledTexts three = texts_in("a.txt", "one,two,three\nfour,five,six\n");
  CHECK(three.pairs);
  REQUIRE(three.rows.size() == 2);
  CHECK(three.rows[1].second == "five");
}

TEST_CASE("columns may be named, and a name that is not there is told with those that are") {
  const std::string table = "body\tverdict\tlabel\nfine\tgood\t3\n";
  const LabelledTexts read = texts_in("a.tsv", table, {.text = "Body", .label = "verdict"});
  CHECK(read.rows[0].text == "fine");
  CHECK(read.rows[0].label == "good");
  CHECK(contains(refusal("a.tsv", table, {.text = "boddy"}),
                 "a.tsv: there is no column 'boddy'; there are: body, verdict, label"));
  CHECK(contains(refusal("a.tsv", table), "no column has one of a text's usual names"));
  CHECK(contains(refusal("a.tsv", "text\tfoo\nx\ty\n"),
                 "no column has one of a label's usual names"));
}

TEST_CASE("a table that cannot be read is refused in one sentence with its line") {
  CHECK(contains(refusal("a.tsv", ""), "a.tsv: the file holds no rows"));
  CHECK(contains(refusal("a.csv", "\n\r\n\n"), "a.csv: the file holds no rows"));
  CHECK(contains(refusal("a.tsv", "text\tlabel\n"), "a.tsv: the file holds no labelled text"));
  CHECK(contains(refusal("a.tsv", "text\tlabel\nx\t1\ny\n"),
                 "a.tsv:3: the row has 1 fields, the first row has 2"));
  CHECK(contains(refusal("a.tsv", "text\tlabel\nx\t\n"), "a.tsv:2: the label is empty"));
  CHECK(contains(refusal("a.tsv", "text\tlabel\n \t1\n"), "a.tsv:2: the text is empty"));
  CHECK(contains(refusal("a.tsv", "text\tlabel\nx\xff\t1\n"), "a.tsv:2: the text is not valid"));
  CHECK(contains(refusal("a.tsv", std::string("text\tlabel\nx\0\t1\n", 15)),
                 "a.tsv:2: a NUL byte stands in the text"));
  CHECK(contains(refusal("a.csv", "text,label\nx,1\n\"y\nz,1\n"),
                 "a.csv:3: the quote that opens here is never closed"));
  CHECK(contains(refusal("a.csv", "text,label\n\"x\"y,1\n"), "a.csv:2: after a closing quote"));
}

TEST_CASE("a million columns and a line of ten million bytes are read or refused, as any others") {
  std::string wide = "x";
  for (int i = 0; i < 1'000'000; ++i) wide += "\tx";
  const std::string sentence = refusal("a.tsv", wide + "\n" + wide + "\n");
  CHECK(contains(sentence, "no column has"));
  CHECK(sentence.size() < 400);
  const std::string text(10'000'000, 'a');
  CHECK(texts_in("a.tsv", "text\tlabel\n" + text + "\t1\n").rows[0].text.size() == text.size());
  CHECK(contains(refusal("a.csv", "text,label\n\"" + text), "a.csv:2: the quote"));
}

TEST_CASE("several labels part at commas and bars; a number must be one") {
  using Labels = std::vector<std::string>;
  CHECK(split_labels("joy, big surprise|fear") == Labels{"joy", "big surprise", "fear"});
  CHECK(split_labels(" ,") == Labels{});
  CHECK(parse_number(" -2.5 ", "x") == real(-2.5));
  CHECK(parse_number("1e-1", "x") == real(0.1));
  for (const char* text : {"", "two", "1,5", "nan", "inf", "1e999", "0x10", "3 4"}) {
    CAPTURE(text);
    CHECK(contains(sentence_of<ValueError>([&] { parse_number(text, "f.tsv:7"); }),
                   "f.tsv:7: the label '"));
  }
}

TEST_CASE("the field's tables are read whole") {
  struct Table {
    const char* name;
    size_t rows;
    bool pairs;
  };
  for (const Table& table :
       {Table{"sst2/train.tsv", 67349, false}, Table{"sst2/dev.tsv", 872, false},
        Table{"snli/test.tsv", 9824, true}, Table{"snli/validation.tsv", 9842, true},
        Table{"uci-sentiment/imdb_labelled.txt", 1000, false},
        Table{"uci-sentiment/yelp_labelled.txt", 1000, false},
        Table{"uci-sentiment/amazon_cells_labelled.txt", 1000, false}}) {
    const auto path = testing::shared_path(std::string("data/") + table.name);
    if (!path) continue;
    const LabelledTexts read = read_labelled_texts(*path);
    CAPTURE(table.name);
    CHECK(read.rows.size() == table.rows);
    CHECK(read.pairs == table.pairs);
    CHECK(read.unlabelled == 0);
  }
}
