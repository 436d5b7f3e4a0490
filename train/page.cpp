#include "train/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "nn/summary.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

constexpr const char* style = R"(
body { background: var(--paper); color: var(--ink); font: 16px/1.55 Georgia, serif;
       max-width: 800px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 1.7em; margin: 0 0 .1em; } h2 { font-size: 1.2em; margin: 2em 0 .5em; }
.soft { color: var(--soft); } svg { width: 100%; height: auto; display: block; }
ul { padding-left: 1.2em; } .warning { border-left: 4px solid var(--val); padding-left: 12px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 18px; }
.card { background: var(--card); border-radius: 6px; padding: 10px 14px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; margin: 0; }
table { border-collapse: collapse; font: 14px system-ui, sans-serif; width: 100%; }
td, th { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { background: var(--plain); height: .7em; border-radius: 2px; display: inline-block; }
)";

template <class F>
std::string small_chart(const std::vector<StepMetrics>& metrics, const std::string& title,
                        F value) {
  return to_svg({.title = title,
                 .x_label = "step",
                 .y_label = title,
                 .series = {{title, "plain", points_of(metrics, value)}},
                 .from_zero = true,
                 .width = 370,
                 .height = 200});
}

}  // namespace

std::string thousands(int64_t n) {
  std::string digits = std::to_string(n);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string html_page(const std::string& title, const std::string& subtitle,
                      const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{0} · gradus</title><style>{1}{4}</style></head><body>\n<h1>{0}</h1>"
      "<p class=\"soft\">{2}</p>\n{3}</body></html>\n",
      escape_html(title), chart_style, escape_html(subtitle), body, style);
}

std::string html_list(const std::vector<std::string>& sentences, const char* css) {
  std::string html = fmt::format("<ul class=\"{}\">", css);
  for (const std::string& s : sentences) html += "<li>" + escape_html(s) + "</li>";
  return html + "</ul>\n";
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<table>";
  for (size_t r = 0; r < rows.size(); ++r) {
    const char* tag = r == 0 ? "th" : "td";
    const std::vector<std::string>& like = rows[r == 0 && rows.size() > 1 ? 1 : r];
    html += "<tr>";
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const bool number = like[i].find_first_of("0123456789+-") == 0;
      html += fmt::format("<{0}{1}>{2}</{0}>", tag, number ? " class=\"number\"" : "",
                          escape_html(rows[r][i]));
    }
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

std::string pace_charts(const std::vector<StepMetrics>& metrics) {
  using M = StepMetrics;
  return "<div class=\"pair\">" +
         small_chart(metrics, "learning rate", [](const M& m) { return std::optional(m.lr); }) +
         small_chart(metrics, "gradient norm",
                     [](const M& m) { return std::optional(m.grad_norm); }) +
         small_chart(metrics, "tokens per second",
                     [](const M& m) { return std::optional(m.tokens_per_second); }) +
         "</div>\n";
}

// From gibberish to sense: first, last and some between.
std::string samples_section(const fs::path& run, const char* heading) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run / "samples", none)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  if (files.empty()) return "";
  std::sort(files.begin(), files.end());
  constexpr size_t most = 6;
  const size_t shown = std::min(most, files.size());
  std::string html = fmt::format("<h2>{}</h2>\n", heading);
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

std::string parameters_section(const Module& model) {
  const double total = static_cast<double>(model.num_parameters());
  std::string rows;
  for (const ParameterGroup& g : parameter_groups(model)) {
    const double share = 100 * static_cast<double>(g.count) / total;
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{:.1f} %</td>"
        "<td style=\"width:40%\"><span class=\"bar\" style=\"width:{:.1f}%\"></span></td></tr>\n",
        escape_html(g.kind), thousands(g.count), share, share);
  }
  return fmt::format("<h2>{} parameters</h2>\n<table>{}</table>\n",
                     thousands(model.num_parameters()), rows);
}

std::string settings_section(const nlohmann::json& settings) {
  std::string rows;
  for (const auto& [key, value] : settings.items()) {
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escape_html(key),
                        escape_html(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return "<h2>Settings</h2>\n<table>" + rows + "</table>\n";
}

}  // namespace gradus
