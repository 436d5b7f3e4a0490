#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "data/json.h"
#include "data/labelled.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;

// The byte at which each code point of a text begins, and its end.
std::vector<size_t> code_point_starts(std::string_view text) {
  std::vector<size_t> starts;
  for (size_t at = 0; at < text.size(); at += decode_utf8(text, at).length) starts.push_back(at);
  starts.push_back(text.size());
  return starts;
}

// Walks through the document; the innermost thing with a name says where it is.
class SquadReader {
 public:
  explicit SquadReader(const std::filesystem::path& path) : path_(path) {}

  SpanQuestions read() {
    const json document = read_json(path_);
    for (const json& article : list(document, "data", "the document")) {
      for (const json& paragraph : list(article, "paragraphs", "an article")) add(paragraph);
    }
    check<FileError>(!result_.questions.empty() || result_.unanswered > 0,
                     "{}: the file holds no questions", path_.string());
    check<FileError>(!result_.questions.empty(),
                     "{}: not one answer stands in its context where answer_start says",
                     path_.string());
    return std::move(result_);
  }

 private:
  const json& member(const json& object, const char* key, const std::string& where) const {
    check<FileError>(object.is_object() && object.contains(key), "{}: {} has no '{}'",
                     path_.string(), where, key);
    return object[key];
  }
  const json& list(const json& object, const char* key, const std::string& where) const {
    const json& value = member(object, key, where);
    check<FileError>(value.is_array(), "{}: '{}' of {} must be a list", path_.string(), key, where);
    return value;
  }
  std::string text(const json& object, const char* key, const std::string& where) const {
    const json& value = member(object, key, where);
    check<FileError>(value.is_string() && !value.get_ref<const std::string&>().empty(),
                     "{}: '{}' of {} must be a string that is not empty", path_.string(), key,
                     where);
    return value.get<std::string>();
  }

  void add(const json& paragraph) {
    const std::string context = text(paragraph, "context", "a paragraph");
    const std::vector<size_t> starts = code_point_starts(context);
    for (const json& entry : list(paragraph, "qas", "a paragraph")) {
      SpanQuestion question{.id = text(entry, "id", "a question"), .context = context};
      const std::string where = "question " + excerpt(question.id);
      check<FileError>(ids_.insert(question.id).second, "{}: {} occurs twice", path_.string(),
                       where);
      question.question = text(entry, "question", where);
      if (!is_impossible(entry, where)) {
        add_answers(list(entry, "answers", where), where, starts, question);
        if (question.answers.empty()) {
          ++result_.unanswered;
          continue;
        }
      }
      result_.questions.push_back(std::move(question));
    }
  }

  bool is_impossible(const json& entry, const std::string& where) const {
    if (!entry.contains("is_impossible")) return false;
    const json& flag = entry["is_impossible"];
    check<FileError>(flag.is_boolean(), "{}: 'is_impossible' of {} must be true or false",
                     path_.string(), where);
    return flag.get<bool>();
  }

  void add_answers(const json& answers, const std::string& where, const std::vector<size_t>& starts,
                   SpanQuestion& question) {
    for (const json& entry : answers) {
      const std::string answer = text(entry, "text", "an answer of " + where);
      const json& start = member(entry, "answer_start", "an answer of " + where);
      check<FileError>(start.is_number_integer(), "{}: 'answer_start' of {} must be an integer",
                       path_.string(), where);
      const bool in_context = start.is_number_unsigned() && start.get<uint64_t>() < starts.size();
      const size_t begin = in_context ? starts[start.get<size_t>()] : 0;
      if (in_context && std::string_view(question.context).substr(begin).starts_with(answer)) {
        question.answers.push_back({answer, begin});
      } else {
        ++result_.misplaced;
      }
    }
  }

  const std::filesystem::path& path_;
  SpanQuestions result_;
  std::unordered_set<std::string> ids_;
};

}  // namespace

SpanQuestions read_squad(const std::filesystem::path& path) { return SquadReader(path).read(); }

}  // namespace gradus
