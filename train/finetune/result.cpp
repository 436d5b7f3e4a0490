#include "train/finetune/result.h"

#include <algorithm>

#include "train/terminal.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr const char* task_names[] = {"sentiment", "pairs", "ner", "qa"};
constexpr size_t widest_confusion = 12;  // classes

// A figure of several runs, in their order.
template <class Of>
std::vector<double> over_runs(const FineTuneResult& result, size_t figure, Of score_of) {
  std::vector<double> values;
  for (const SeedResult& run : result.runs) {
    values.push_back(score_of(run).figures[figure].second);
  }
  return values;
}

// One line of the table: a name and all figures, mean ± spread of several runs.
template <class Of>
std::string figures_line(const std::string& name, const FineTuneResult& result, Of score_of) {
  std::string line = fmt::format("  {:<34}", name);
  for (size_t f = 0; f < score_of(result.best()).figures.size(); ++f) {
    const MeanAndSpread m = mean_and_spread(over_runs(result, f, score_of));
    line += result.runs.size() == 1 ? fmt::format("{:>20.4f}", m.mean)
                                    : fmt::format("{:>11.4f} ± {:<6.4f}", m.mean, m.spread);
  }
  return line + "\n";
}

std::string figures_heading(const std::string& part, const Score& score) {
  std::string line = fmt::format("  {:<34}", part);
  for (const auto& [name, value] : score.figures) line += fmt::format("{:>20}", name);
  return line + "\n";
}

const char* model_name(const SessionOptions& o) {
  if (o.tuning.freeze) return o.scratch ? "random encoder, frozen" : "frozen encoder, new head";
  return o.scratch ? "from scratch" : "fine-tuned";
}

// How far the main figure would move on other examples, if these have chosen nothing.
std::string certainty(const char* part, const Score& score) {
  const std::optional<double> error = score.standard_error();
  if (!error) return "";
  const double points = 100 * *error;
  std::string text =
      fmt::format("{} {} {:.1f} ± {:.1f} points (standard error on {} examples)", part,
                  score.main_name(), 100 * score.main(), points, score.outcomes.size());
  if (points >= 1)
    text += fmt::format(": a difference below {:.0f} points says little", 2 * points);
  return text + "\n";
}

std::string score_details(const Score& score, std::span<const std::string> labels) {
  if (score.entities) return "\n" + conlleval_table(*score.entities);
  if (!score.classes || labels.size() > widest_confusion) return "";
  return "\n" + confusion_table(*score.classes, labels);
}

template <class ModelScore, class Baselines>
std::string part_table(const char* part, const SessionOptions& o, const FineTuneResult& result,
                       ModelScore model_score, Baselines baselines_of) {
  std::string text = figures_heading(part, model_score(result.best()));
  text += figures_line(model_name(o), result, model_score);
  for (size_t b = 0; b < baselines_of(result.best()).size(); ++b) {
    text += figures_line(baselines_of(result.best())[b].name, result,
                         [&](const SeedResult& run) { return baselines_of(run)[b].score; });
  }
  return text;
}

ordered_json baselines_json(const std::vector<Baseline>& all) {
  ordered_json object = ordered_json::object();
  for (const Baseline& one : all) object[one.name] = to_json(one.score);
  return object;
}

ordered_json settings_json(const SessionOptions& o) {
  const FineTuneOptions& t = o.tuning;
  ordered_json settings{{"task", task_names[static_cast<size_t>(o.task)]},
                        {"model", o.model},
                        {"train", o.train},
                        {"dev", o.dev},
                        {"test", o.test},
                        {"labels", o.labels},
                        {"scratch", o.scratch},
                        {"freeze", t.freeze},
                        {"pooling", name_of(o.pooling)},
                        {"seeds", o.seeds},
                        {"seed", t.seed},
                        {"lr", t.lr},
                        {"epochs", t.epochs},
                        {"min_steps", t.min_steps},
                        {"batch_size", t.batch_size},
                        {"warmup", t.warmup},
                        {"weight_decay", t.weight_decay},
                        {"layer_decay", t.layer_decay},
                        {"clip", t.clip},
                        {"patience", t.patience},
                        {"precision", name_of(t.precision)},
                        {"max_length", o.max_length},
                        {"doc_stride", o.doc_stride}};
  if (o.dropout) settings["dropout"] = *o.dropout;
  return settings;
}

}  // namespace

ordered_json to_json(const Score& score) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : score.figures) object[name] = value;
  if (const auto error = score.standard_error()) object["standard_error"] = *error;
  if (score.classes) object["confusion"] = score.classes->confusion;
  if (score.entities) {
    for (const auto& [type, counts] : score.entities->by_type) {
      object["types"][type] = {{"f1", counts.f1()},
                               {"precision", counts.precision()},
                               {"recall", counts.recall()},
                               {"truth", counts.truth}};
    }
  }
  return object;
}

ordered_json to_json(const SessionOptions& o, const FineTuneResult& result) {
  const SeedResult& best = result.best();
  ordered_json object{{"dev", to_json(best.tuned.dev)}};
  object["dev"].erase("standard_error");  // the weights were chosen by these examples
  if (best.test) object["test"] = to_json(*best.test);
  object["baselines"] = baselines_json(best.dev_baselines);
  if (best.test) object["test_baselines"] = baselines_json(best.test_baselines);
  for (const SeedResult& run : result.runs) {
    ordered_json one{{"seed", run.seed},
                     {"steps", run.tuned.steps},
                     {"best_step", run.tuned.best_step},
                     {"dev", run.tuned.dev.main()}};
    if (run.test) one["test"] = run.test->main();
    object["runs"].push_back(one);
  }
  const MeanAndSpread dev =
      mean_and_spread(over_runs(result, 0, [](const SeedResult& run) { return run.tuned.dev; }));
  object["mean"] = dev.mean;
  object["spread"] = dev.spread;
  object["labels"] = result.labels;
  object["examples"] = {
      {"train", result.train_rows}, {"dev", result.dev_rows}, {"test", result.test_rows}};
  object["notes"] = result.notes;
  object["settings"] = settings_json(o);
  return object;
}

std::string confusion_table(const ClassificationScore& score, std::span<const std::string> labels) {
  size_t width = 6;
  for (const std::string& label : labels) width = std::max(width, label.size());
  std::string text = fmt::format("  {:<{}}", "truth", width + 2);
  for (const std::string& label : labels) text += fmt::format("{:>{}}", label, width + 2);
  text += "   (columns: predicted)\n";
  for (int32_t truth = 0; truth < score.classes; ++truth) {
    text += fmt::format("  {:<{}}", labels[static_cast<size_t>(truth)], width + 2);
    for (int32_t predicted = 0; predicted < score.classes; ++predicted) {
      text += fmt::format("{:>{}}", score.count(truth, predicted), width + 2);
    }
    text += "\n";
  }
  return text;
}

std::string to_text(const SessionOptions& o, const FineTuneResult& result) {
  const SeedResult& best = result.best();
  std::string text = fmt::format("{} examples to learn from, {} to choose by (dev)",
                                 result.train_rows, result.dev_rows);
  if (best.test) text += fmt::format(", {} to test", result.test_rows);
  if (result.runs.size() > 1)
    text += fmt::format("; mean ± spread of {} seeds", result.runs.size());
  text += "\n\n" + part_table(
                       "dev", o, result, [](const SeedResult& run) { return run.tuned.dev; },
                       [](const SeedResult& run) { return run.dev_baselines; });
  if (best.test) {
    text += "\n" + part_table(
                       "test", o, result, [](const SeedResult& run) { return *run.test; },
                       [](const SeedResult& run) { return run.test_baselines; });
  }
  const Score& shown = best.test ? *best.test : best.tuned.dev;
  text += score_details(shown, result.labels) + "\n";
  text += best.test ? certainty("test", shown)
                    : "dev: the weights were chosen by these examples, the figures flatter; --test "
                      "measures on others\n";
  return text + fmt::format("{}: the weights after step {} of {}, seed {}\n", o.out,
                            best.tuned.best_step, best.tuned.steps, best.seed);
}

}  // namespace gradus
