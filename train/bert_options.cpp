#include "train/bert_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tensor/errors.h"

namespace gradus {

using nlohmann::json;

PretrainingConfig MaskedTextOptions::batches() const {
  return {.batch_size = batch_size,
          .sequence_length = sequence_length,
          .seed = seed,
          .masking = masking,
          .next_sentence = next_sentence,
          .dynamic = dynamic,
          .duplicates = duplicates};
}

PretrainingConfig BERTOptions::short_batches() const {
  PretrainingConfig config = batches();
  config.batch_size = std::max<int64_t>(1, batch_size * sequence_length / short_length);
  config.sequence_length = short_length;
  config.next_sentence = false;
  return config;
}

BertTextOptions BERTOptions::text() const {
  BertTextOptions text{.lowercase = lowercase};
  if (keep_accents) text.strip_accents = false;
  return text;
}

namespace {

// The ranges of check_masking, by the names of the options.
void check_shares(const MaskingOptions& masking) {
  const std::pair<const char*, double> shares[] = {{"--mask-probability", masking.probability},
                                                   {"--mask-share", masking.mask_share},
                                                   {"--random-share", masking.random_share}};
  for (const auto& [name, share] : shares) {
    check_value(share >= 0 && share <= 1, "{} {} must be in [0, 1]", name, share);
  }
  check_value(masking.mask_share + masking.random_share <= 1,
              "--mask-share {} must be in [0, {:.6g}]: --random-share {} leaves no more",
              masking.mask_share, 1 - masking.random_share, masking.random_share);
}

}  // namespace

void MaskedTextOptions::check() const {
  check_value(sequence_length >= 5,
              "--sequence-length {} must be at least 5: a pair has [CLS], two [SEP] and two tokens",
              sequence_length);
  check_value(sequence_length <= model.block_size,
              "--sequence-length {} is more than the {} positions of the model", sequence_length,
              model.block_size);
  check_value(!next_sentence || model.n_type >= 2,
              "the model has {} segment, and pairs of sentences need two: --next-sentence false",
              model.n_type);
  check_value(duplicates >= 1, "--duplicates {} must be at least 1", duplicates);
  check_shares(masking);
  check_masking(masking);
  check_run(sequence_length);
}

void BERTOptions::check() const {
  const std::string kind = tokenizer_kind();
  const bool learned = init.empty() && (kind == "wordpiece" || kind == "word");
  const bool plain = lowercase && !keep_accents && merge_by == WordPieceScore::frequency;
  check_value(learned || (vocab_size == 0 && plain),
              "--vocab-size, --lowercase, --keep-accents and --merge-by are for a vocabulary that "
              "is learned; this run has one already");
  MaskedTextOptions::check();
  check_value(short_steps >= 0, "--short-steps {} must not be negative", short_steps);
  check_value(short_length >= 5 && (short_steps == 0 || short_length <= sequence_length),
              "--short-length {} must be from 5 to --sequence-length, {}", short_length,
              sequence_length);
  check_value(next_weight > 0 && std::isfinite(next_weight),
              "--nsp-weight {} must be positive; --next-sentence false leaves the pairs out",
              next_weight);
  check_value(next_sentence || next_weight == 1,
              "--nsp-weight is for pairs, and --next-sentence false has none");
}

const std::vector<BERTPreset>& bert_presets() {
  static const std::vector<BERTPreset> all{
      {.name = "tiny",
       .about = "2 layers, 128 wide: minutes on the built-in corpus",
       .model = {.n_layer = 2, .n_head = 2, .n_embd = 128},
       .sequence_length = 128,
       .batch_size = 16,
       .steps = 3000,
       .lr = real(2e-3)},
      {.name = "mini",
       .about = "4 layers, 256 wide: an hour on WikiText-2",
       .model = {.n_layer = 4, .n_head = 4, .n_embd = 256},
       .sequence_length = 128,
       .batch_size = 16,
       .steps = 20000,
       .lr = real(1e-3)},
      {.name = "small",
       .about = "4 layers, 512 wide",
       .model = {.n_layer = 4, .n_head = 8, .n_embd = 512},
       .sequence_length = 128,
       .batch_size = 32,
       .steps = 50000,
       .lr = real(5e-4)},
      {.name = "base",
       .about = "BERT-base: 12 layers, 768 wide, 110 million parameters",
       .model = {.n_layer = 12, .n_head = 12, .n_embd = 768, .dropout = real(0.1)},
       .sequence_length = 128,
       .batch_size = 32,
       .steps = 100000,
       .lr = real(1e-4)},
      {.name = "roberta-tiny",
       .about = "tiny in RoBERTa's way: one segment, full sentences, masks drawn anew",
       .model = {.n_layer = 2, .n_head = 2, .n_embd = 128, .n_type = 1, .norm_eps = real(1e-5)},
       .sequence_length = 128,
       .batch_size = 16,
       .steps = 3000,
       .lr = real(2e-3),
       .next_sentence = false,
       .beta2 = real(0.98)},
      {.name = "distilbert-mini",
       .about = "half of mini's layers, one segment, no pairs",
       .model = {.n_layer = 2, .n_head = 4, .n_embd = 256, .n_type = 1},
       .sequence_length = 128,
       .batch_size = 16,
       .steps = 20000,
       .lr = real(1e-3),
       .next_sentence = false,
       .beta2 = real(0.98)},
  };
  return all;
}

std::vector<std::string> bert_preset_names() {
  std::vector<std::string> names;
  for (const BERTPreset& preset : bert_presets()) names.push_back(preset.name);
  return names;
}

std::string full_name(const BERTPreset& preset) {
  const bool says_it = preset.name.find("bert") != std::string::npos;
  return says_it ? preset.name : "bert-" + preset.name;
}

BERTOptions bert_options_from(const std::string& name) {
  for (const BERTPreset& preset : bert_presets()) {
    if (preset.name != name) continue;
    BERTOptions o;
    o.model = preset.model;
    o.sequence_length = preset.sequence_length;
    o.batch_size = preset.batch_size;
    o.steps = preset.steps;
    o.schedule = {.decay = Decay::linear,
                  .lr = preset.lr,
                  .min_lr = 0,
                  .warmup_steps = preset.steps / 10,
                  .decay_steps = preset.steps};
    o.next_sentence = preset.next_sentence;
    o.beta2 = preset.beta2;
    o.eps = real(1e-6);
    o.weight_decay = real(0.01);
    return o;
  }
  throw ValueError(fmt::format("preset '{}' does not exist; there are {}", name,
                               fmt::join(bert_preset_names(), ", ")));
}

json to_json(const MaskedTextOptions& o) {
  json object = to_json(static_cast<const RunOptions&>(o));
  object["sequence_length"] = o.sequence_length;
  object["masking"] = {{"probability", o.masking.probability},
                       {"most", o.masking.most},
                       {"whole_word", o.masking.whole_word},
                       {"mask_share", o.masking.mask_share},
                       {"random_share", o.masking.random_share}};
  object["next_sentence"] = o.next_sentence;
  object["dynamic"] = o.dynamic;
  object["duplicates"] = o.duplicates;
  object["format"] = name_of(o.format);
  return object;
}

json to_json(const BERTOptions& o) {
  json object = to_json(static_cast<const MaskedTextOptions&>(o));
  object["short_steps"] = o.short_steps;
  object["short_length"] = o.short_length;
  object["next_weight"] = o.next_weight;
  object["lowercase"] = o.lowercase;
  object["keep_accents"] = o.keep_accents;
  object["merge_by"] = o.merge_by == WordPieceScore::frequency ? "frequency" : "likelihood";
  return object;
}

MaskedTextOptions masked_text_options_from(const json& object, const std::string& file) {
  return settings_from(file, "a BERT run", [&] {
    MaskedTextOptions o{run_options_from(object, file)};
    o.sequence_length = object.at("sequence_length").get<int64_t>();
    const json& masking = object.at("masking");
    o.masking.probability = masking.at("probability").get<double>();
    o.masking.most = masking.at("most").get<int64_t>();
    o.masking.whole_word = masking.at("whole_word").get<bool>();
    o.masking.mask_share = masking.at("mask_share").get<double>();
    o.masking.random_share = masking.at("random_share").get<double>();
    o.next_sentence = object.at("next_sentence").get<bool>();
    o.dynamic = object.at("dynamic").get<bool>();
    o.duplicates = object.at("duplicates").get<int64_t>();
    const std::string format = object.at("format").get<std::string>();
    for (const DocumentFormat f : {DocumentFormat::automatic, DocumentFormat::lines,
                                   DocumentFormat::text, DocumentFormat::wikitext}) {
      if (format == name_of(f)) o.format = f;
    }
    return o;
  });
}

BERTOptions bert_options_from(const json& object, const std::string& file) {
  return settings_from(file, "a BERT run", [&] {
    BERTOptions o{masked_text_options_from(object, file)};
    o.short_steps = object.value("short_steps", o.short_steps);
    o.short_length = object.value("short_length", o.short_length);
    o.next_weight = object.value("next_weight", o.next_weight);
    o.lowercase = object.value("lowercase", o.lowercase);
    o.keep_accents = object.value("keep_accents", o.keep_accents);
    if (object.value("merge_by", "frequency") == "likelihood")
      o.merge_by = WordPieceScore::likelihood;
    return o;
  });
}

}  // namespace gradus
