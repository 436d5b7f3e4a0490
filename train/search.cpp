// gradus search: the sentences of a text that are nearest to a query, by meaning or by words.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "data/lexical_index.h"
#include "data/sentences.h"
#include "nn/similarity.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/embedding_texts.h"
#include "train/model_kind.h"
#include "train/theme_search.h"
#include "train/training_options.h"

namespace gradus {
namespace {

struct SearchArguments {
  std::string model, corpus, query;
  int64_t top = 5;
  bool lexical = false, raw = false, measure = false, json = false;
};

// The built-in corpus is no long one to search in: its stories are drawn from a grammar.
constexpr uint64_t searched_seed = 7;
constexpr int64_t searched_stories = 200;

std::vector<std::string> searched_sentences(const SearchArguments& o) {
  if (o.corpus != builtin_data) return read_search_sentences(o.corpus);
  std::vector<std::string> texts;
  for (const ThemedSentence& s : themed_sentences(searched_seed, searched_stories)) {
    texts.push_back(s.text);
  }
  return texts;
}

// How well every sentence fits a query.
class SentenceSearch {
 public:
  SentenceSearch(const SearchArguments& o, const std::vector<std::string>& sentences) {
    if (o.lexical) {
      words_.emplace(sentences);
      return;
    }
    check_model_kind("search", o.model, {ModelKind::gpt, ModelKind::bert});
    embedder_.emplace(TextEmbedder::load(o.model));
    const auto centre = o.raw || sentences.size() == 1 ? EmbeddingIndex::Centre::origin
                                                       : EmbeddingIndex::Centre::mean;
    meanings_.emplace(embed_with_progress(*embedder_, sentences, 32, o.json), centre);
  }

  std::vector<real> scores(const std::string& query) const {
    if (words_) return words_->scores(query);
    return meanings_->scores(embedder_->embed(std::span(&query, 1)).rows.select(0, 0));
  }

 private:
  std::optional<LexicalIndex> words_;
  std::optional<TextEmbedder> embedder_;
  std::optional<EmbeddingIndex> meanings_;
};

void print_matches(const std::string& query, const std::vector<std::string>& sentences,
                   const std::vector<Match>& matches, bool as_json) {
  nlohmann::ordered_json report{{"query", query}, {"matches", nlohmann::ordered_json::array()}};
  for (const Match& m : matches) {
    if (!as_json) fmt::print("{:.4f}  {}\n", m.score, sentences[m.index]);
    report["matches"].push_back({{"score", m.score}, {"sentence", sentences[m.index]}});
  }
  if (as_json)
    fmt::print("{}\n", report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// A query per line of standard input.
void answer_queries(const SearchArguments& o, const SentenceSearch& search,
                    const std::vector<std::string>& sentences) {
  fmt::print(stderr, "{} sentences; a query per line\n", sentences.size());
  for (std::string line; std::getline(std::cin, line);) {
    const std::string query(trimmed(line));
    if (query.empty()) continue;
    print_matches(query, sentences, best_matches(search.scores(query), o.top), o.json);
    if (!o.json) fmt::print("\n");
    std::fflush(stdout);
  }
}

// On stories it is known what a sentence is about.
void measure_search(const SearchArguments& o) {
  const auto sentences = themed_sentences(searched_seed, searched_stories);
  std::vector<std::string> texts;
  for (const ThemedSentence& s : sentences) texts.push_back(s.text);
  const LexicalIndex words(texts);
  const Tensor rows = embed_with_progress(TextEmbedder::load(o.model), texts, 32, o.json);
  const EmbeddingIndex raw(rows, EmbeddingIndex::Centre::origin), centred(rows);
  const auto row = [&](size_t i) { return rows.select(0, static_cast<int64_t>(i)); };
  const std::pair<const char*, SentenceScores> searches[] = {
      {"lexical", [&](size_t i) { return words.scores(texts[i]); }},
      {"raw", [&](size_t i) { return raw.scores(row(i)); }},
      {"centred", [&](size_t i) { return centred.scores(row(i)); }}};
  nlohmann::ordered_json report{{"sentences", texts.size()}};
  const auto add = [&](const std::string& name, auto precision) {
    const double stories = precision(Rivals::other_stories);
    const double places = precision(Rivals::other_places);
    report[name] = {{"other_stories", stories}, {"other_places", places}};
    if (!o.json) fmt::print("{:<10}{:>15.1f} %{:>15.1f} %\n", name, 100 * stories, 100 * places);
  };
  if (!o.json) {
    fmt::print(
        "{} sentences: is the nearest one of another story of the same theme?\n{:<10}{:>17}"
        "{:>17}\n",
        texts.size(), "", "any place", "another place");
  }
  add("chance", [&](Rivals rivals) { return chance_precision(sentences, rivals); });
  for (const auto& search : searches) {
    add(search.first,
        [&](Rivals rivals) { return theme_precision(sentences, rivals, search.second); });
  }
  if (o.json) fmt::print("{}\n", report.dump());
}

void check_search_arguments(const SearchArguments& o) {
  if (o.model.empty() && !o.lexical) throw CLI::RequiredError("--model, or --lexical");
  const bool alone = o.query.empty() && !o.lexical && !o.raw && o.corpus == builtin_data;
  if (o.measure && !alone)
    throw CLI::ValidationError("--measure", "is for --model and --corpus builtin alone");
}

void search_command(const CLI::App& command, const SearchArguments& o) {
  check_search_arguments(o);
  if (o.measure) return measure_search(o);
  const std::string query(trimmed(o.query));
  const bool asked = command.count("--query") > 0;
  check_value(!asked || !query.empty(), "search: the query is empty");
  const std::vector<std::string> sentences = searched_sentences(o);
  const SentenceSearch search(o, sentences);
  if (!asked) return answer_queries(o, search, sentences);
  print_matches(query, sentences, best_matches(search.scores(query), o.top), o.json);
}

}  // namespace

void add_search(CLI::App& program) {
  auto o = std::make_shared<SearchArguments>();
  CLI::App* command =
      program.add_subcommand("search", "The sentences of a text that are nearest to a query");
  command->add_option("--model", o->model, "Model directory: any BERT or GPT");
  command
      ->add_option("--corpus", o->corpus,
                   "Text to search in: a file with a sentence per line or running text, a folder, "
                   "or builtin, some stories")
      ->required();
  command->add_option("--query", o->query,
                      "What to look for (default: every line of standard input)");
  command->add_option("--top", o->top, "Sentences to show")
      ->check(Between(int64_t{1}, int64_t{1} << 31))
      ->capture_default_str();
  command->add_flag("--lexical", o->lexical, "Compare words (tf-idf) instead; needs no model");
  command->add_flag("--raw", o->raw,
                    "Leave in the embeddings what all sentences have in common, their mean");
  command->add_flag("--measure", o->measure,
                    "How often the nearest sentence is of the same theme, for all ways to search; "
                    "with --corpus builtin");
  command->add_flag("--json", o->json, "A JSON object per query: query, matches");
  command->callback([=] { search_command(*command, *o); });
}

}  // namespace gradus
