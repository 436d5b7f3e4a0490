// Target texts from an encoder-decoder: beam search against all texts there are, greedy against the
// likeliest token each time.

#include "nn/beam_search.h"

#include <algorithm>
#include <cmath>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Sequence = std::vector<int32_t>;

EncoderDecoder beam_model(uint64_t seed, int64_t vocab_size, EncoderDecoderConfig c = {}) {
  c.vocab_size = vocab_size;
  c.n_layer = 2;
  c.n_head = 4;
  c.n_embd = 16;
  EncoderDecoder model(c);
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {seed, counter++}) * real(0.4));
  }
  return model;
}

// log P(each token | source, those before), of a text that starts with the start token: (T, V).
Tensor beam_log_probabilities(const EncoderDecoder& model, const Sequence& source,
                              const Sequence& text) {
  Sequence inputs{model.config.start_token};
  inputs.insert(inputs.end(), text.begin(), text.end());
  const auto row = [](const Sequence& ids) {
    return Tokens({1, static_cast<int64_t>(ids.size())}, ids);
  };
  return log_softmax(model(row(source), {}, row(inputs)).select(0, 0), -1);
}

double beam_log_probability(const EncoderDecoder& model, const Sequence& source,
                            const Sequence& text, bool ended) {
  const Tensor all = beam_log_probabilities(model, source, text);
  double sum = 0;
  for (size_t t = 0; t < text.size() + (ended ? 1 : 0); ++t) {
    const int32_t id = t < text.size() ? text[t] : model.config.end_token;
    sum += static_cast<double>(
        all.select(0, static_cast<int64_t>(t)).to_vector()[static_cast<size_t>(id)]);
  }
  return sum;
}

// Every text of up to `most` tokens, with its score, the best first.
std::vector<Hypothesis> all_beam_texts(const EncoderDecoder& model, const Sequence& source,
                                       const BeamOptions& o) {
  std::vector<Hypothesis> all;
  std::vector<Sequence> beginnings{{}};
  const auto add = [&](const Sequence& text, bool ended) {
    const double p = beam_log_probability(model, source, text, ended);
    const auto length = static_cast<double>(text.size() + (ended ? 1 : 0));
    all.push_back({text, p, p / std::pow(length, static_cast<double>(o.length_penalty))});
  };
  for (int64_t length = 0; length < o.max_new_tokens; ++length) {
    std::vector<Sequence> longer;
    for (const Sequence& text : beginnings) {
      add(text, true);
      for (int32_t id = 0; id < model.config.vocab_size; ++id) {
        if (id == model.config.end_token) continue;
        longer.push_back(text);
        longer.back().push_back(id);
      }
    }
    beginnings = longer;
  }
  for (const Sequence& text : beginnings) add(text, false);
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.score > b.score; });
  return all;
}

Sequence greedy_beam_text(const EncoderDecoder& model, const Sequence& source, int64_t most) {
  Sequence text;
  while (static_cast<int64_t>(text.size()) < most) {
    const Tensor all = beam_log_probabilities(model, source, text);
    const int32_t id = argmax(all.select(0, all.dim(0) - 1), -1).ids[0];
    if (id == model.config.end_token) break;
    text.push_back(id);
  }
  return text;
}

// Beam search as it is told: all extensions of all beams in one list, sorted.
std::vector<Hypothesis> plain_beam_search(const EncoderDecoder& model, const Sequence& source,
                                          const BeamOptions& o) {
  struct Followed {
    Sequence text;
    double p;
    bool greedy;
  };
  std::vector<Followed> beams{{{}, 0, true}};
  std::vector<Hypothesis> found;
  const auto find = [&](const Sequence& text, double p, size_t length) {
    const double penalty =
        std::pow(static_cast<double>(length), static_cast<double>(o.length_penalty));
    found.push_back({text, p, p / penalty});
  };
  for (int64_t made = 0; made < o.max_new_tokens; ++made) {
    std::vector<Followed> all;
    for (const Followed& beam : beams) {
      const Tensor rows = beam_log_probabilities(model, source, beam.text);
      const std::vector<real> row = rows.select(0, rows.dim(0) - 1).to_vector();
      const auto best = std::ranges::max_element(row);
      for (auto p = row.begin(); p != row.end(); ++p) {
        all.push_back({beam.text, beam.p + static_cast<double>(*p), beam.greedy && p == best});
        all.back().text.push_back(static_cast<int32_t>(p - row.begin()));
      }
    }
    std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.p > b.p; });
    beams.clear();
    for (size_t i = 0; i < all.size(); ++i) {
      Followed& next = all[i];
      if (i >= static_cast<size_t>(o.beams) && !next.greedy) continue;
      if (next.text.back() != model.config.end_token) {
        beams.push_back(next);
        continue;
      }
      next.text.pop_back();
      find(next.text, next.p, next.text.size() + 1);
    }
  }
  for (const Followed& beam : beams) find(beam.text, beam.p, beam.text.size());
  std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.score > b.score; });
  found.resize(std::min(found.size(), static_cast<size_t>(o.beams)));
  return found;
}

const std::vector<Sequence> beam_sources{{2}, {3, 2, 2, 3}, {2, 3}, {3, 3, 3, 2, 3, 2}, {2, 3}};

}  // namespace

TEST_CASE("beam search with room for all texts finds the best ones, for any length penalty") {
  const EvalMode evaluation;
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const EncoderDecoder model = beam_model(seed, 4);
    for (const double penalty : {0.0, 1.0, 2.0, -1.0}) {
      CAPTURE(seed);
      CAPTURE(penalty);
      const BeamOptions options{
          .beams = 300, .length_penalty = static_cast<real>(penalty), .max_new_tokens = 4};
      const std::vector<Hypothesis> found = beam_search(model, beam_sources[1], options);
      const std::vector<Hypothesis> all = all_beam_texts(model, beam_sources[1], options);
      REQUIRE(found.size() == all.size());  // 1 + 3 + 9 + 27 that end, 81 that do not
      for (size_t i = 0; i < 5; ++i) {
        CHECK(found[i].tokens == all[i].tokens);
        CHECK(found[i].score == doctest::Approx(all[i].score).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("beam search with one beam is greedy, and says what its text's probability is") {
  const EvalMode evaluation;
  for (const uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
    CAPTURE(seed);
    const EncoderDecoder model = beam_model(seed, 9);
    const std::vector<Hypothesis> found =
        beam_search(model, beam_sources[3], {.max_new_tokens = 12});
    REQUIRE(found.size() == 1);
    const Sequence& text = found[0].tokens;
    CHECK(text == greedy_beam_text(model, beam_sources[3], 12));
    const bool ended = text.size() < 12;
    CHECK(found[0].log_probability ==
          doctest::Approx(beam_log_probability(model, beam_sources[3], text, ended)).epsilon(1e-4));
    CHECK(found[0].score == doctest::Approx(found[0].log_probability /
                                            static_cast<double>(text.size() + (ended ? 1 : 0))));
  }
}

TEST_CASE("the best hypothesis never scores below the greedy text") {
  // In most of these, beams that had lost the greedy beginning would end below it.
  for (const uint64_t seed : {1u, 2u, 3u, 4u, 49u, 111u, 201u, 248u, 257u}) {
    const EncoderDecoder model = beam_model(seed, 9);
    for (const double penalty : {0.0, 1.0, 1.5}) {
      CAPTURE(seed);
      BeamOptions options{.length_penalty = static_cast<real>(penalty), .max_new_tokens = 10};
      const double greedy = beam_search(model, beam_sources[3], options)[0].score;
      for (const int64_t beams : {2, 3, 5}) {
        options.beams = beams;
        const std::vector<Hypothesis> found = beam_search(model, beam_sources[3], options);
        CHECK(static_cast<int64_t>(found.size()) <= beams);
        CHECK(found[0].score >= greedy - 1e-5);
        const auto by_score = [](const auto& a, const auto& b) { return a.score > b.score; };
        CHECK(std::ranges::is_sorted(found, by_score));
      }
    }
  }
}

TEST_CASE("beam search follows the likeliest extensions of all beams, and the greedy one") {
  const EvalMode evaluation;
  for (const uint64_t seed : {1u, 2u, 3u, 4u}) {
    const EncoderDecoder model = beam_model(seed, 9);
    for (const int64_t beams : {1, 2, 4, 12}) {  // fewer than a row has tokens, and more
      CAPTURE(seed);
      CAPTURE(beams);
      const BeamOptions options{.beams = beams, .max_new_tokens = 6};
      const std::vector<Hypothesis> found = beam_search(model, beam_sources[1], options);
      const std::vector<Hypothesis> plain = plain_beam_search(model, beam_sources[1], options);
      REQUIRE(found.size() == plain.size());
      for (size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].tokens == plain[i].tokens);
        CHECK(found[i].score == doctest::Approx(plain[i].score).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("a limit beyond any memory costs nothing: caches grow with the texts") {
  const EvalMode evaluation;
  constexpr int64_t beyond = int64_t{1} << 50;
  size_t ended = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const EncoderDecoder model = beam_model(seed, 5);
    const Sequence text = generate(model, std::span(&beam_sources[1], 1), 20)[0];
    if (text.size() == 20) continue;  // it may never end
    ++ended;
    CHECK(generate(model, std::span(&beam_sources[1], 1), beyond)[0] == text);
    CHECK(beam_search(model, beam_sources[1], {.max_new_tokens = beyond})[0].tokens == text);
  }
  CHECK(ended > 0);
}

TEST_CASE("texts that outgrow the first room of their caches are those without a cache") {
  const EvalMode evaluation;
  size_t grown = 0;
  for (uint64_t seed = 1; seed <= 8 && grown < 2; ++seed) {
    const EncoderDecoder model = beam_model(seed, 9);
    const Sequence text = generate(model, beam_sources, 140)[3];
    if (text.size() < 140) continue;
    ++grown;
    CHECK(text == greedy_beam_text(model, beam_sources[3], 140));
    const BeamOptions options{.beams = 3, .length_penalty = 2, .max_new_tokens = 140};
    const Hypothesis best = beam_search(model, beam_sources[3], options)[0];
    const bool is_ended = best.tokens.size() < 140;
    const double expected = beam_log_probability(model, beam_sources[3], best.tokens, is_ended);
    CHECK(best.log_probability == doctest::Approx(expected).epsilon(1e-4));
  }
  CHECK(grown > 0);
}

TEST_CASE("logits that are no numbers are an error and not a token") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  for (const int64_t bad_rows : {1, 4}) {  // one token's logit, or every one
    EncoderDecoder model = beam_model(1, 4);
    const NoGrad guard;
    model.find("wte.weight").narrow(0, 4 - bad_rows, bad_rows).copy_(full({bad_rows, 16}, nan));
    const std::vector<Sequence> source{{2}};
    CHECK(message_of<ValueError>([&] { generate(model, source, 3); }) ==
          "encoder-decoder: the logits are not finite");
    CHECK(message_of<ValueError>([&] { beam_search(model, source[0], {.beams = 2}); }) ==
          "encoder-decoder: the logits are not finite");
  }
}

TEST_CASE("generate: sources side by side give what each gives alone, and what greedy means") {
  for (const auto& preset : encoder_decoder_presets()) {
    CAPTURE(preset.first);
    EncoderDecoderConfig c = preset.second;
    c.head_width = c.n_inner = 0;
    const EvalMode evaluation;
    for (const uint64_t seed : {1u, 2u}) {
      const EncoderDecoder model = beam_model(seed, 9, c);
      const std::vector<Sequence> texts = generate(model, beam_sources, 8);
      REQUIRE(texts.size() == beam_sources.size());
      for (size_t i = 0; i < texts.size(); ++i) {
        CHECK(texts[i] == generate(model, std::span(&beam_sources[i], 1), 8)[0]);
        CHECK(texts[i] == greedy_beam_text(model, beam_sources[i], 8));
      }
    }
  }
}

TEST_CASE("generate: more sources than are written at once, none, and no tokens") {
  const EncoderDecoder model = beam_model(1, 9);
  const std::vector<Sequence> many(35, beam_sources[1]);
  const std::vector<Sequence> texts = generate(model, many, 5);
  REQUIRE(texts.size() == 35);
  CHECK(texts[34] == texts[0]);
  CHECK(generate(model, std::vector<Sequence>{}, 5).empty());
  CHECK(generate(model, many, 0)[0].empty());
  CHECK(beam_search(model, beam_sources[0], {.max_new_tokens = 0})[0].tokens.empty());
}

TEST_CASE("texts end where learned positions do") {
  EncoderDecoderConfig c;
  c.positions = Positions::learned;
  c.block_size = 6;
  const EncoderDecoder model = beam_model(3, 9, c);
  for (const Sequence& text : generate(model, beam_sources, 100)) CHECK(text.size() <= 6);
  for (const Hypothesis& h : beam_search(model, beam_sources[1], {.beams = 3})) {
    CHECK(h.tokens.size() <= 6);
  }
}

TEST_CASE("beam search: what cannot be is refused in a sentence") {
  const EncoderDecoder model = beam_model(1, 9);
  const auto refusal = [&](const Sequence& source, const BeamOptions& options) {
    return message_of<ValueError>([&] { beam_search(model, source, options); });
  };
  CHECK(refusal({}, {}) == "encoder-decoder: the source is empty");
  CHECK(refusal({2}, {.beams = 0}) == "beam_search: beams 0 must be at least 1");
  CHECK(refusal({2}, {.max_new_tokens = -1}) ==
        "encoder-decoder: max_new_tokens -1 must not be negative");
  CHECK(refusal({9}, {}) != "nothing was thrown");
}
