#include "train/verdict.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Curve = std::function<double(int64_t)>;

// A run of 1,000 steps with a validation every 100.
RunFacts run_with(const Curve& train, const Curve& val, double norm = 0.5) {
  RunFacts facts{.baselines = {4.2, 3.3, 2.5},
                 .planned_steps = 1000,
                 .tokens_per_step = 768,
                 .train_tokens = 1000000};
  for (int64_t step = 1; step <= 1000; ++step) {
    StepMetrics m{.step = step, .loss = train(step), .lr = 1e-3, .grad_norm = norm};
    if (step % 100 == 0) m.val_loss = val(step);
    facts.metrics.push_back(m);
  }
  return facts;
}

double healthy(int64_t step) { return 1.8 + 2.4 * std::exp(-static_cast<double>(step) / 300); }

bool warns(const RunFacts& facts, const std::string& words) {
  const Verdict verdict = judge(facts);
  return std::any_of(verdict.warnings.begin(), verdict.warnings.end(),
                     [&](const std::string& w) { return contains(w, words); });
}

std::string first_sentence(double loss) {
  return judge(run_with([=](int64_t) { return loss; }, [=](int64_t) { return loss; })).learned[0];
}

}  // namespace

TEST_CASE("verdict: a healthy run meets no warning") {
  CHECK(judge(run_with(healthy, healthy)).warnings.empty());
}

TEST_CASE("verdict: what has been learned, by the lines between which the loss lies") {
  CHECK(contains(first_sentence(4.3), "no better than guessing"));
  CHECK(contains(first_sentence(std::nan("")), "no better than guessing"));
  CHECK(contains(first_sentence(3.5), "how often each token occurs"));
  CHECK(contains(first_sentence(2.8), "which one follows which"));
  CHECK(contains(first_sentence(2.0), "20 % below what counting pairs"));
}

TEST_CASE("verdict: the distance to a known floor") {
  RunFacts facts = run_with(healthy, [](int64_t) { return 2.1; });
  facts.floor = 2.0;
  CHECK(contains(judge(facts).learned.back(), "5.0 % above that floor"));
}

TEST_CASE("verdict: diverging") {
  const auto explode = [](int64_t step) { return step < 700 ? healthy(step) : 3.9; };
  CHECK(warns(run_with(explode, explode), "diverging"));
}

TEST_CASE("verdict: over-fitting, and a text read too often") {
  const auto val = [](int64_t step) {
    return 1.9 + 0.4 * std::abs(static_cast<double>(step) / 400 - 1);
  };
  const auto train = [](int64_t step) { return 2.4 - 0.0015 * static_cast<double>(step); };
  RunFacts facts = run_with(train, val);
  CHECK(warns(facts, "learns the text by heart"));
  CHECK_FALSE(warns(facts, "too small for so many steps"));
  facts.train_tokens = 10000;
  CHECK(warns(facts, "The text has been read 77 times"));
}

TEST_CASE("verdict: a plateau, which the floor of the text is not") {
  const auto flat = [](int64_t step) {
    return std::max(2.0, 4.2 - 0.01 * static_cast<double>(step));
  };
  RunFacts facts = run_with(flat, flat);
  CHECK(warns(facts, "stands still at 2.000"));
  facts.floor = 1.98;
  CHECK(judge(facts).warnings.empty());
}

TEST_CASE("verdict: learning rate too low, too high") {
  const auto crawl = [](int64_t step) { return 4.2 - 0.0005 * static_cast<double>(step); };
  CHECK(warns(run_with(crawl, crawl), "looks too low"));
  const auto stuck = [](int64_t step) { return 3.6 + 0.2 * static_cast<double>(step % 2); };
  CHECK(warns(run_with(stuck, stuck), "looks too high. Try a third"));
  CHECK(warns(run_with(healthy, healthy, 25), "norm is 25.0 in half of the steps"));
}

TEST_CASE("verdict: too few steps say nothing about health, none at all say nothing") {
  RunFacts facts = run_with([](int64_t) { return 9.0; }, healthy);
  facts.metrics.resize(60);
  CHECK(judge(facts).warnings.empty());
  CHECK(judge(facts).learned.size() == 2);
  facts.metrics.clear();
  CHECK(judge(facts).learned.empty());
}
