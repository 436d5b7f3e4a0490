#include "nn/beam_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/mode.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// So many rows have the same bits together and alone (kernels/few_rows.h).
constexpr size_t most_sources = 16;

// Row `row` of logits (B, 1, V).
std::span<const real> logits_of(const Tensor& logits, size_t row) {
  const auto V = static_cast<size_t>(logits.dim(-1));
  return {logits.data() + row * V, V};
}

// The first of the largest. -∞ is a token that is impossible; NaN would compare with nothing.
int32_t likeliest(std::span<const real> logits) {
  const auto best = std::ranges::max_element(logits);
  const bool sound = std::isfinite(*best) &&
                     std::ranges::none_of(logits, [](real logit) { return std::isnan(logit); });
  check_value(sound, "encoder-decoder: the logits are not finite");
  return static_cast<int32_t>(best - logits.begin());
}

// log Σ e^logit
double log_total(std::span<const real> logits) {
  const auto largest = static_cast<double>(logits[static_cast<size_t>(likeliest(logits))]);
  double sum = 0;
  for (const real x : logits) sum += std::exp(static_cast<double>(x) - largest);
  return largest + std::log(sum);
}

// The ids of the `count` largest, in order; of equals the first id comes first.
std::vector<int32_t> likeliest(std::span<const real> logits, int64_t count) {
  std::vector<int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto kept = std::min(count, static_cast<int64_t>(ids.size()));
  std::partial_sort(ids.begin(), ids.begin() + kept, ids.end(), [logits](int32_t a, int32_t b) {
    const real x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  ids.resize(static_cast<size_t>(kept));
  return ids;
}

void check_source(std::span<const int32_t> source, int64_t max_new_tokens) {
  check_value(!source.empty(), "encoder-decoder: the source is empty");
  check_value(max_new_tokens >= 0, "encoder-decoder: max_new_tokens {} must not be negative",
              max_new_tokens);
}

// How many tokens a text may have: learned positions end at block_size.
int64_t most_tokens(const EncoderDecoder& model, int64_t wanted) {
  return model.decoder.wpe ? std::min(wanted, model.config.block_size) : wanted;
}

// A cache with the source and the start token of one text, and the logits of its first token.
struct Beginning {
  DecoderCache cache;
  Tensor logits;  // (1, 1, V)
};

Beginning begin_text(const EncoderDecoder& model, std::span<const int32_t> source) {
  const auto S = static_cast<int64_t>(source.size());
  DecoderCache cache(model.config.decoder_layers(), S, 1);
  const Tensor memory = model.encode(Tokens({1, S}, source));
  const Tensor hidden =
      model.decode(Tokens({1, 1}, {model.config.start_token}), memory, {}, &cache);
  return {std::move(cache), model.logits(hidden)};
}

// The logits of what follows the last token of each row: (B, 1, V).
Tensor advance(const EncoderDecoder& model, std::span<const int32_t> last, DecoderCache& cache) {
  const Tokens inputs({static_cast<int64_t>(last.size()), 1}, last);
  return model.logits(model.decode(inputs, {}, {}, &cache));
}

// These texts of some caches as one, in room for twice their tokens: a limit costs nothing before a
// text comes near it. None ever has more than `most`.
KVCache with_room(std::span<const KVCache::Text> texts, int64_t most) {
  int64_t longest = 32;
  for (const KVCache::Text& text : texts) longest = std::max(longest, text.cache->length());
  return KVCache::gather(texts, std::min(most, 2 * longest));
}

// These rows of a cache, each as often as it is named.
KVCache rows_of(const KVCache& cache, std::span<const size_t> rows, int64_t most) {
  std::vector<KVCache::Text> texts;
  for (const size_t row : rows) texts.push_back({&cache, static_cast<int64_t>(row)});
  return with_room(texts, most);
}

// The beginning of a target text that is being followed.
struct Beam {
  std::vector<int32_t> tokens = {};
  double log_probability = 0;
  bool greedy = false;  // each of its tokens was the likeliest
};

// What a beam may become: row `row` of the beams with one token more.
struct Extension {
  double log_probability;
  size_t row;
  int32_t id;
  bool greedy;
};

bool likelier(const Extension& a, const Extension& b) {
  return a.log_probability != b.log_probability ? a.log_probability > b.log_probability
                                                : std::pair(a.row, a.id) < std::pair(b.row, b.id);
}

class BeamSearch {
 public:
  BeamSearch(const EncoderDecoder& model, const BeamOptions& options)
      : model_(model), o(options), beams_{{.greedy = true}} {}

  std::vector<Hypothesis> run(std::span<const int32_t> source) {
    auto [cache, logits] = begin_text(model_, source);
    const int64_t most = most_tokens(model_, o.max_new_tokens);
    for (int64_t made = 0; made < most; ++made) {
      if (made > 0) logits = advance(model_, last_tokens(), cache);
      std::vector<size_t> stay(beams_.size());
      std::iota(stay.begin(), stay.end(), size_t{0});
      const std::vector<size_t> rows = extend(logits);
      if (beams_.empty() || hopeless(most)) return std::move(found_);
      if (rows != stay || cache.target.full()) cache.target = rows_of(cache.target, rows, most);
    }
    for (const Beam& beam : beams_) finish(beam, static_cast<int64_t>(beam.tokens.size()));
    return std::move(found_);
  }

 private:
  std::vector<int32_t> last_tokens() const {
    std::vector<int32_t> last;
    for (const Beam& beam : beams_) last.push_back(beam.tokens.back());
    return last;
  }

  double score(double log_probability, int64_t length) const {
    return log_probability / std::pow(static_cast<double>(std::max<int64_t>(1, length)),
                                      static_cast<double>(o.length_penalty));
  }

  // The best `beams` hypotheses are kept, in order.
  void finish(const Beam& beam, int64_t length) {
    const double s = score(beam.log_probability, length);
    const auto place =
        std::ranges::find_if(found_, [s](const Hypothesis& h) { return h.score < s; });
    found_.insert(place, {beam.tokens, beam.log_probability, s});
    if (static_cast<int64_t>(found_.size()) > o.beams) found_.pop_back();
  }

  // Whether nothing that is followed can still be among the best: log-probabilities only fall, and
  // the longest text makes the most of one.
  bool hopeless(int64_t most) const {
    if (static_cast<int64_t>(found_.size()) < o.beams) return false;
    return std::ranges::all_of(beams_, [this, most](const Beam& b) {
      const auto length = static_cast<int64_t>(b.tokens.size()) + 1;
      const double best =
          std::max(score(b.log_probability, length), score(b.log_probability, most));
      return best <= found_.back().score;
    });
  }

  // Of each beam the likeliest `beams`: no others can be among as many of them all.
  std::vector<Extension> extensions(const Tensor& logits) const {
    std::vector<Extension> all;
    for (size_t row = 0; row < beams_.size(); ++row) {
      const std::span<const real> x = logits_of(logits, row);
      const double before = beams_[row].log_probability - log_total(x);
      const std::vector<int32_t> ids = likeliest(x, o.beams);
      for (const int32_t id : ids) {
        all.push_back({before + static_cast<double>(x[static_cast<size_t>(id)]), row, id,
                       beams_[row].greedy && id == ids.front()});
      }
    }
    return all;
  }

  // The likeliest extensions, and the greedy one in any case.
  std::vector<Extension> chosen(const Tensor& logits) const {
    std::vector<Extension> all = extensions(logits);
    const auto kept = std::min(all.size(), static_cast<size_t>(o.beams));
    const auto rest = all.begin() + static_cast<std::ptrdiff_t>(kept);
    std::partial_sort(all.begin(), rest, all.end(), likelier);
    const auto greedy = std::find_if(rest, all.end(), [](const Extension& e) { return e.greedy; });
    const bool left_out = greedy != all.end();
    if (left_out) std::iter_swap(rest, greedy);
    all.resize(kept + (left_out ? 1 : 0));
    return all;
  }

  // Puts the extended beams in place of the beams; those that end are found. Returns the rows that
  // the others extend.
  std::vector<size_t> extend(const Tensor& logits) {
    std::vector<Beam> next;
    std::vector<size_t> rows;
    for (const Extension& e : chosen(logits)) {
      Beam beam{beams_[e.row].tokens, e.log_probability, e.greedy};
      if (e.id == model_.config.end_token) {
        finish(beam, static_cast<int64_t>(beam.tokens.size()) + 1);
        continue;
      }
      beam.tokens.push_back(e.id);
      next.push_back(std::move(beam));
      rows.push_back(e.row);
    }
    beams_ = std::move(next);
    return rows;
  }

  const EncoderDecoder& model_;
  const BeamOptions& o;
  std::vector<Beam> beams_;
  std::vector<Hypothesis> found_;
};

}  // namespace

std::vector<Hypothesis> beam_search(const EncoderDecoder& model, std::span<const int32_t> source,
                                    const BeamOptions& options) {
  check_source(source, options.max_new_tokens);
  check_value(options.beams >= 1, "beam_search: beams {} must be at least 1", options.beams);
  check_value(std::isfinite(options.length_penalty),
              "beam_search: length_penalty {} must be finite", options.length_penalty);
  const EvalMode evaluation;
  return BeamSearch(model, options).run(source);
}

namespace {

// Some texts that are written side by side, rows of one cache. One that has ended leaves it.
class GreedyWriter {
 public:
  GreedyWriter(const EncoderDecoder& model, std::span<std::vector<int32_t>> texts, int64_t most)
      : model_(model), texts_(texts), most_(most) {}

  void write(std::span<const std::vector<int32_t>> sources) {
    std::vector<Beginning> beginnings;
    for (const auto& source : sources) beginnings.push_back(begin_text(model_, source));
    std::vector<Row> rows;
    for (size_t i = 0; i < beginnings.size(); ++i) {
      if (take(i, logits_of(beginnings[i].logits, 0))) rows.push_back({&beginnings[i].cache, 0, i});
    }
    for (int64_t made = 1; made < most_ && !rows.empty(); ++made) {
      if (rows.size() != writing_.size() || cache_->target.full()) gather(rows);
      rows = advance_all();
    }
  }

 private:
  // A text that goes on, and where what was computed of it lies.
  struct Row {
    const DecoderCache* cache;
    int64_t row;
    size_t text;
  };

  // Whether the text goes on behind its likeliest next token.
  bool take(size_t text, std::span<const real> logits) {
    const int32_t id = likeliest(logits);
    if (id == model_.config.end_token) return false;
    texts_[text].push_back(id);
    return true;
  }

  void gather(std::span<const Row> rows) {
    std::vector<KVCache::Text> target, source;
    int64_t S = 0;
    writing_.clear();
    for (const auto& [cache, row, text] : rows) {
      target.push_back({&cache->target, row});
      source.push_back({&cache->source, row});
      S = std::max(S, cache->source.length());
      writing_.push_back(text);
    }
    cache_ = DecoderCache{with_room(target, most_), KVCache::gather(source, S)};
  }

  std::vector<Row> advance_all() {
    std::vector<int32_t> last;
    for (const size_t text : writing_) last.push_back(texts_[text].back());
    const Tensor logits = advance(model_, last, *cache_);
    std::vector<Row> rows;
    for (size_t row = 0; row < writing_.size(); ++row) {
      if (take(writing_[row], logits_of(logits, row)))
        rows.push_back({&*cache_, static_cast<int64_t>(row), writing_[row]});
    }
    return rows;
  }

  const EncoderDecoder& model_;
  std::span<std::vector<int32_t>> texts_;
  int64_t most_;
  std::optional<DecoderCache> cache_;
  std::vector<size_t> writing_;  // row by row of the cache
};

}  // namespace

std::vector<std::vector<int32_t>> generate(const EncoderDecoder& model,
                                           std::span<const std::vector<int32_t>> sources,
                                           int64_t max_new_tokens) {
  for (const auto& source : sources) check_source(source, max_new_tokens);
  const EvalMode evaluation;
  const int64_t most = most_tokens(model, max_new_tokens);
  std::vector<std::vector<int32_t>> texts(sources.size());
  if (most == 0) return texts;
  for (size_t first = 0; first < sources.size(); first += most_sources) {
    const size_t count = std::min(most_sources, sources.size() - first);
    GreedyWriter(model, std::span(texts).subspan(first, count), most)
        .write(sources.subspan(first, count));
  }
  return texts;
}

}  // namespace gradus
