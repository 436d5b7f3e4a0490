// gradus corpus: the built-in corpus as files, with all that is known about each story.

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/stories/corpus.h"
#include "tensor/errors.h"
#include "train/commands.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;
using stories::Span;
using stories::Story;

struct CorpusArguments {
  std::string out;
  int64_t stories = 0;
  uint64_t seed = 0;
  bool json = false;
};

struct Totals {
  int64_t stories = 0;
  size_t words = 0, bytes = 0;
  double nats = 0;
};

// One sentence per line and an empty line between stories, as BERT's pre-training wants its text
// (Devlin et al. 2019): the order of sentences and the ends of stories can be seen.
std::string as_lines(const Story& story) {
  std::string lines;
  for (const Span& s : story.sentences) {
    lines += story.text.substr(s.begin, s.end - s.begin) + "\n";
  }
  return lines;
}

ordered_json pair(const Span& span) { return {span.begin, span.end}; }

// Offsets are bytes of `text`, which is ASCII: characters too.
ordered_json to_json(const Story& story) {
  ordered_json line{{"theme", story.theme},
                    {"title", story.title},
                    {"text", story.text},
                    {"summary", story.summary},
                    {"nats", story.nats},
                    {"sentiment", stories::name_of(story.mood)},
                    {"sentences", ordered_json::array()},
                    {"entities", ordered_json::array()},
                    {"questions", ordered_json::array()}};
  for (const Span& s : story.sentences) line["sentences"].push_back(pair(s));
  for (const stories::Entity& e : story.entities) {
    line["entities"].push_back({{"span", pair(e.span)}, {"label", e.label}});
  }
  for (const stories::Question& q : story.questions) {
    const std::string answer = story.text.substr(q.answer.begin, q.answer.end - q.answer.begin);
    line["questions"].push_back(
        {{"question", q.text}, {"answer", answer}, {"span", pair(q.answer)}});
  }
  return line;
}

std::filesystem::path made_folder(const std::string& out) {
  std::error_code failed;
  std::filesystem::create_directories(out, failed);
  check<FileError>(!failed, "{}: cannot make this folder: {}", out, failed.message());
  return out;
}

Totals write(const CorpusArguments& o) {
  const std::filesystem::path folder = made_folder(o.out);
  AtomicFile text(folder / "stories.txt"), known(folder / "stories.jsonl");
  Totals totals;
  for (; totals.stories < o.stories; ++totals.stories) {
    const Story story = tell(stories::builtin(), o.seed, static_cast<uint64_t>(totals.stories));
    const std::string lines = (totals.stories > 0 ? "\n" : "") + as_lines(story);
    text.write(lines);
    known.write(to_json(story).dump() + "\n");
    totals.words += stories::words_of(story.text).size();
    totals.bytes += lines.size();
    totals.nats += story.nats;
  }
  text.commit();
  known.commit();
  return totals;
}

void corpus_command(const CorpusArguments& o) {
  const Totals t = write(o);
  const double n = static_cast<double>(t.stories), nats = t.nats / n;
  const double expected = mean_nats(stories::builtin());
  fmt::print(stderr, "{} stories, {} words, {} bytes in {}\n", t.stories, t.words, t.bytes, o.out);
  fmt::print(stderr,
             "{:.4f} nats per story, {:.4f} per word, {:.4f} bits per byte; the grammar's mean is "
             "{:.4f} nats per story\n",
             nats, t.nats / static_cast<double>(t.words),
             t.nats / std::log(2.0) / static_cast<double>(t.bytes), expected);
  if (!o.json) return;
  const ordered_json report{{"stories", t.stories},
                            {"words", t.words},
                            {"bytes", t.bytes},
                            {"nats", t.nats},
                            {"nats_per_story", nats},
                            {"expected_nats_per_story", expected},
                            {"themes", stories::builtin().themes.size()}};
  fmt::print("{}\n", report.dump());
}

}  // namespace

void add_corpus(CLI::App& program) {
  auto o = std::make_shared<CorpusArguments>();
  CLI::App* command = program.add_subcommand(
      "corpus", "Writes stories whose exact entropy, names, questions and summaries are known");
  command->add_option("--out", o->out, "Folder for stories.txt and stories.jsonl")->required();
  command->add_option("--stories", o->stories, "How many")
      ->required()
      ->check(Between(int64_t{1}, int64_t{1} << 40));
  command->add_option("--seed", o->seed, "Story i depends on the seed and on i alone")
      ->capture_default_str();
  command->add_flag("--json", o->json, "Totals as one JSON object on standard output");
  command->callback([o] { corpus_command(*o); });
}

}  // namespace gradus
