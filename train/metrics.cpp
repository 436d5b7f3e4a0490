#include "train/metrics.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "data/file.h"

namespace gradus {

std::optional<double> find_measure(const Measures& measures, const std::string& name) {
  for (const auto& [key, value] : measures) {
    if (key == name) return value;
  }
  return {};
}

std::string to_json_line(const StepMetrics& m) {
  nlohmann::ordered_json line{{"step", m.step},
                              {"loss", m.loss},
                              {"lr", m.lr},
                              {"grad_norm", m.grad_norm},
                              {"tokens_per_second", m.tokens_per_second}};
  if (m.val_loss) line["val_loss"] = *m.val_loss;
  for (const auto& [name, value] : m.measures) line[name] = value;
  return line.dump();
}

std::vector<StepMetrics> read_metrics(const std::filesystem::path& file) {
  std::istringstream lines(read_file(file));
  std::vector<StepMetrics> all;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
    const auto number = [&](const char* key) {
      return entry.is_object() && entry.contains(key) && entry[key].is_number();
    };
    if (!number("step") || !number("loss")) continue;
    StepMetrics m{.step = entry["step"], .loss = entry["loss"]};
    if (number("lr")) m.lr = entry["lr"];
    if (number("grad_norm")) m.grad_norm = entry["grad_norm"];
    if (number("tokens_per_second")) m.tokens_per_second = entry["tokens_per_second"];
    if (number("val_loss")) m.val_loss = entry["val_loss"];
    for (const auto& [name, value] : entry.items()) {
      const bool own = name == "step" || name == "loss" || name == "lr" || name == "grad_norm" ||
                       name == "tokens_per_second" || name == "val_loss";
      if (!own && value.is_number()) m.measures.emplace_back(name, value);
    }
    all.push_back(m);
  }
  return all;
}

}  // namespace gradus
