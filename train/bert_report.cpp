#include "train/bert_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/bert.h"
#include "tensor/errors.h"
#include "train/bert_options.h"
#include "train/page.h"
#include "train/report.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

struct BERTRun {
  nlohmann::json settings;  // as they are stored, be it of pre-training or of a distillation
  BERTOptions options;
  BERTFacts facts;

  explicit BERTRun(const fs::path& folder) {
    const fs::path file = folder / "training.json";
    settings = read_json(file);
    options = bert_options_from(settings, file.string());
    options.model = load_bert_config(folder);
    if (fs::exists(folder / "metrics.jsonl"))
      facts.metrics = read_metrics(folder / "metrics.jsonl");
    facts.lines = load_masked_lines(folder);
    facts.planned_steps = options.steps;
    facts.tokens_per_step = options.batch_size * options.accumulation * options.sequence_length;
    facts.clip = static_cast<double>(options.clip);
    facts.short_steps = options.short_steps;
  }
};

std::vector<Point> curve(const BERTRun& run, const std::string& name) {
  return points_of(run.facts.metrics,
                   [&](const StepMetrics& m) { return find_measure(m.measures, name); });
}

// Means of neighbouring steps: what a single batch gets right is mostly noise.
std::vector<Point> smoothed(const std::vector<Point>& points) {
  const size_t width = std::max<size_t>(1, points.size() / 100);
  std::vector<Point> means;
  for (size_t i = 0; i + width <= points.size(); i += width) {
    Point sum{0, 0};
    for (size_t k = i; k < i + width; ++k) sum = {sum.x + points[k].x, sum.y + points[k].y};
    means.push_back({sum.x / static_cast<double>(width), sum.y / static_cast<double>(width)});
  }
  return means;
}

// Where whole rows begin, if the run began with short ones.
std::vector<Moment> change_of_rows(const BERTRun& run) {
  if (run.facts.short_steps == 0) return {};
  return {{"whole rows", static_cast<double>(run.facts.short_steps)}};
}

std::string masked_chart(const BERTRun& run) {
  const MaskedLines& lines = run.facts.lines;
  Chart chart{.title = "Masked tokens: loss",
              .x_label = "step",
              .y_label = "nats per predicted token",
              .series = {{"training", "train", smoothed(curve(run, "mlm_loss"))},
                         {"validation", "val", curve(run, "val_mlm_loss"), true}},
              .references = {{"guessing, ln V", lines.uniform},
                             {"frequencies", lines.baselines.unigram_loss}},
              .moments = change_of_rows(run)};
  if (lines.floor) {
    chart.references.push_back({"floor, sentence in view", lines.floor->sentence});
    chart.references.push_back({"floor, story in view", lines.floor->story});
  }
  return to_svg(chart);
}

std::string accuracy_chart(const BERTRun& run) {
  return "<h2>Masked tokens: share guessed right</h2>\n" +
         to_svg({.title = "Masked tokens: share guessed right",
                 .x_label = "step",
                 .y_label = "share",
                 .series = {{"behind [MASK]", "plain", smoothed(curve(run, "masked_accuracy"))},
                            {"replaced", "val", smoothed(curve(run, "replaced_accuracy"))},
                            {"kept", "train", smoothed(curve(run, "kept_accuracy"))}},
                 .references = {{"most frequent", run.facts.lines.baselines.unigram_accuracy}},
                 .moments = change_of_rows(run),
                 .from_zero = true});
}

std::string next_chart(const BERTRun& run) {
  if (!run.options.next_sentence) return "";
  return "<h2>Next sentences: share judged right</h2>\n" +
         to_svg({.title = "Next sentences: share judged right",
                 .x_label = "step",
                 .y_label = "share",
                 .series = {{"training", "train", smoothed(curve(run, "nsp_accuracy"))},
                            {"validation", "val", curve(run, "val_nsp_accuracy"), true}},
                 .references = {{"majority", run.facts.lines.baselines.majority_next}}});
}

std::string verdict_of(const BERTRun& run) {
  const Verdict verdict = judge_bert(run.facts);
  std::string html = "<h2>What it has learned</h2>\n" + html_list(verdict.learned);
  if (!verdict.warnings.empty()) return html + html_list(verdict.warnings, "warning");
  return html + "<p class=\"soft\">Nothing in the curves looks wrong.</p>\n";
}

std::string subtitle_of(const BERTRun& run) {
  const BERTConfig& m = run.options.model;
  const int64_t steps = run.facts.metrics.empty() ? 0 : run.facts.metrics.back().step;
  return fmt::format(
      "BERT: {} layers, {} heads, {} wide, vocabulary {}; {} of {} steps of {} sequences of up to "
      "{} tokens",
      m.n_layer, m.n_head, m.n_embd, thousands(m.vocab_size), thousands(steps),
      thousands(run.options.steps), run.options.batch_size * run.options.accumulation,
      run.options.sequence_length);
}

}  // namespace

void save_masked_lines(const MaskedLines& lines, const fs::path& run) {
  nlohmann::ordered_json object{{"uniform", lines.uniform},
                                {"unigram_loss", lines.baselines.unigram_loss},
                                {"unigram_accuracy", lines.baselines.unigram_accuracy},
                                {"majority_next", lines.baselines.majority_next},
                                {"train_tokens", lines.train_tokens}};
  if (lines.floor) {
    object["floor_sentence"] = lines.floor->sentence;
    object["floor_story"] = lines.floor->story;
    object["floor_targets"] = lines.floor->targets;
  }
  write_file_atomically(run / "baselines.json", object.dump(2) + "\n");
}

MaskedLines load_masked_lines(const fs::path& run) {
  const fs::path file = run / "baselines.json";
  const nlohmann::json object = read_json(file);
  const auto number = [&](const char* key) {
    check<FileError>(object.is_object() && object.contains(key) && object[key].is_number(),
                     "{}: '{}' must be a number", file.string(), key);
    return object[key].get<double>();
  };
  MaskedLines lines{
      .uniform = number("uniform"),
      .baselines = {number("unigram_loss"), number("unigram_accuracy"), number("majority_next")},
      .train_tokens = static_cast<int64_t>(number("train_tokens"))};
  if (object.contains("floor_sentence")) {
    lines.floor = stories::MaskedFloor{number("floor_sentence"), number("floor_story"),
                                       static_cast<int64_t>(number("floor_targets"))};
  }
  return lines;
}

Verdict judge_bert_run(const fs::path& run) { return judge_bert(BERTRun(run).facts); }

std::string bert_report(const fs::path& folder) {
  const BERTRun run(folder);
  std::string body;
  if (!run.facts.metrics.empty()) {
    body += masked_chart(run) + verdict_of(run) + accuracy_chart(run) + next_chart(run) +
            pace_charts(run.facts.metrics);
  }
  const MetaMode no_memory;
  body += samples_section(folder, "What it fills in") +
          "<p class=\"soft\">Below each text its hidden tokens, and the five likeliest tokens for "
          "each with their probabilities.</p>\n" +
          parameters_section(BERTForPreTraining(run.options.model, run.options.next_sentence)) +
          settings_section(run.settings);
  return html_page(run_name(folder), subtitle_of(run), body);
}

}  // namespace gradus
