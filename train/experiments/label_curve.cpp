#include "train/experiments/label_curve.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "data/digest.h"
#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/chart.h"
#include "train/finetune/session.h"
#include "train/page.h"
#include "train/progress.h"
#include "train/signals.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

enum class Method { fine_tuned, frozen, scratch, bag };
struct MethodName {
  Method method;
  const char* key;
  const char* title;
};
constexpr std::array<MethodName, 4> methods{{{Method::fine_tuned, "fine_tuned", "fine-tuned"},
                                             {Method::frozen, "frozen", "frozen encoder"},
                                             {Method::scratch, "scratch", "from scratch"},
                                             {Method::bag, "bag_of_words", "logistic regression"}}};

std::vector<int64_t> label_counts(const LabelCurveOptions& o, int64_t all) {
  std::vector<int64_t> counts;
  for (const int64_t count : {30, 100, 300, 1000, 3000}) {
    if (count < all && (!o.quick || count <= 300)) counts.push_back(count);
  }
  if (!o.quick || counts.empty()) counts.push_back(all);
  return counts;
}

// One result: a method, a number of labels, a seed.
std::string cell_name(const char* method, int64_t count, uint64_t seed) {
  return fmt::format("{}/{}/{}", method, count, seed);
}

// Tells whether a file is the one that results were measured with.
std::string file_digest(const std::filesystem::path& file) {
  return fmt::format("{:016x}", digest(read_file(file)));
}
std::string data_digest(const std::string& source) {
  return source == builtin_task ? builtin_task : file_digest(source);
}

// The outcomes of all examples, "1011...", which a bootstrap needs.
std::string as_digits(const std::vector<double>& outcomes) {
  std::string digits;
  for (const double outcome : outcomes) digits += outcome > 0 ? '1' : '0';
  return digits;
}

TaskConfig begin_task(const TaskData& train, Pooling pooling) {
  TaskConfig task = task_of(train, TaskKind::classification, real(0.1));
  task.pooling = pooling;
  return task;
}

class LabelCurve {
 public:
  explicit LabelCurve(const LabelCurveOptions& options)
      : o(options),
        file_(std::filesystem::path(o.out) / "results.json"),
        tokenizer_(Tokenizer::load(o.model)),
        train_(read_task_data(o.task, o.train, Part::train)),
        dev_data_(read_task_data(o.task, o.dev, Part::dev)),
        task_(begin_task(train_, o.pooling)),
        reading_(reading_options(
            o.task,
            std::visit([](const auto& c) { return c.block_size; }, load_backbone_config(o.model)),
            0, 0)),
        dev_(make_examples(dev_data_, task_, tokenizer_, reading_)),
        counts_(label_counts(o, train_.size())) {
    check_vocabulary(tokenizer_, load_backbone_config(o.model), o.model);
    std::filesystem::create_directories(o.out);
    read_results();
  }

  void run();
  std::string worth(int64_t count) const;
  std::vector<std::vector<std::string>> rows() const;
  std::string table() const;
  void write_page() const;
  const ordered_json& results() const { return results_; }

 private:
  int64_t seeds() const { return o.quick ? 1 : o.seeds; }
  void read_results();
  Score measure(Method method, const TaskData& data, const Examples& examples, uint64_t seed) const;
  std::vector<double> figures(const char* method, int64_t count) const;
  std::vector<double> mean_outcomes(const char* method, int64_t count) const;

  const LabelCurveOptions& o;
  std::filesystem::path file_;
  Tokenizer tokenizer_;
  TaskData train_, dev_data_;
  TaskConfig task_;
  ReadingOptions reading_;
  std::unique_ptr<Examples> dev_;
  std::vector<int64_t> counts_;
  ordered_json results_;
};

// What an earlier session has measured under the same settings.
void LabelCurve::read_results() {
  ordered_json settings{
      {"model", std::filesystem::absolute(o.model).string()},
      {"task", o.task == TaskName::pairs ? "pairs" : "sentiment"},
      {"weights", file_digest(std::filesystem::path(o.model) / "model.safetensors")},
      {"train", o.train},
      {"train_digest", data_digest(o.train)},
      {"train_examples", train_.size()},
      {"dev", o.dev},
      {"dev_digest", data_digest(o.dev)},
      {"dev_examples", dev_data_.size()},
      {"quick", o.quick}};
  if (o.pooling == Pooling::mean) settings["pooling"] = name_of(o.pooling);
  results_ = {{"settings", settings}, {"cells", ordered_json::object()}};
  if (!std::filesystem::exists(file_)) return;
  const nlohmann::json stored = read_json(file_);
  const bool same = stored.is_object() && stored.contains("cells") && stored["cells"].is_object() &&
                    stored.value("settings", nlohmann::json()) == nlohmann::json(settings);
  check<FileError>(same, "{}: these results come from other settings; choose another --out",
                   file_.string());
  results_["cells"] = stored["cells"];
}

Score LabelCurve::measure(Method method, const TaskData& data, const Examples& examples,
                          uint64_t seed) const {
  if (method == Method::bag)
    return baselines(task_, data, examples, dev_data_, *dev_, seed).front().score;
  const bool scratch = method == Method::scratch, freeze = method == Method::frozen;
  manual_seed(seed);
  TaskModel model = begin_task_model(o.model, task_, scratch, {});
  return fine_tune(model, examples, *dev_,
                   {.min_steps = o.quick ? 100 : 300,
                    .lr = default_lr(model.n_embd(), scratch, freeze),
                    .freeze = freeze,
                    .evaluations = 1,
                    .seed = seed})
      .dev;
}

void LabelCurve::run() {
  const auto total = static_cast<int64_t>(counts_.size() * methods.size()) * seeds();
  Progress progress("result", total, 0, o.quiet);
  int64_t done = 0;
  for (const int64_t count : counts_) {
    for (uint64_t seed = o.first_seed; seed < o.first_seed + uint64_t(seeds()); ++seed) {
      const TaskData data = train_.sample(count, seed);
      std::unique_ptr<Examples> examples;
      for (const auto& [method, key, title] : methods) {
        if (stop_signal() != 0) return;
        progress.update(done++, title);
        const std::string cell = cell_name(key, count, seed);
        if (results_["cells"].contains(cell)) continue;
        if (!examples) examples = make_examples(data, task_, tokenizer_, reading_);
        const Score score = measure(method, data, *examples, seed);
        if (stop_signal() != 0) return;  // it may have ended early
        results_["cells"][cell] = {{"accuracy", score.main()},
                                   {"outcomes", as_digits(score.outcomes)}};
        write_file_atomically(file_, results_.dump(1) + "\n");
        progress.line(
            fmt::format("{:>6} labels, seed {}: {:<20} {:.4f}", count, seed, title, score.main()));
      }
    }
  }
}

// Of all seeds that have been run.
std::vector<double> LabelCurve::figures(const char* method, int64_t count) const {
  std::vector<double> values;
  for (int64_t i = 0; i < seeds(); ++i) {
    const std::string cell = cell_name(method, count, o.first_seed + uint64_t(i));
    if (results_["cells"].contains(cell))
      values.push_back(results_["cells"][cell]["accuracy"].get<double>());
  }
  return values;
}

// How often each example was right, over the seeds.
std::vector<double> LabelCurve::mean_outcomes(const char* method, int64_t count) const {
  std::vector<double> means(static_cast<size_t>(dev_data_.size()), 0);
  for (int64_t i = 0; i < seeds(); ++i) {
    const std::string cell = cell_name(method, count, o.first_seed + uint64_t(i));
    const std::string digits = results_["cells"][cell]["outcomes"].get<std::string>();
    for (size_t k = 0; k < means.size(); ++k) {
      means[k] += (digits.at(k) == '1' ? 1.0 : 0.0) / static_cast<double>(seeds());
    }
  }
  return means;
}

// Fine-tuned less from scratch, in points: over the seeds, and over other examples.
std::string LabelCurve::worth(int64_t count) const {
  const std::vector<double> tuned = figures("fine_tuned", count),
                            scratch = figures("scratch", count);
  if (static_cast<int64_t>(tuned.size()) < seeds() || tuned.size() != scratch.size()) return "-";
  std::vector<double> differences;
  for (size_t i = 0; i < tuned.size(); ++i) differences.push_back(100 * (tuned[i] - scratch[i]));
  const MeanAndSpread by_seed = mean_and_spread(differences);
  const BootstrapResult by_example =
      paired_bootstrap(mean_outcomes("fine_tuned", count), mean_outcomes("scratch", count));
  const std::string spread =
      differences.size() == 1 ? "" : fmt::format(" ± {:.1f}", by_seed.spread);
  return fmt::format("{:+.1f}{} points (examples ± {:.1f})", by_seed.mean, spread,
                     100 * by_example.standard_error);
}

// A head and a row for each number of labels.
std::vector<std::vector<std::string>> LabelCurve::rows() const {
  std::vector<std::vector<std::string>> all{{"labels"}};
  for (const MethodName& m : methods) all[0].push_back(m.title);
  all[0].push_back("pre-training is worth");
  for (const int64_t count : counts_) {
    std::vector<std::string> row{std::to_string(count)};
    for (const MethodName& m : methods) {
      const std::vector<double> values = figures(m.key, count);
      if (values.empty()) {
        row.push_back("-");
        continue;
      }
      const MeanAndSpread s = mean_and_spread(values);
      row.push_back(values.size() == 1 ? fmt::format("{:.4f}", s.mean)
                                       : fmt::format("{:.4f} ± {:.4f}", s.mean, s.spread));
    }
    row.push_back(worth(count));
    all.push_back(row);
  }
  return all;
}

constexpr const char* table_legend =
    "Accuracy of the last step's weights, mean ± spread over seeds. What pre-training is worth: "
    "fine-tuned less from scratch, mean ± spread over seeds; in brackets the standard error by "
    "paired bootstrap, which draws other examples for these seeds, not other seeds.";

std::string LabelCurve::table() const {
  std::string text;
  for (const std::vector<std::string>& row : rows()) {
    text += fmt::format("  {:>6}", row.front());
    for (size_t m = 1; m <= methods.size(); ++m) text += fmt::format("{:>21}", row[m]);
    text += fmt::format("   {}\n", row.back());
  }
  return text + fmt::format("\n{}\n", table_legend);
}

void LabelCurve::write_page() const {
  Chart chart{.title = "accuracy by number of labels",
              .x_label = "labels",
              .y_label = "accuracy",
              .series = {},
              .log_x = true};
  for (size_t m = 0; m < methods.size(); ++m) {
    constexpr const char* css[] = {"val", "plain", "reference", "train"};
    Series series{methods[m].title, css[m], {}, true};
    for (const int64_t count : counts_) {
      const std::vector<double> values = figures(methods[m].key, count);
      if (!values.empty())
        series.points.push_back({static_cast<double>(count), mean_and_spread(values).mean});
    }
    chart.series.push_back(series);
  }
  write_file_atomically(
      std::filesystem::path(o.out) / "report.html",
      html_page("Accuracy by number of labels", table_legend, to_svg(chart) + html_table(rows())));
}

}  // namespace

bool label_curve(const LabelCurveOptions& options) {
  LabelCurve experiment(options);
  experiment.run();
  experiment.write_page();
  fmt::print("{}", options.json ? experiment.results().dump() + "\n" : experiment.table());
  return stop_signal() != 0;
}

}  // namespace gradus
