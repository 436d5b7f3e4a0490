#pragma once
// Typed errors. A message is one sentence that names the op, the shapes and the rule.

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace gradus {

/// Base of everything gradus throws because of what a user asked for.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit together, or a dimension that does not exist.
struct ShapeError : Error {
  using Error::Error;
};

/// A value outside its range: an id beyond the vocabulary, a probability above 1, a NaN.
struct ValueError : Error {
  using Error::Error;
};

/// A graph used against its rules: backward twice, a saved tensor changed in place.
struct GraphError : Error {
  using Error::Error;
};

/// A file that is missing, unreadable, damaged or not what its name promises.
struct FileError : Error {
  using Error::Error;
};

/// Memory that the machine did not give.
struct MemoryError : Error {
  using Error::Error;
};

/// Throws `E` with the formatted sentence unless `ok`.
template <class E, class... Args>
void check(bool ok, fmt::format_string<Args...> sentence, Args&&... args) {
  if (!ok) throw E(fmt::format(sentence, std::forward<Args>(args)...));
}

template <class... Args>
void check_shape(bool ok, fmt::format_string<Args...> sentence, Args&&... args) {
  check<ShapeError>(ok, sentence, std::forward<Args>(args)...);
}

template <class... Args>
void check_value(bool ok, fmt::format_string<Args...> sentence, Args&&... args) {
  check<ValueError>(ok, sentence, std::forward<Args>(args)...);
}

}  // namespace gradus
