#include "train/model_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "nn/formula.h"

namespace gradus {
namespace {

ModelFacts formulas(const std::vector<FormulaTerm>& terms, const std::string& letters) {
  ModelFacts facts{"\n", nlohmann::ordered_json::object()};
  for (const FormulaTerm& term : terms) {
    facts.text += fmt::format("{:<9}  {:>12} = {}\n", term.kind, term.count, term.formula);
    facts.json["formula"][term.kind] = term.formula;
  }
  facts.text += fmt::format("where {}\n\n", letters);
  return facts;
}

template <class Config>
void add_cache(ModelFacts& facts, const Config& config, const char* whose, const char* formula) {
  facts.text +=
      fmt::format("KV cache: {} bytes a token{}, {} in half precision ({} numbers)\n",
                  cache_bytes_per_token(config), whose, cache_bytes_per_token(config, 2), formula);
  facts.json["cache_bytes_per_token"] = cache_bytes_per_token(config);
}

constexpr const char* training_note = "training three times as many\n";

}  // namespace

ModelFacts model_facts(const GPTConfig& c) {
  ModelFacts facts = formulas(parameter_formula(c), letters(c));
  add_cache(facts, c, "", "2 L NKV hs");
  if (c.window > 0) facts.text += fmt::format("          of the last {} tokens\n", c.window);
  const double flops = forward_flops_per_token(c, c.block_size);
  facts.text += fmt::format("forward: {:.4g} MFLOP a token among T = {}; {}", flops / 1e6,
                            c.block_size, training_note);
  facts.json["forward_flops_per_token"] = flops;
  return facts;
}

ModelFacts model_facts(const BERTConfig& c, bool next_sentence) {
  ModelFacts facts = formulas(parameter_formula(c, next_sentence), letters(c));
  const double flops = forward_flops_per_token(c, c.block_size);
  facts.text.pop_back();
  facts.text += fmt::format("; other: the heads of pre-training{}\n\n",
                            c.positions == Positions::relative ? " and position buckets" : "");
  facts.text += fmt::format("forward: {:.4g} MFLOP a token among T = {}, without heads; {}",
                            flops / 1e6, c.block_size, training_note);
  facts.json["forward_flops_per_token"] = flops;
  return facts;
}

ModelFacts model_facts(const EncoderDecoderConfig& c) {
  ModelFacts facts = formulas(parameter_formula(c), letters(c));
  add_cache(facts, c, " of source and target alike", "2 D NKV hs");
  const SourceTargetFlops flops = forward_flops_per_token(c, c.block_size);
  facts.text += fmt::format(
      "forward: {:.4g} MFLOP a token of the source, {:.4g} one of the target, among T = {} each; "
      "{}",
      flops.source / 1e6, flops.target / 1e6, c.block_size, training_note);
  facts.json["forward_flops_per_token"] = {{"source", flops.source}, {"target", flops.target}};
  return facts;
}

}  // namespace gradus
