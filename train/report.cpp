#include "train/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/gpt2.h"
#include "nn/summary.h"
#include "tensor/errors.h"
#include "train/chart.h"
#include "train/progress.h"
#include "train/training_options.h"
#include "train/verdict.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

constexpr const char* style = R"(
:root { color-scheme: light dark; --paper: #fdfcf8; --ink: #24272b; --soft: #6b7178; --grid: #e4e2da;
        --train: #9db7d3; --val: #c2410c; --plain: #2f6690; --reference: #5b8c5a; --card: #f5f3ec; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e6e4de; --soft: #9aa0a6; --grid: #2c3035;
          --train: #4a6585; --val: #fb923c; --plain: #7cb3dc; --reference: #86b885; --card: #1e2125; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.55 Georgia, serif;
       max-width: 800px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 1.7em; margin: 0 0 .1em; } h2 { font-size: 1.2em; margin: 2em 0 .5em; }
.soft { color: var(--soft); } svg { width: 100%; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); }
.line { fill: none; stroke-width: 1.6; } .line.val { stroke-width: 2.2; }
.train { stroke: var(--train); } .val { stroke: var(--val); } .plain { stroke: var(--plain); }
.mark { fill: var(--paper); stroke-width: 2; }
.reference { stroke: var(--reference); stroke-dasharray: 5 4; }
svg text.reference-label { fill: var(--reference); }
ul { padding-left: 1.2em; } .warning { border-left: 4px solid var(--val); padding-left: 12px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 18px; }
.card { background: var(--card); border-radius: 6px; padding: 10px 14px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; margin: 0; }
table { border-collapse: collapse; font: 14px system-ui, sans-serif; width: 100%; }
td, th { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { background: var(--plain); height: .7em; border-radius: 2px; display: inline-block; }
)";

std::string thousands(int64_t n) {
  std::string digits = std::to_string(n);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

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
    check<FileError>(fs::exists(settings), "{}: there is no run in this folder", path.string());
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

template <class F>
std::vector<Point> points(const Run& run, F value) {
  std::vector<Point> all;
  for (const StepMetrics& m : run.metrics) all.push_back({static_cast<double>(m.step), value(m)});
  return all;
}

std::vector<Point> validations(const Run& run) {
  std::vector<Point> all;
  for (const StepMetrics& m : run.metrics) {
    if (m.val_loss) all.push_back({static_cast<double>(m.step), *m.val_loss});
  }
  return all;
}

std::string loss_chart(const Run& run) {
  const Baselines& b = run.lines.baselines;
  Chart chart{.title = "Loss over the steps",
              .x_label = "step",
              .y_label = "nats per token",
              .series = {{"training", "train", points(run, [](auto& m) { return m.loss; })},
                         {"validation", "val", validations(run), true}},
              .references = {{"guessing, ln V", b.uniform},
                             {"frequencies", b.unigram},
                             {"pairs of tokens", b.bigram}}};
  if (run.lines.floor) chart.references.push_back({"floor of the text", *run.lines.floor});
  return to_svg(chart);
}

template <class F>
std::string small_chart(const Run& run, const std::string& title, F value, bool from_zero = true) {
  return to_svg({.title = title,
                 .x_label = "step",
                 .y_label = title,
                 .series = {{title, "plain", points(run, value)}},
                 .from_zero = from_zero,
                 .width = 370,
                 .height = 200});
}

std::string list(const std::vector<std::string>& sentences, const char* css = "") {
  std::string html = fmt::format("<ul class=\"{}\">", css);
  for (const std::string& s : sentences) html += "<li>" + escape_html(s) + "</li>";
  return html + "</ul>\n";
}

std::string verdict_section(const Run& run) {
  const Verdict verdict = judge(run.facts());
  std::string html = "<h2>Is this loss normal?</h2>\n" + list(verdict.learned);
  if (!verdict.warnings.empty()) return html + list(verdict.warnings, "warning");
  return html + "<p class=\"soft\">Nothing in the curves looks wrong.</p>\n";
}

// From gibberish to sense: first, last and some between.
std::string samples_section(const Run& run) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run.folder / "samples", none)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  if (files.empty()) return "";
  std::sort(files.begin(), files.end());
  constexpr size_t most = 6;
  const size_t shown = std::min(most, files.size());
  std::string html = "<h2>What it wrote</h2>\n";
  for (size_t i = 0; i < shown; ++i) {
    const size_t at = shown == 1 ? 0 : i * (files.size() - 1) / (shown - 1);
    std::string step = files[at].stem().string().substr(5);  // step-00000250
    step.erase(0, std::min(step.find_first_not_of('0'), step.size() - 1));
    html +=
        fmt::format("<p class=\"soft\">after {} steps</p><div class=\"card\"><pre>{}</pre></div>\n",
                    step, escape_html(read_file(files[at])));
  }
  return html;
}

std::string parameters_section(const Run& run) {
  const MetaMode no_memory;
  const GPT model(run.options.model);
  const double total = static_cast<double>(model.num_parameters());
  std::string rows;
  for (const ParameterGroup& g : parameter_groups(model)) {
    if (g.count == 0) continue;
    const double share = 100 * static_cast<double>(g.count) / total;
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{:.1f} %</td>"
        "<td style=\"width:40%\"><span class=\"bar\" style=\"width:{:.1f}%\"></span></td></tr>\n",
        escape_html(g.kind), thousands(g.count), share, share);
  }
  return fmt::format("<h2>{} parameters</h2>\n<table>{}</table>\n",
                     thousands(model.num_parameters()), rows);
}

std::string settings_section(const Run& run) {
  std::string rows;
  const nlohmann::json settings = to_json(run.options);
  for (const auto& [key, value] : settings.items()) {
    if (value.is_object()) continue;
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escape_html(key),
                        escape_html(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return "<h2>Settings</h2>\n<table>" + rows + "</table>\n";
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

}  // namespace

void save_reference_lines(const ReferenceLines& lines, const fs::path& run) {
  nlohmann::ordered_json object{{"uniform", lines.baselines.uniform},
                                {"unigram", lines.baselines.unigram},
                                {"bigram", lines.baselines.bigram},
                                {"train_tokens", lines.train_tokens}};
  if (lines.floor) object["floor"] = *lines.floor;
  write_file_atomically(run / "baselines.json", object.dump(2) + "\n");
}

void write_report(const fs::path& folder) {
  const Run run(folder);
  const std::string name = escape_html(fs::absolute(folder).lexically_normal().filename().string());
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{0} · gradus</title><style>{1}</style></head><body>\n<h1>{0}</h1>"
      "<p class=\"soft\">{2}</p>\n",
      name, style, escape_html(subtitle(run)));
  if (!run.metrics.empty()) {
    html += loss_chart(run) + verdict_section(run) + "<div class=\"pair\">";
    html += small_chart(run, "learning rate", [](auto& m) { return m.lr; });
    html += small_chart(run, "gradient norm", [](auto& m) { return m.grad_norm; });
    html += small_chart(run, "tokens per second", [](auto& m) { return m.tokens_per_second; });
    html += "</div>\n";
  }
  html +=
      samples_section(run) + parameters_section(run) + settings_section(run) + "</body></html>\n";
  write_file_atomically(folder / "report.html", html);
}

}  // namespace gradus
