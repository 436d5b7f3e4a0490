#pragma once
// Tables in text files: tab-separated values without quoting, as GLUE's files are (Wang et al.
// 2019), and comma-separated values with it (RFC 4180).

#include <filesystem>
#include <string>
#include <vector>

#include "tensor/real.h"

namespace gradus {

struct DelimitedRow {
  std::vector<std::string> fields;
  size_t line = 0;  // that it begins on, from 1
};

/// The rows of a table; all have as many fields as the first. Empty lines, the \r of \r\n and a
/// byte-order mark are skipped. A file named *.tsv is tab-separated, *.csv comma-separated; any
/// other is tab-separated if its first line holds a tab. In comma-separated values a field may be
/// quoted, and then hold commas, line ends and doubled quotes. Throws FileError, with the line, for
/// text that is not UTF-8, a NUL byte, a row of another length, a quote that is not closed or is
/// followed by anything but a comma; and for a file without rows.
std::vector<DelimitedRow> read_delimited(const std::filesystem::path& path);

/// The text of a file without its byte-order mark. Throws FileError, naming the line, unless it is
/// UTF-8 without NUL bytes.
std::string read_plain_text(const std::filesystem::path& path);

/// A file and a line of it, as errors name them: reviews.tsv:12.
std::string place_in(const std::filesystem::path& path, size_t line);

}  // namespace gradus
