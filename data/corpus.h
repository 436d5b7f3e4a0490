#pragma once
// Text to train on, and its division into a part to learn from and a part to be measured on.

#include <span>
#include <string>
#include <string_view>

#include "tensor/real.h"

namespace gradus {

/// The text of `source`: a file, a folder, or "-" for standard input. A folder means every regular
/// file below it whose name ends in .txt or .md, in ascending byte order of their paths (links to
/// folders are not followed, empty files are skipped), joined by one newline; files that end with
/// a newline are thus set apart by a blank line. Bytes are left as they are. Throws FileError if
/// there is nothing to read.
std::string read_corpus(const std::string& source);

/// int(train_fraction * n), as Python computes it: how many of n characters are to learn from.
/// Throws ValueError for a fraction that is not in [0, 1].
size_t train_size(size_t n, double train_fraction = 0.9);

template <class T>
struct Split {
  T train, val;
};

/// nanoGPT's division: the first int(train_fraction * n) of n characters (code points) to learn
/// from, the rest to be measured on. The parts are views of `text`. Throws ValueError if the text
/// is not UTF-8 or the fraction not in [0, 1].
Split<std::string_view> train_val_split(std::string_view text, double train_fraction = 0.9);
/// The same for ids, one id counting as one character.
Split<std::span<const int32_t>> train_val_split(std::span<const int32_t> ids,
                                                double train_fraction = 0.9);

}  // namespace gradus
