#include "train/distill_options.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/errors.h"

namespace gradus {

using nlohmann::json;

void DistillOptions::check() const {
  check_value(std::isfinite(temperature) && temperature > 0,
              "--temperature {} must be positive and finite", temperature);
  const std::pair<const char*, real> weights[] = {
      {"--alpha-kl", soft_weight}, {"--alpha-mlm", masked_weight}, {"--alpha-cos", cosine_weight}};
  for (const auto& [name, weight] : weights) {
    check_value(std::isfinite(weight) && weight >= 0, "{} {} must be finite and not negative", name,
                weight);
  }
  check_value(soft_weight + masked_weight + cosine_weight > 0,
              "--alpha-kl, --alpha-mlm and --alpha-cos must not all be 0");
  MaskedTextOptions::check();
}

DistillOptions distill_options_for(const BERTConfig& teacher, bool next_sentence) {
  DistillOptions o;
  o.model = teacher;
  o.next_sentence = next_sentence;
  o.sequence_length = std::min<int64_t>(128, teacher.block_size);
  o.batch_size = 16;
  o.steps = 2000;
  o.schedule = {.decay = Decay::linear,
                .lr = real(5e-4),
                .min_lr = 0,
                .warmup_steps = 100,
                .decay_steps = o.steps};
  o.beta2 = real(0.98);
  o.eps = real(1e-6);
  o.weight_decay = real(0.01);
  o.clip = 5;
  return o;
}

json to_json(const DistillOptions& o) {
  json object = to_json(static_cast<const MaskedTextOptions&>(o));
  object["distillation"] = {{"teacher", o.teacher},
                            {"temperature", o.temperature},
                            {"soft_weight", o.soft_weight},
                            {"masked_weight", o.masked_weight},
                            {"cosine_weight", o.cosine_weight}};
  return object;
}

DistillOptions distill_options_from(const json& object, const std::string& file) {
  return settings_from(file, "a distillation", [&] {
    DistillOptions o{masked_text_options_from(object, file)};
    const json& distillation = object.at("distillation");
    o.teacher = distillation.at("teacher").get<std::string>();
    o.temperature = distillation.at("temperature").get<real>();
    o.soft_weight = distillation.at("soft_weight").get<real>();
    o.masked_weight = distillation.at("masked_weight").get<real>();
    o.cosine_weight = distillation.at("cosine_weight").get<real>();
    return o;
  });
}

}  // namespace gradus
