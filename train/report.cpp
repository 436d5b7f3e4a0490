#include "train/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/bert_report.h"
#include "train/page.h"
#include "train/seq2seq_options.h"
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

// Everything that a page is made of, whatever the loss is about.
struct Run {
  fs::path folder;
  nlohmann::json settings;
  RunOptions options;
  ReferenceLines lines;
  std::vector<StepMetrics> metrics;
  int64_t read_per_step = 0;          // tokens, or whatever else train_tokens counts
  std::string model = {}, step = {};  // in words
  std::string parameters = {};        // as HTML

  explicit Run(const fs::path& path) : folder(path) {
    const fs::path file = path / "training.json";
    settings = read_json(file);
    options = run_options_from(settings, file.string());
    lines = load_reference_lines(path / "baselines.json");
    if (fs::exists(path / "metrics.jsonl")) metrics = read_metrics(path / "metrics.jsonl");
  }

  RunFacts facts() const {
    return {.metrics = metrics,
            .baselines = lines.baselines,
            .floor = lines.floor,
            .planned_steps = options.steps,
            .tokens_per_step = read_per_step,
            .train_tokens = lines.train_tokens,
            .clip = static_cast<double>(options.clip)};
  }
};

Run gpt_run(const fs::path& folder) {
  Run run(folder);
  const GPTConfig m = load_gpt2_config(folder);
  const MetaMode no_memory;
  run.read_per_step = run.options.batch_size * run.options.accumulation * m.block_size;
  run.model = fmt::format("GPT: {} layers, {} heads, {} wide, {} tokens of context, vocabulary {}",
                          m.n_layer, m.n_head, m.n_embd, m.block_size, thousands(m.vocab_size));
  run.step = fmt::format("{} tokens", thousands(run.read_per_step));
  run.parameters = parameters_section(GPT(m));
  return run;
}

Run seq2seq_run(const fs::path& folder) {
  Run run(folder);
  const Seq2SeqOptions o = seq2seq_options_from(run.settings, (folder / "training.json").string());
  const EncoderDecoderConfig m = load_encoder_decoder_config(folder);
  const MetaMode no_memory;
  run.read_per_step = o.read_per_step();
  run.model = fmt::format("Encoder-decoder: {} and {} layers, {} heads, {} wide, vocabulary {}; {}",
                          m.n_layer, m.decoder_layers(), m.n_head, m.n_embd,
                          thousands(m.vocab_size), name_in(seq2seq_task_names, o.task));
  run.step =
      fmt::format("{} sources of up to {} tokens", o.batch_size * o.accumulation, o.source_length);
  run.parameters = parameters_section(EncoderDecoder(m));
  return run;
}

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

std::string loss_report(const Run& run) {
  std::string body;
  if (!run.metrics.empty()) {
    body += loss_chart(run) + verdict_section(run) + pace_charts(run.metrics);
  }
  body += samples_section(run.folder, "What it wrote") + run.parameters +
          settings_section(run.settings);
  const int64_t steps = run.metrics.empty() ? 0 : run.metrics.back().step;
  const std::string subtitle = fmt::format("{}; {} of {} steps of {}", run.model, thousands(steps),
                                           thousands(run.options.steps), run.step);
  return html_page(run_name(run.folder), subtitle, body);
}

std::string report_of(const fs::path& folder) {
  const std::string type = model_type_of(folder);
  if (type == "bert") return bert_report(folder);
  return loss_report(is_encoder_decoder(type) ? seq2seq_run(folder) : gpt_run(folder));
}

Verdict verdict_of(const fs::path& folder) {
  const std::string type = model_type_of(folder);
  if (type == "bert") return judge_bert_run(folder);
  return judge((is_encoder_decoder(type) ? seq2seq_run(folder) : gpt_run(folder)).facts());
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

void say_verdict(const fs::path& folder) {
  if (!fs::exists(folder / "metrics.jsonl")) return;
  const Verdict verdict = verdict_of(folder);
  const auto say = [](const std::string& sentence) {  // if nobody can read it, it is lost
    std::fputs((sentence + "\n").c_str(), stderr);
  };
  for (const std::string& sentence : verdict.learned) say(sentence);
  for (const std::string& sentence : verdict.warnings) say("warning: " + sentence);
}

void write_report(const fs::path& folder) {
  check<FileError>(fs::exists(folder / "training.json"), "{}: there is no run in this folder",
                   folder.string());
  write_file_atomically(folder / "report.html", report_of(folder));
}

}  // namespace gradus
