#pragma once
// What the HTML pages of runs and experiments share: one file each, no network, light and dark.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "nn/module.h"
#include "train/chart.h"
#include "train/metrics.h"

namespace gradus {

/// A whole page around its body. The title is text, the body HTML.
std::string html_page(const std::string& title, const std::string& subtitle,
                      const std::string& body);

/// A bulleted list of sentences.
std::string html_list(const std::vector<std::string>& sentences, const char* css = "");
/// Rows of a table, the first one its head; cells that begin with a digit or a sign stand right,
/// and so does what stands above them.
std::string html_table(const std::vector<std::vector<std::string>>& rows);

/// One number of every step as a curve; where it is missing there is no point.
template <class F>
std::vector<Point> points_of(const std::vector<StepMetrics>& metrics, F value) {
  std::vector<Point> all;
  for (const StepMetrics& m : metrics) {
    const std::optional<double> y = value(m);
    if (y) all.push_back({static_cast<double>(m.step), *y});
  }
  return all;
}
/// Learning rate, gradient norm and speed, side by side.
std::string pace_charts(const std::vector<StepMetrics>& metrics);

/// samples/ of a run under a heading: first, last and some between.
std::string samples_section(const std::filesystem::path& run, const char* heading);
std::string parameters_section(const Module& model);
std::string settings_section(const nlohmann::json& settings);

/// 1234567 as 1,234,567.
std::string thousands(int64_t n);

}  // namespace gradus
