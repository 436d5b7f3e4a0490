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
.heads { display: grid; gap: 6px; margin: 18px 0; }
.heads button { all: unset; cursor: pointer; font: 11px system-ui, sans-serif; color: var(--soft); }
.heads button:focus-visible, .heads .now { outline: 2px solid var(--val); outline-offset: 1px; }
.large { display: grid; grid-template-columns: minmax(0, 3fr) minmax(220px, 2fr); gap: 26px; }
.tokens span { padding: 1px 2px; border-radius: 3px; cursor: default; white-space: pre-wrap;
               font: 15px/1.9 ui-monospace, monospace; }
.tokens .query { outline: 2px solid var(--val); }
#said { font: 13px system-ui, sans-serif; color: var(--soft); min-height: 1.5em; }
</style>
<div class="large"><div><canvas id="map"></canvas><p id="said"></p></div>
<div><p class="soft" id="which"></p><div class="tokens" id="tokens"></div>
<p class="soft">Point at a token or at the map: what a token looks at is coloured, by the root of the
probability, so that little is seen, too. Rows of the map are the tokens that look, columns those
that are looked at. Layers and heads count from 1 here, from 0 in the names of parameters.</p></div></div>
<div class="heads" id="heads"></div>
)";

constexpr const char* attention_script = R"(<script>
const T = data.tokens.length, maps = data.maps.map(l => l.map(h => Uint8Array.from(atob(h), c => c.charCodeAt(0))));
const colour = getComputedStyle(document.documentElement).getPropertyValue('--plain').trim();
const rgb = [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16));
let at = [0, 0];
function draw(canvas, map) {
  canvas.width = canvas.height = T;
  const context = canvas.getContext('2d'), image = context.createImageData(T, T);
  for (let i = 0; i < T * T; ++i) image.data.set([...rgb, Math.round(255 * Math.sqrt(map[i] / 255))], 4 * i);
  context.putImageData(image, 0, 0);
}
const name = i => JSON.stringify(data.tokens[i]);
const large = document.getElementById('map'), said = document.getElementById('said');
const spans = data.tokens.map((t, i) => {
  const span = document.createElement('span');
  span.textContent = t === '' ? '∅' : t;
  span.onmouseenter = () => look(i);
  document.getElementById('tokens').append(span);
  return span;
});
function look(query) {
  const map = maps[at[0]][at[1]];
  spans.forEach((s, i) => {
    s.classList.toggle('query', i === query);
    s.style.background = `rgba(${rgb}, ${Math.sqrt(map[query * T + i] / 255)})`;
  });
}
large.onmousemove = e => {
  const box = large.getBoundingClientRect();
  const key = Math.min(T - 1, Math.floor((e.clientX - box.left) / box.width * T));
  const query = Math.min(T - 1, Math.floor((e.clientY - box.top) / box.height * T));
  said.textContent = `${name(query)} looks at ${name(key)}: ${(maps[at[0]][at[1]][query * T + key] / 2.55).toFixed(0)} %`;
  look(query);
};
const heads = document.getElementById('heads');
heads.style.gridTemplateColumns = `repeat(${Math.max(...maps.map(l => l.length))}, minmax(0, 1fr))`;
const buttons = maps.map((layer, l) => layer.map((map, h) => {
  const button = document.createElement('button'), canvas = document.createElement('canvas');
  draw(canvas, map);
  button.append(canvas, `${l + 1}.${h + 1}`);
  button.title = data.figures[l][h];
  button.onclick = () => choose(l, h);
  button.style.gridRow = l + 1;
  heads.append(button);
  return button;
}));
function choose(l, h) {
  buttons[at[0]][at[1]].classList.remove('now');
  at = [l, h];
  buttons[l][h].classList.add('now');
  document.getElementById('which').textContent = `layer ${l + 1}, head ${h + 1}: ${data.figures[l][h]}`;
  draw(large, maps[l][h]);
  look(T - 1);
}
choose(0, 0);
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

std::string figures_text(const HeadFigures& f) {
  return fmt::format(
      "looks {:.1f} tokens away on average, entropy {:.2f} nats, {:.0f} % at the first token",
      f.distance, f.entropy, 100 * f.first);
}

// For a script inside a page: no text can end it.
std::string for_script(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (size_t i = 0; (i = text.find('<', i)) != std::string::npos;) text.replace(i, 1, "\\u003c");
  return text;
}

}  // namespace

HeadFigures head_figures(const Tensor& probabilities) {
  const int64_t T = probabilities.dim(0);
  const std::vector<real> p = probabilities.to_vector();
  HeadFigures f;
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t s = 0; s < T; ++s) {
      const auto share = static_cast<double>(p[static_cast<size_t>(t * T + s)]);
      f.distance += share * static_cast<double>(std::abs(t - s));
      if (share > 0) f.entropy -= share * std::log(share);
      if (s == 0) f.first += share;
    }
  }
  const auto rows = static_cast<double>(T);
  return {f.distance / rows, f.entropy / rows, f.first / rows};
}

std::string attention_page(const AttentionPicture& picture) {
  nlohmann::json data{{"tokens", picture.tokens}, {"maps", nlohmann::json::array()}};
  for (const Tensor& layer : picture.maps) {
    nlohmann::json heads = nlohmann::json::array(), figures = nlohmann::json::array();
    for (int64_t h = 0; h < layer.dim(1); ++h) {
      const Tensor map = layer.select(0, 0).select(0, h);  // (T, T)
      heads.push_back(rounded(map));
      figures.push_back(figures_text(head_figures(map)));
    }
    data["maps"].push_back(heads);
    data["figures"].push_back(figures);
  }
  return html_page("Attention of " + picture.model, picture.text,
                   fmt::format("{}<script>const data = {};</script>\n{}", attention_stage,
                               for_script(data), attention_script));
}

}  // namespace gradus
