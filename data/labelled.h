#pragma once
// Texts with labels, in the file formats that the field uses: tables of sentences or pairs, words
// with tags in columns (CoNLL), questions about a context (SQuAD).
//
// Every reader throws FileError, naming the file and the line, for what cannot be read; what the
// field's own tools pass over is left out and counted.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// A text, or a pair, and its label as the file writes it: a class, a number, several classes.
struct LabelledText {
  std::string text;
  std::string second = {};  // only in pairs
  std::string label;
  size_t line = 0;  // in its file, from 1
};

struct LabelledTexts {
  std::vector<LabelledText> rows = {};
  bool pairs = false;
  bool header = true;      // else the first row counts as an example
  int64_t unlabelled = 0;  // pairs left out because their label is empty or "-" (SNLI)
};

/// Names of columns; an empty one is found by its usual names.
struct TextColumns {
  std::string text = {}, second = {}, label = {};
};

/// Reads a table (delimited.h). Its header may name, in any case, columns for
///   a pair:  sentence1 sentence2, premise hypothesis, question1 question2, text1 text2,
///            text_a text_b, question sentence
///   a text:  sentence, text, review, question, content, comment
///   a label: label, gold_label, labels, target, class, sentiment, category, score
/// the first of these that is there is taken. A table of two or three columns whose first row
/// holds none of these names has no header: text, label or text, second, label. Throws FileError
/// for a column that is missing, an empty text, a text without label, and a file of no examples.
LabelledTexts read_labelled_texts(const std::filesystem::path& path,
                                  const TextColumns& columns = {});
/// Leaves out the pairs whose class is "-1" where all other classes are whole numbers from 0 on:
/// what SNLI's numbered tables write for no label. Numbers of a regression are not for this.
void leave_out_minus_ones(LabelledTexts& texts);
/// The same table for predictions, with or without a label's column: every row stays, in its order,
/// empty texts too. `pairs` tells what the model reads; absent: what the columns' names say.
/// Without a header the first column is the text, or the first two are the pair. Throws FileError
/// for a table of the other kind.
LabelledTexts read_texts(const std::filesystem::path& path, std::optional<bool> pairs = {});

/// The labels of a text that has any number of them: "joy, surprise" or "joy|surprise".
std::vector<std::string> split_labels(std::string_view label);
/// A label that is a number. Throws ValueError, beginning with `where`, for anything else and for
/// what is not finite.
real parse_number(std::string_view label, std::string_view where);

/// A sentence and a tag for each of its words.
struct TaggedSentence {
  std::vector<std::string> words, tags;
};

/// Reads columns between spaces or tabs: the first is the word, the last its tag; a blank line
/// ends a sentence, -DOCSTART- lines are skipped (Tjong Kim Sang & De Meulder 2003). Entity tags
/// become IOB2, B-X I-X O, whatever they are: IOB1, where B- only parts neighbours; BIOES and
/// BILOU; or types without prefix beside O. Tags without prefix and without any O, such as parts
/// of speech, stay as they are. Throws FileError for a line of another number of columns than
/// the first or of fewer than two, for text that is not UTF-8 and for a file without words.
std::vector<TaggedSentence> read_conll(const std::filesystem::path& path);

/// An answer as it stands in its context, from byte `begin` on.
struct Answer {
  std::string text;
  size_t begin = 0;
};

/// A question whose answers are parts of the context; no answers: it cannot be answered (SQuAD 2).
struct SpanQuestion {
  std::string id = {}, question = {}, context = {};
  std::vector<Answer> answers = {};
};

struct SpanQuestions {
  std::vector<SpanQuestion> questions;
  int64_t misplaced = 0;   // answers left out: their text does not stand in the context where the
                           // file says
  int64_t unanswered = 0;  // questions left out because none of their answers remained
};

/// Reads SQuAD's JSON, version 1.1 or 2.0 (Rajpurkar et al. 2016, 2018), whose answer_start counts
/// code points. Throws FileError for JSON of another shape, an id that occurs twice, an empty
/// context or question, and a file without questions.
SpanQuestions read_squad(const std::filesystem::path& path);

}  // namespace gradus
