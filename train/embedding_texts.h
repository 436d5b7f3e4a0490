#pragma once
// What `gradus embed` and `gradus search` share: texts with the lines they stand on, and embedding
// them with a bar.

#include <string>
#include <vector>

#include "nn/pretrained/text_embedder.h"

namespace gradus {

/// The lines of a file, or of standard input for "-". Throws FileError naming the first line that
/// is empty, and if there are none.
std::vector<std::string> read_text_lines(const std::string& source);

/// The sentences of a file (data/documents.h says how they are told apart), each once, in the order
/// in which they come first. Throws FileError if there are none.
std::vector<std::string> read_search_sentences(const std::string& source);

/// One embedding per text (N, C); a warning counts the texts that were cut.
Tensor embed_with_progress(const TextEmbedder& embedder, const std::vector<std::string>& texts,
                           int64_t batch_size, bool quiet);

}  // namespace gradus
