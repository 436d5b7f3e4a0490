#include "nn/generate.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "autograd/mode.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// So many rows have the same bits together and alone (kernels/few_rows.h).
constexpr size_t most_at_once = 16;

struct Text {
  size_t row;
  std::vector<int32_t> ids;
  Generator generator;
  bool done = false;
};

// Some texts that are written side by side. Those that fit into the context are rows of one cache;
// the others are computed afresh for every token, each by itself. Where tokens look back no further
// than a window, and no table of positions ends, every text fits.
class Writer {
 public:
  Writer(const GPT& model, const GenerateOptions& options, std::vector<Text>& texts)
      : model_(model), o(options), texts_(texts) {
    for (const Text& t : texts) capacity_ = std::max(capacity_, size_of(t));
    // Twice the window: keys move once in so many tokens.
    const GPTConfig& c = model.config;
    const int64_t most = c.endless() ? 2 * c.window : c.block_size;
    capacity_ = std::min(capacity_ + std::min(o.max_new_tokens, most), most);
  }
  void write() {
    if (o.max_new_tokens > 0) read_prompts();
    for (int64_t made = 1; made < o.max_new_tokens; ++made) {
      drop_rows();
      if (!cached_.empty()) advance_cached();
      for (Text* t : afresh_) {
        if (!t->done) take(*t, logits(seen_ids(*t)), 0);
      }
    }
  }

 private:
  static int64_t size_of(const Text& t) { return static_cast<int64_t>(t.ids.size()); }
  bool fits(const Text& t) const { return o.use_cache && size_of(t) == seen(t); }

  // How many ids the model sees, the last ones.
  int64_t seen(const Text& t) const {
    const GPTConfig& c = model_.config;
    return c.endless() ? size_of(t) : std::min(size_of(t), c.block_size);
  }
  Tokens seen_ids(const Text& t) const {  // (1, T)
    const int64_t T = seen(t);
    return Tokens({1, T}, std::span(t.ids).last(static_cast<size_t>(T)));
  }

  KVCache empty_cache(int64_t capacity) const {
    return {model_.config.n_layer, capacity, model_.config.endless() ? model_.config.window : 0};
  }

  // ids (B, T) -> logits of the next tokens (B, 1, V)
  Tensor logits(const Tokens& ids, KVCache* cache = nullptr) const {
    return model_.lm_head(model_.hidden(ids, cache).narrow(1, ids.dim(1) - 1, 1));
  }

  // Draws the next token of a text from its row of logits (B, 1, V).
  void take(Text& t, const Tensor& logits, int64_t row) const {
    const int64_t V = model_.config.vocab_size;
    const std::span<const real> of_text(logits.data() + row * V, static_cast<size_t>(V));
    const int32_t id = sample(of_text, o.sampling, t.generator.next(), t.ids);
    t.done = id == o.stop_token;
    if (t.done) return;
    t.ids.push_back(id);
    t.done = o.on_token && !o.on_token({t.row, id, of_text});
  }

  // Each prompt by itself, but equal ones that follow each other once.
  void read_prompts() {
    std::vector<KVCache> caches;
    std::vector<KVCache::Text> rows;
    caches.reserve(texts_.size());  // rows point into it
    std::vector<int32_t> prompt;
    Tensor next;
    for (Text& t : texts_) {
      const bool fitting = fits(t);
      if (!std::ranges::equal(t.ids, prompt)) {
        prompt = t.ids;
        if (fitting) caches.push_back(empty_cache(size_of(t)));
        next = logits(seen_ids(t), fitting ? &caches.back() : nullptr);
      }
      if (fitting) rows.push_back({&caches.back(), 0});
      (fitting ? cached_ : afresh_).push_back(&t);
      take(t, next, 0);
    }
    if (!rows.empty()) cache_ = KVCache::gather(rows, capacity_);
  }

  // Texts that have ended or outgrown the context leave the cache.
  void drop_rows() {
    std::vector<Text*> staying;
    std::vector<KVCache::Text> rows;
    for (size_t row = 0; row < cached_.size(); ++row) {
      Text* t = cached_[row];
      if (!t->done && fits(*t)) {
        staying.push_back(t);
        rows.push_back({&*cache_, static_cast<int64_t>(row)});
      } else if (!t->done) {
        afresh_.push_back(t);
      }
    }
    if (staying.size() == cached_.size()) return;
    cached_ = staying;
    if (!rows.empty()) cache_ = KVCache::gather(rows, capacity_);
  }

  void advance_cached() {
    Tokens last({static_cast<int64_t>(cached_.size()), 1});
    for (size_t row = 0; row < cached_.size(); ++row) last.ids[row] = cached_[row]->ids.back();
    const Tensor next = logits(last, &*cache_);
    for (size_t row = 0; row < cached_.size(); ++row) {
      take(*cached_[row], next, static_cast<int64_t>(row));
    }
  }

  const GPT& model_;
  const GenerateOptions& o;
  std::vector<Text>& texts_;
  int64_t capacity_ = 0;
  std::optional<KVCache> cache_;
  std::vector<Text*> cached_;  // row by row
  std::vector<Text*> afresh_;
};

}  // namespace

std::vector<int32_t> generate(const GPT& model, std::span<const int32_t> prompt,
                              const GenerateOptions& options) {
  const std::vector<int32_t> one(prompt.begin(), prompt.end());
  return std::move(generate(model, std::span(&one, 1), options).front());
}

std::vector<std::vector<int32_t>> generate(const GPT& model,
                                           std::span<const std::vector<int32_t>> prompts,
                                           const GenerateOptions& options) {
  for (const auto& prompt : prompts) check_value(!prompt.empty(), "generate: the prompt is empty");
  check_value(options.max_new_tokens >= 0, "generate: max_new_tokens {} must not be negative",
              options.max_new_tokens);
  const EvalMode evaluation;
  std::vector<std::vector<int32_t>> made;
  for (size_t begin = 0; begin < prompts.size(); begin += most_at_once) {
    std::vector<Text> texts;
    for (size_t i = begin; i < std::min(prompts.size(), begin + most_at_once); ++i) {
      texts.push_back({i, prompts[i], {options.seed + i, 0}});
    }
    Writer(model, options, texts).write();
    for (const auto& [row, ids, generator, done] : texts) {
      made.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(prompts[row].size()), ids.end());
    }
  }
  return made;
}

}  // namespace gradus
