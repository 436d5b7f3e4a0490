#include "train/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/bert_report.h"
#include "train/page.h"
#include "train/training_options.h"
#include "train/verdict.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

ReferenceLines load_reference_lines(const fs::path& file) {
  const nlohmann::json object = read_json(file);
  const auto number = [&](const char* key) {
    check<FileError>(object.is_object() && object.contains(key) && object[key].is_number(),
                     "{}: '{}' must be a number", file.string(), key);
    return object[key].get<double>();
  };
  ReferenceLines lines{.baselines = {number("uniform"), number("unigram"), number("bigram")},
                       .train_tokens = static_cast<int64_t>(number("train_tokens"))};
  if (object.contains("floor")) lines.floor = number("floor");
  return lines;
}

// Everything that a page is made of.
struct Run {
  fs::path folder;
  TrainingOptions options;
  ReferenceLines lines;
  std::vector<StepMetrics> metrics;

  explicit Run(const fs::path& path) : folder(path) {
    const fs::path settings = path / "training.json";
    options = training_options_from(read_json(settings), settings.string());
    options.model = load_gpt2_config(path);
    lines = load_reference_lines(path / "baselines.json");
    if (fs::exists(path / "metrics.jsonl")) metrics = read_metrics(path / "metrics.jsonl");
  }

  int64_t tokens_per_step() const {
    return options.batch_size * options.accumulation * options.model.block_size;
  }
  RunFacts facts() const {
    return {.metrics = metrics,
            .baselines = lines.baselines,
            .floor = lines.floor,
            .planned_steps = options.steps,
            .tokens_per_step = tokens_per_step(),
            .train_tokens = lines.train_tokens,
            .clip = static_cast<double>(options.clip)};
  }
};

std::string loss_chart(const Run& run) {
  const Baselines& b = run.lines.baselines;
  const auto loss = [](const StepMetrics& m) { return std::optional(m.loss); };
  const auto val_loss = [](const StepMetrics& m) { return m.val_loss; };
  Chart chart{.title = "Loss over the steps",
              .x_label = "step",
              .y_label = "nats per token",
              .series = {{"training", "train", points_of(run.metrics, loss)},
                         {"validation", "val", points_of(run.metrics, val_loss), true}},
              .references = {{"guessing, ln V", b.uniform},
                             {"frequencies", b.unigram},
                             {"pairs of tokens", b.bigram}}};
  if (run.lines.floor) chart.references.push_back({"floor of the text", *run.lines.floor});
  return to_svg(chart);
}

std::string verdict_section(const Run& run) {
  const Verdict verdict = judge(run.facts());
  std::string html = "<h2>Is this loss normal?</h2>\n" + html_list(verdict.learned);
  if (!verdict.warnings.empty()) return html + html_list(verdict.warnings, "warning");
  return html + "<p class=\"soft\">Nothing in the curves looks wrong.</p>\n";
}

std::string subtitle(const Run& run) {
  const GPTConfig& m = run.options.model;
  const int64_t steps = run.metrics.empty() ? 0 : run.metrics.back().step;
  return fmt::format(
      "GPT: {} layers, {} heads, {} wide, {} tokens of context, vocabulary {}; {} of {} steps of "
      "{} "
      "tokens",
      m.n_layer, m.n_head, m.n_embd, m.block_size, thousands(m.vocab_size), thousands(steps),
      thousands(run.options.steps), thousands(run.tokens_per_step()));
}

std::string gpt_report(const fs::path& folder) {
  const Run run(folder);
  std::string body;
  if (!run.metrics.empty()) {
    body += loss_chart(run) + verdict_section(run) + pace_charts(run.metrics);
  }
  const MetaMode no_memory;
  body += samples_section(folder, "What it wrote") + parameters_section(GPT(run.options.model)) +
          settings_section(to_json(run.options));
  return html_page(run_name(folder), subtitle(run), body);
}

}  // namespace

std::string run_name(const fs::path& folder) {
  return fs::absolute(folder).lexically_normal().filename().string();
}

void save_reference_lines(const ReferenceLines& lines, const fs::path& run) {
  nlohmann::ordered_json object{{"uniform", lines.baselines.uniform},
                                {"unigram", lines.baselines.unigram},
                                {"bigram", lines.baselines.bigram},
                                {"train_tokens", lines.train_tokens}};
  if (lines.floor) object["floor"] = *lines.floor;
  write_file_atomically(run / "baselines.json", object.dump(2) + "\n");
}

void write_report(const fs::path& folder) {
  check<FileError>(fs::exists(folder / "training.json"), "{}: there is no run in this folder",
                   folder.string());
  const bool is_bert = model_type_of(folder) == "bert";
  write_file_atomically(folder / "report.html", is_bert ? bert_report(folder) : gpt_report(folder));
}

}  // namespace gradus
