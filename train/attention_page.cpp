#include "train/attention_page.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "train/page.h"

namespace gradus {
namespace {

// The large map beside its tokens, and a small one for every head; drawn by the script below.
constexpr const char* attention_stage = R"(<style>
body { max-width: 1100px; }
canvas { image-rendering: pixelated; background: var(--card); display: block; width: 100%; }
.parts { display: flex; gap: 18px; margin: 0 0 14px; }
.parts button { all: unset; cursor: pointer; font: 14px system-ui, sans-serif; color: var(--soft); }
.parts .now { color: inherit; border-bottom: 2px solid var(--val); }
.heads { display: grid; gap: 6px; margin: 18px 0; }
.heads button { all: unset; cursor: pointer; font: 11px system-ui, sans-serif; color: var(--soft); }
button:focus-visible, .heads .now { outline: 2px solid var(--val); outline-offset: 1px; }
.large { display: grid; grid-template-columns: minmax(0, 3fr) minmax(220px, 2fr); gap: 26px; }
.tokens { margin-bottom: 12px; }
.tokens span { padding: 1px 2px; border-radius: 3px; cursor: default; white-space: pre-wrap;
               font: 15px/1.9 ui-monospace, monospace; }
.tokens .query { outline: 2px solid var(--val); }
#said { font: 13px system-ui, sans-serif; color: var(--soft); min-height: 1.5em; }
</style>
<div class="parts" id="parts"></div>
<div class="large"><div><canvas id="map"></canvas><p id="said"></p></div>
<div><p class="soft" id="which"></p><div class="tokens" id="queries"></div>
<div class="tokens" id="keys"></div>
<p class="soft">Point at a token or at the map: what a token looks at is coloured, by the root of the
probability, so that little is seen, too. Rows of the map are the tokens that look, columns those
that are looked at. Layers and heads count from 1 here, from 0 in the names of parameters.</p></div></div>
<div class="heads" id="heads"></div>
)";

// A part has its queries, its keys if these are others, and its maps.
constexpr const char* attention_script = R"(<script>
const element = id => document.getElementById(id), large = element('map'), said = element('said');
const colour = getComputedStyle(document.documentElement).getPropertyValue('--plain').trim();
const rgb = [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16));
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const parts = data.map(p => ({...p, maps: p.maps.map(layer => layer.map(bytes))}));
let part, at, tabs = [], buttons, querySpans, keySpans;
const keys = () => part.keys.length ? part.keys : part.queries;
function draw(canvas, map) {
  canvas.width = keys().length;
  canvas.height = part.queries.length;
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  map.forEach((p, i) => image.data.set([...rgb, Math.round(255 * Math.sqrt(p / 255))], 4 * i));
  context.putImageData(image, 0, 0);
}
function spell(id, tokens, looks) {
  const spans = tokens.map((t, i) => {
    const span = document.createElement('span');
    span.textContent = t === '' ? '∅' : t;
    if (looks) span.onmouseenter = () => look(i);
    return span;
  });
  element(id).replaceChildren(...spans);
  return spans;
}
function look(query) {
  const map = part.maps[at[0]][at[1]], S = keys().length;
  querySpans.forEach((s, i) => s.classList.toggle('query', i === query));
  keySpans.forEach((s, i) =>
    s.style.background = `rgba(${rgb}, ${Math.sqrt(map[query * S + i] / 255)})`);
}
large.onmousemove = e => {
  const box = large.getBoundingClientRect(), S = keys().length, T = part.queries.length;
  const key = Math.min(S - 1, Math.floor((e.clientX - box.left) / box.width * S));
  const query = Math.min(T - 1, Math.floor((e.clientY - box.top) / box.height * T));
  const share = (part.maps[at[0]][at[1]][query * S + key] / 2.55).toFixed(0);
  said.textContent =
    `${JSON.stringify(part.queries[query])} looks at ${JSON.stringify(keys()[key])}: ${share} %`;
  look(query);
};
function choose(l, h) {
  buttons[at[0]][at[1]].classList.remove('now');
  at = [l, h];
  buttons[l][h].classList.add('now');
  element('which').textContent = `layer ${l + 1}, head ${h + 1}: ${part.figures[l][h]}`;
  draw(large, part.maps[l][h]);
  look(part.queries.length - 1);
}
function show(chosen) {
  part = parts[chosen];
  tabs.forEach((tab, i) => tab.classList.toggle('now', i === chosen));
  querySpans = spell('queries', part.queries, true);
  const others = spell('keys', part.keys, false);
  keySpans = part.keys.length ? others : querySpans;
  const heads = element('heads'), widest = Math.max(...part.maps.map(l => l.length));
  heads.style.gridTemplateColumns = `repeat(${widest}, minmax(0, 1fr))`;
  heads.replaceChildren();
  buttons = part.maps.map((layer, l) => layer.map((map, h) => {
    const button = document.createElement('button'), canvas = document.createElement('canvas');
    draw(canvas, map);
    button.append(canvas, `${l + 1}.${h + 1}`);
    button.title = part.figures[l][h];
    button.onclick = () => choose(l, h);
    button.style.gridRow = l + 1;
    heads.append(button);
    return button;
  }));
  at = [0, 0];
  choose(0, 0);
}
if (parts.length > 1) tabs = parts.map((p, i) => {
  const tab = document.createElement('button');
  tab.textContent = p.name;
  tab.onclick = () => show(i);
  element('parts').append(tab);
  return tab;
});
show(0);
</script>
)";

std::string base64(const std::vector<uint8_t>& bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) three = three << 8 | (k < left ? bytes[i + k] : 0);
    for (size_t k = 0; k < 4; ++k) {
      text += k <= left ? digits[three >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::string rounded(const Tensor& probabilities) {
  std::vector<uint8_t> bytes;
  for (const real p : probabilities.to_vector()) {
    bytes.push_back(static_cast<uint8_t>(std::lround(255 * p)));
  }
  return base64(bytes);
}

std::string figures_text(const HeadFigures& f, bool one_text) {
  const std::string distance =
      one_text ? fmt::format("looks {:.1f} tokens away on average, ", f.distance) : "";
  return fmt::format("{}entropy {:.2f} nats, {:.0f} % at the first token", distance, f.entropy,
                     100 * f.first);
}

// For a script inside a page: no text can end it.
std::string for_script(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (size_t i = 0; (i = text.find('<', i)) != std::string::npos;) text.replace(i, 1, "\\u003c");
  return text;
}

nlohmann::json part_json(const AttentionPart& part) {
  nlohmann::json object{{"name", part.name},
                        {"queries", part.queries},
                        {"keys", part.keys},
                        {"maps", nlohmann::json::array()},
                        {"figures", nlohmann::json::array()}};
  for (const Tensor& layer : part.maps) {
    nlohmann::json heads = nlohmann::json::array(), figures = nlohmann::json::array();
    for (int64_t h = 0; h < layer.dim(1); ++h) {
      const Tensor map = layer.select(0, 0).select(0, h);  // (T, S)
      heads.push_back(rounded(map));
      figures.push_back(figures_text(head_figures(map), part.keys.empty()));
    }
    object["maps"].push_back(heads);
    object["figures"].push_back(figures);
  }
  return object;
}

}  // namespace

HeadFigures head_figures(const Tensor& probabilities) {
  const int64_t T = probabilities.dim(0), S = probabilities.dim(1);
  const std::vector<real> p = probabilities.to_vector();
  HeadFigures f;
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t s = 0; s < S; ++s) {
      const auto share = static_cast<double>(p[static_cast<size_t>(t * S + s)]);
      f.distance += share * static_cast<double>(std::abs(t - s));
      if (share > 0) f.entropy -= share * std::log(share);
      if (s == 0) f.first += share;
    }
  }
  const auto rows = static_cast<double>(T);
  return {f.distance / rows, f.entropy / rows, f.first / rows};
}

std::string attention_page(const AttentionPicture& picture) {
  nlohmann::json data = nlohmann::json::array();
  for (const AttentionPart& part : picture.parts) data.push_back(part_json(part));
  return html_page("Attention of " + picture.model, picture.text,
                   fmt::format("{}<script>const data = {};</script>\n{}", attention_stage,
                               for_script(data), attention_script));
}

}  // namespace gradus
