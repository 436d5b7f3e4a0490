#pragma once
// Text for people: as wide as their terminal.

#include <string>

namespace gradus {

/// Columns of the terminal behind a file descriptor; 80 if there is none.
int terminal_width(int descriptor);

/// The words of a text in lines of at most `width` columns, each after `indent` spaces; a longer
/// word has a line of its own. Characters of several columns count as one.
std::string wrapped(const std::string& text, int width, int indent = 0);

/// Prints a paragraph and an empty line at once, as wide as the terminal but at most 100 columns.
void print_paragraph(const std::string& text, int indent = 0);

}  // namespace gradus
