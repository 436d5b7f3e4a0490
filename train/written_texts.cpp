#include "train/written_texts.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace gradus {
namespace {

void print_now(std::string& waiting) {
  fmt::print("{}", waiting);
  std::fflush(stdout);
  waiting.clear();
}

// In quotation marks, with \n for a new line.
std::string quoted(const std::string& text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

WrittenTexts::WrittenTexts(const std::vector<std::string>& beginnings,
                           const std::vector<std::string>& stops, bool probabilities,
                           const Tokenizer& tokenizer)
    : probabilities_(probabilities), tokenizer_(tokenizer) {
  for (const std::string& text : beginnings) {
    texts_.push_back({probabilities ? quoted(text) + "\n" : text, TextStream(stops)});
  }
  print_now(texts_.front().waiting);
}

// 41.20 %  " the"          " a" 12.01 %  " his" 8.77 %  ...
std::string WrittenTexts::line_of(const NewToken& token) const {
  constexpr size_t shown = 5;
  const std::vector<TokenProbability> all = probabilities(token.logits, token.id, shown);
  std::string line =
      fmt::format("{:6.2f} %  {:<16}", 100 * all[0].probability, quoted(piece(token.id)));
  for (size_t i = 1; i < all.size(); ++i) {
    const auto& [id, probability] = all[i];
    // A model may have more tokens than its tokenizer.
    const std::string name =
        id < tokenizer_.vocab_size() ? quoted(piece(id)) : fmt::format("#{}", id);
    line += fmt::format("  {} {:.2f} %", name, 100 * probability);
  }
  return line + "\n";
}

bool WrittenTexts::add(const NewToken& token) {
  ++tokens_;
  Text& text = texts_[token.row];
  const std::string shown = text.stream.add(piece(token.id));
  text.waiting += probabilities_ ? line_of(token) : shown;
  if (token.row == 0) print_now(text.waiting);
  return !text.stream.stopped();
}

void WrittenTexts::finish() {
  for (size_t row = 0; row < texts_.size(); ++row) {
    Text& text = texts_[row];
    if (!probabilities_) text.waiting += text.stream.finish() + "\n";
    if (row > 0) fmt::print("---\n");
    print_now(text.waiting);
  }
}

}  // namespace gradus
