#include "data/stories/tasks.h"

#include <algorithm>
#include <set>

#include "data/bert_text.h"
#include "data/stories/corpus.h"
#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus::stories {
namespace {

// One example of each story that has one, until there are `count`.
template <class Example, class Make>
std::vector<Example> examples_of(const char* task, uint64_t seed, int64_t count, Make make) {
  check_value(count >= 1, "{}: {} examples were asked for, at least 1 is needed", task, count);
  std::vector<Example> examples;
  for (uint64_t i = 0; static_cast<int64_t>(examples.size()) < count; ++i) {
    make(tell(builtin(), seed, i), i, examples);
  }
  return examples;
}

// A number below `limit` that belongs to example i.
size_t pick(const char* task, uint64_t seed, uint64_t i, size_t limit) {
  return kernels::random_block(draw_for(seed, task), i)[0] % limit;
}

std::string text_of(const Story& story, size_t first, size_t last) {
  const size_t begin = story.sentences[first].begin;
  return story.text.substr(begin, story.sentences[last].end - begin);
}

std::string second_half(const Story& story) {
  return text_of(story, story.sentences.size() / 2, story.sentences.size() - 1);
}

// The tag of the word that lies at `word` in the story.
std::string tag_at(const Story& story, Span word) {
  for (const Entity& entity : story.entities) {
    if (word.begin >= entity.span.end || word.end <= entity.span.begin) continue;
    return (word.begin <= entity.span.begin ? "B-" : "I-") + entity.label;
  }
  return "O";
}

TaggedSentence tag_sentence(const Story& story, Span sentence) {
  TaggedSentence result;
  const std::string text = story.text.substr(sentence.begin, sentence.end - sentence.begin);
  for (const BertWord& word : bert_words(text)) {
    const size_t begin = word.sources.front().begin, end = word.sources.back().end;
    result.words.push_back(text.substr(begin, end - begin));
    result.tags.push_back(tag_at(story, {sentence.begin + begin, sentence.begin + end}));
  }
  return result;
}

}  // namespace

std::vector<LabelledText> sentiment(uint64_t seed, int64_t count) {
  return examples_of<LabelledText>(
      "sentiment", seed, count, [](const Story& story, uint64_t, std::vector<LabelledText>& all) {
        if (story.mood == Mood::any) return;
        all.push_back({.text = story.text, .label = name_of(story.mood), .line = all.size() + 1});
      });
}

std::vector<TaggedSentence> entities(uint64_t seed, int64_t count) {
  return examples_of<TaggedSentence>(
      "entities", seed, count,
      [&](const Story& story, uint64_t i, std::vector<TaggedSentence>& all) {
        const size_t chosen = pick("stories/entities", seed, i, story.sentences.size());
        all.push_back(tag_sentence(story, story.sentences[chosen]));
      });
}

std::vector<SpanQuestion> questions(uint64_t seed, int64_t count) {
  return examples_of<SpanQuestion>(
      "questions", seed, count,
      [&](const Story& story, uint64_t i, std::vector<SpanQuestion>& all) {
        if (story.questions.empty()) return;
        const Question& question =
            story.questions[pick("stories/questions", seed, i, story.questions.size())];
        const auto [begin, end] = question.answer;
        all.push_back({.id = fmt::format("{}-{}", seed, i),
                       .question = question.text,
                       .context = story.text,
                       .answers = {{story.text.substr(begin, end - begin), begin}}});
      });
}

std::vector<LabelledText> pairs(uint64_t seed, int64_t count) {
  check_value(count >= 1, "pairs: {} examples were asked for, at least 1 is needed", count);
  std::vector<LabelledText> all;
  for (uint64_t i = 0; i < static_cast<uint64_t>(count); ++i) {
    const Story story = tell(builtin(), seed, 2 * i), other = tell(builtin(), seed, 2 * i + 1);
    const bool is_next = pick("stories/pairs", seed, i, 2) == 0;
    all.push_back({.text = text_of(story, 0, story.sentences.size() / 2 - 1),
                   .second = second_half(is_next ? story : other),
                   .label = is_next ? "next" : "random",
                   .line = static_cast<size_t>(i) + 1});
  }
  return all;
}

std::vector<TextPair> summaries(uint64_t seed, int64_t count) {
  return examples_of<TextPair>("summaries", seed, count,
                               [](const Story& story, uint64_t, std::vector<TextPair>& all) {
                                 if (story.summary.empty()) return;
                                 all.push_back({story.text, story.summary, all.size() + 1});
                               });
}

std::vector<TextPair> answers(uint64_t seed, int64_t count) {
  std::vector<TextPair> all;
  for (const SpanQuestion& asked : questions(seed, count)) {
    all.push_back({question_in_context(asked.question, asked.context), asked.answers.front().text,
                   all.size() + 1});
  }
  return all;
}

std::vector<TextPair> questions_to_ask(uint64_t seed, int64_t count) {
  std::vector<TextPair> all;
  for (const SpanQuestion& asked : questions(seed, count)) {
    const auto& [answer, begin] = asked.answers.front();
    const std::string before = asked.context.substr(0, begin);
    const std::string after = asked.context.substr(begin + answer.size());
    all.push_back(
        {fmt::format("{}* {} *{}", before, answer, after), asked.question, all.size() + 1});
  }
  return all;
}

std::vector<TextPair> name_lists(uint64_t seed, int64_t count) {
  return examples_of<TextPair>("name_lists", seed, count,
                               [](const Story& story, uint64_t, std::vector<TextPair>& all) {
                                 std::string list;
                                 std::set<std::string> listed;
                                 for (const Entity& entity : story.entities) {
                                   const auto [begin, end] = entity.span;
                                   const std::string name = story.text.substr(begin, end - begin);
                                   if (!listed.insert(name).second) continue;
                                   list += fmt::format("{}{}: {}", list.empty() ? "" : ", ", name,
                                                       entity.label == "PER" ? "person" : "place");
                                 }
                                 if (!list.empty())
                                   all.push_back({story.text, list, all.size() + 1});
                               });
}

}  // namespace gradus::stories
