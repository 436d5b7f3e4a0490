#pragma once
// Where sentences end: a rule for languages that part words by white space.
//
//   Dr. Ada saw 3.5 kites (in the U.S. too). "They flew!" Then it rained.
//   [Dr. Ada saw 3.5 kites (in the U.S. too).] ["They flew!"] [Then it rained.]
//
// A sentence ends after . ! or ? and the quotes and brackets that close right behind it, if white
// space follows and then, perhaps after an opening quote or bracket, a letter that is not lower
// case, or a digit. A full stop does not end it after a title or another common abbreviation
// (Mr. vs. etc.), nor after a single letter (J. Smith, U.S., e.g.), other than I; after No. Vol. p.
// and the like it does not if a digit follows.

#include <string_view>
#include <vector>

namespace gradus {

/// Whether marks touch their word ("home. Then") or stand alone ("home . Then", as in WikiText). In
/// the latter case only those that stand alone end a sentence: there a full stop that touches a
/// word belongs to an abbreviation. A quote mark behind one belongs to the sentence if one is open.
enum class Marks { attached, set_apart };

/// The sentences of one paragraph in order, without the white space between them: views of
/// `paragraph`, none of them empty. Bytes that are not UTF-8 count as signs of no kind.
std::vector<std::string_view> split_sentences(std::string_view paragraph,
                                              Marks marks = Marks::attached);

/// `text` without the ASCII white space at either end.
std::string_view trimmed(std::string_view text);

}  // namespace gradus
