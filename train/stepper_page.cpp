// How a walk is shown: as a page with a graph and one card for each value, and as text.

#include <algorithm>
#include <cmath>

#include "tensor/errors.h"
#include "train/chart.h"
#include "train/stepper.h"

namespace gradus {
namespace {

constexpr const char* page_head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gradus explain</title><style>
:root { color-scheme: light dark; --paper: #fdfcf8; --ink: #24272b; --soft: #6b7178; --line: #d9d6cc;
        --card: #f5f3ec; --plus: 47, 102, 144; --minus: 194, 65, 12; --mark: #c2410c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e6e4de; --soft: #9aa0a6; --line: #3a3f45; --card: #1e2125;
          --plus: 124, 179, 220; --minus: 251, 146, 60; --mark: #fb923c; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 Georgia, serif; margin: 0 auto;
       max-width: 1080px; padding: 20px; }
h1 { font-size: 1.6em; margin: 0; } .soft { color: var(--soft); }
.bar { position: sticky; top: 0; background: var(--paper); padding: 8px 0; z-index: 1;
       border-bottom: 1px solid var(--line); display: flex; gap: 8px; align-items: center; }
button { font: 14px system-ui, sans-serif; padding: 4px 12px; border: 1px solid var(--line);
         border-radius: 5px; background: var(--card); color: var(--ink); cursor: pointer; }
.graph { overflow-x: auto; margin: 14px 0; } svg { display: block; margin: 0 auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg rect { fill: var(--card); stroke: var(--line); } svg path { fill: none; stroke: var(--soft); }
svg .now rect { stroke: var(--mark); stroke-width: 2.5; } svg a { cursor: pointer; }
.step { background: var(--card); border-left: 4px solid transparent; border-radius: 6px;
        padding: 10px 16px; margin: 14px 0; }
.step.now { border-left-color: var(--mark); }
.step h2 { font-size: 1.1em; margin: 0 0 .3em; }
.formula { font: 14px/1.5 ui-monospace, monospace; }
.tables { display: flex; flex-wrap: wrap; gap: 12px 34px; margin-top: 8px; }
table { border-collapse: collapse; } caption { text-align: left; color: var(--soft);
        font: 13px system-ui, sans-serif; padding-bottom: 3px; }
td { font: 13px ui-monospace, monospace; text-align: right; padding: 2px 8px;
     border: 1px solid var(--paper); font-variant-numeric: tabular-nums; }
.later { visibility: hidden; }
</style></head><body>
)";

// Steps forward and back by buttons and arrow keys. Without it the page shows everything at once.
constexpr const char* page_script = R"(<script>
const cards = [...document.querySelectorAll('.step')], boxes = [...document.querySelectorAll('svg a')];
const n = cards.length, stops = 2 * n, label = document.getElementById('where');
let at = -1;
function show(stop, scroll) {
  at = Math.max(-1, Math.min(stops - 1, stop));
  const back = at >= n, i = at < 0 ? -1 : back ? stops - 1 - at : at;
  cards.forEach((c, k) => {
    c.classList.toggle('now', k === i);
    c.hidden = at >= 0 && !back && k > i;
    c.querySelectorAll('.back').forEach(e => e.classList.toggle('later', at >= 0 && (!back || k < i)));
  });
  boxes.forEach((b, k) => b.classList.toggle('now', k === i));
  label.textContent = at < 0 ? 'everything' : (back ? 'backward ' : 'forward ') + (back ? at - n + 1 : at + 1) + ' / ' + n;
  if (scroll && i >= 0) { cards[i].scrollIntoView({block: "center"}); boxes[i].scrollIntoView({block: "nearest", inline: "center"}); }
}
document.getElementById('next').onclick = () => show(at + 1, true);
document.getElementById('before').onclick = () => show(at - 1, true);
document.getElementById('all').onclick = () => show(-1, false);
addEventListener('keydown', e => {
  if (e.key === 'ArrowRight') { show(at + 1, true); e.preventDefault(); }
  if (e.key === 'ArrowLeft') { show(at - 1, true); e.preventDefault(); }
});
document.querySelector('.bar').hidden = false;
show(-1, false);
</script>
)";

std::string number(real value) {
  const auto v = static_cast<double>(value);
  if (std::isinf(v)) return v > 0 ? "∞" : "-∞";
  return fmt::format("{:.4g}", std::abs(v) < 5e-7 ? 0.0 : v);
}

// Rows and columns of a shape: everything but the last dimension goes down.
std::pair<size_t, size_t> table_size(const Shape& shape) {
  const auto columns = static_cast<size_t>(shape.rank() == 0 ? 1 : shape[shape.rank() - 1]);
  const auto all = static_cast<size_t>(shape.numel());
  return {columns == 0 ? 0 : all / columns, columns};
}

// Numbers on a ground that is the stronger the larger they are: one colour for plus, one for minus.
std::string table(const std::string& caption, const Shape& shape, const std::vector<real>& values,
                  const char* css) {
  double largest = 0;
  for (const real v : values) {
    if (std::isfinite(v)) largest = std::max(largest, std::abs(static_cast<double>(v)));
  }
  const auto [rows, columns] = table_size(shape);
  std::string html = fmt::format("<table class=\"{}\"><caption>{}</caption>", css, caption);
  for (size_t r = 0; r < rows; ++r) {
    html += "<tr>";
    for (size_t c = 0; c < columns; ++c) {
      const real v = values[r * columns + c];
      const bool coloured = std::isfinite(v) && largest > 0;
      const double strength = coloured ? 0.45 * std::abs(static_cast<double>(v)) / largest : 0;
      html += fmt::format("<td style=\"background:rgba(var(--{}),{:.2f})\">{}</td>",
                          v < 0 ? "minus" : "plus", strength, number(v));
    }
    html += "</tr>";
  }
  return html + "</table>";
}

std::string inputs_of(const WalkStep& step, const std::vector<WalkStep>& all) {
  std::string list;
  for (const size_t i : step.inputs) {
    list += (list.empty() ? "" : ", ") + (i == WalkStep::constant ? "a constant" : all[i].name);
  }
  return list;
}

std::string heading(const WalkStep& step, const std::vector<WalkStep>& all) {
  if (step.op.empty()) return fmt::format("{}, a leaf of shape {}", step.name, step.shape);
  return fmt::format("{} = {}({}), shape {}", step.name, step.op, inputs_of(step, all), step.shape);
}

// What the finite difference says of the gradient.
std::string check_of(const WalkStep& step) {
  if (step.gradient.empty() && disagreement(step) == 0) return "no gradient flows here";
  return fmt::format("differs from the finite difference by at most {:.1e}", disagreement(step));
}

std::string card(size_t i, const std::vector<WalkStep>& all) {
  const WalkStep& step = all[i];
  std::string html =
      fmt::format("<div class=\"step\" id=\"s{}\"><h2>{}</h2>", i, escape_html(heading(step, all)));
  if (!step.op.empty()) {
    const Formula formula = formula_of(step.op);
    html += fmt::format(
        "<div class=\"formula\">{}</div><div class=\"formula back soft\">backward: {}</div>",
        escape_html(formula.forward), escape_html(formula.backward));
  }
  html += "<div class=\"tables\">" + table("value", step.shape, step.values, "value");
  if (!step.gradient.empty()) {
    html += table("gradient", step.shape, step.gradient, "back");
    html += table("finite difference", step.shape, step.differences, "back");
  }
  return html + "</div><div class=\"back soft\">" + check_of(step) + "</div></div>\n";
}

// The inputs that are part of the graph.
std::vector<size_t> edges(const WalkStep& step) {
  std::vector<size_t> result = step.inputs;
  result.erase(std::remove(result.begin(), result.end(), WalkStep::constant), result.end());
  return result;
}

// Leaves on the left; every result one column to the right of its latest input.
std::string graph(const std::vector<WalkStep>& all) {
  constexpr int box = 104, high = 40, across = 128, down = 54, margin = 8;
  std::vector<int> column(all.size(), 0), row(all.size(), 0), filled;
  for (size_t i = 0; i < all.size(); ++i) {
    for (const size_t k : edges(all[i])) column[i] = std::max(column[i], column[k] + 1);
  }
  // A leaf stands just before the first op that reads it.
  for (size_t i = all.size(); i-- > 0;) {
    if (!all[i].op.empty()) continue;
    int first = static_cast<int>(all.size());
    for (size_t k = 0; k < all.size(); ++k) {
      const std::vector<size_t> inputs = edges(all[k]);
      if (std::find(inputs.begin(), inputs.end(), i) != inputs.end())
        first = std::min(first, column[k]);
    }
    column[i] = std::max(0, first - 1);
  }
  filled.assign(static_cast<size_t>(*std::max_element(column.begin(), column.end())) + 1, 0);
  for (size_t i = all.size(); i-- > 0;) row[i] = filled[static_cast<size_t>(column[i])]++;
  const int width = static_cast<int>(filled.size()) * across + 2 * margin - (across - box);
  const int height = *std::max_element(filled.begin(), filled.end()) * down + 2 * margin;
  const auto x = [&](size_t i) { return margin + across * column[i]; };
  const auto y = [&](size_t i) { return margin + down * row[i]; };
  std::string svg = fmt::format(
      "<div class=\"graph\"><svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\" "
      "aria-label=\"The graph, from the leaves to the result\">",
      width, height, width);
  for (size_t i = 0; i < all.size(); ++i) {
    for (const size_t k : edges(all[i])) {
      const int x0 = x(k) + box, y0 = y(k) + high / 2, x1 = x(i), y1 = y(i) + high / 2;
      const int bend = std::max(12, (x1 - x0) / 2);
      svg += fmt::format("<path d=\"M{} {}C{} {} {} {} {} {}\"/>", x0, y0, x0 + bend, y0, x1 - bend,
                         y1, x1, y1);
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    const WalkStep& step = all[i];
    const std::string label = step.op.empty() ? step.name : step.name + " " + step.op;
    const double size = std::min(12.0, 180.0 / static_cast<double>(label.size()));  // px
    svg += fmt::format(
        "<a href=\"#s{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" style=\"font-size:{:.1f}px\">{}</text>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" opacity=\".65\">{}</text></a>",
        i, x(i), y(i), box, high, step.op.empty() ? 18 : 5, x(i) + box / 2, y(i) + 17, size,
        escape_html(label), x(i) + box / 2, y(i) + 33, fmt::format("{}", step.shape));
  }
  return svg + "</svg></div>\n";
}

}  // namespace

std::string to_html(const Walkable& subject, const std::vector<WalkStep>& steps) {
  std::string html = page_head;
  html +=
      fmt::format("<h1>{}</h1><p>{}</p>\n", escape_html(subject.title), escape_html(subject.about));
  html +=
      "<p class=\"soft\">Every value, first forward and then backward. The finite difference "
      "moves one number up and down a little and watches the result: it knows nothing of "
      "derivatives, and agrees.</p>\n"
      "<div class=\"bar\" hidden><button id=\"before\">← back</button>"
      "<button id=\"next\">step →</button><button id=\"all\">show all</button>"
      "<span class=\"soft\" id=\"where\"></span></div>\n";
  html += graph(steps);
  for (size_t i = 0; i < steps.size(); ++i) html += card(i, steps);
  return html + page_script + "</body></html>\n";
}

std::string to_text(const Walkable& subject, const std::vector<WalkStep>& steps) {
  const auto numbers = [](const std::vector<real>& values) {
    constexpr size_t most = 8;
    std::string list;
    for (size_t i = 0; i < std::min(most, values.size()); ++i) list += " " + number(values[i]);
    return list + (values.size() > most ? " ..." : "");
  };
  std::string text = fmt::format("{}\n{}\n", subject.title, subject.about);
  for (const WalkStep& step : steps) {
    text += "\n" + heading(step, steps) + "\n";
    if (!step.op.empty()) {
      text += "  forward    " + formula_of(step.op).forward + "\n";
      text += "  backward   " + formula_of(step.op).backward + "\n";
    }
    text += "  value     " + numbers(step.values) + "\n";
    if (!step.gradient.empty()) text += "  gradient  " + numbers(step.gradient) + "\n";
    text += "  check      " + check_of(step) + "\n";
  }
  return text;
}

}  // namespace gradus
