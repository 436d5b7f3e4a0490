#include "train/seq2seq_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tensor/errors.h"
#include "train/text_pairs_data.h"

namespace gradus {
DenoisingOptions Seq2SeqOptions::denoising() const {
  const bool spans = task == Seq2SeqTask::span_corruption;
  return {.kind = spans ? Denoising::span_corruption : Denoising::text_infilling,
          .share = share != 0 ? share
                   : spans    ? 0.15
                              : 0.3,
          .mean_span = mean_span};
}

void Seq2SeqOptions::make_data_absolute() {
  for (std::string* file : {&data, &dev}) {
    const bool is_file = !file->empty() && *file != "-" && !is_builtin_pairs(*file);
    if (is_file) *file = std::filesystem::absolute(*file);
  }
}

int64_t Seq2SeqOptions::longest_target() const {
  if (learns_pairs()) return target_length;
  if (task == Seq2SeqTask::text_infilling) return source_length;
  const double text = static_cast<double>(source_length - 1);
  const double hidden = std::max(1.0, std::round(denoising().share * text));
  const double spans = std::max(1.0, std::round(hidden / mean_span));
  return static_cast<int64_t>(hidden + spans) + 3;  // a sentinel before each, one after, <s>, </s>
}

void Seq2SeqOptions::check() const {
  const std::string kind = tokenizer_kind();
  const bool learned = init.empty() && (kind == "word" || kind == "bpe");
  check_value(learned || vocab_size == 0,
              "--vocab-size {} is for a vocabulary that is learned; this run has one already",
              vocab_size);
  const int64_t special = static_cast<int64_t>(seq2seq_special_tokens().size());
  check_value(vocab_size == 0 || vocab_size >= 256 + special,
              "--vocab-size {} must have room for 256 bytes and {} special tokens", vocab_size,
              special);
  const auto check_length = [&](const char* name, int64_t length) {
    check_value(length >= 2 && length <= model.block_size,
                "{} {} must be from 2 to the {} positions of the model", name, length,
                model.block_size);
  };
  check_length("--source-length", source_length);
  if (learns_pairs()) check_length("--target-length", target_length);
  check_value(
      model.positions != Positions::learned || longest_target() <= model.block_size,
      "--source-length {} and --noise-share {} make targets of {} tokens, and the model has "
      "{} positions",
      source_length, denoising().share, longest_target(), model.block_size);
  check_value(share >= 0 && share < 1, "--noise-share {} must be in [0, 1)", share);
  check_value(mean_span >= 1 && mean_span <= 100, "--mean-span {} must be from 1 to 100",
              mean_span);
  check_run(source_length);
}

std::vector<std::string> seq2seq_preset_names() {
  std::vector<std::string> names;
  for (const auto& [name, model] : encoder_decoder_presets()) names.emplace_back(name);
  return names;
}

Seq2SeqOptions seq2seq_options_from(const std::string& preset) {
  for (const auto& [name, model] : encoder_decoder_presets()) {
    if (preset != name) continue;
    const bool tiny = model.n_embd <= 128;
    Seq2SeqOptions o;
    o.model = model;
    o.source_length = o.target_length = tiny ? 80 : 512;
    o.batch_size = tiny ? 16 : 8;
    o.steps = tiny ? 5000 : 100000;
    o.schedule = {.decay = Decay::linear,
                  .lr = tiny ? real(1.5e-3) : real(3e-4),
                  .min_lr = 0,
                  .warmup_steps = o.steps / 20,
                  .decay_steps = o.steps};
    o.beta2 = real(0.98);
    o.weight_decay = real(0.01);
    return o;
  }
  throw ValueError(fmt::format("preset '{}' does not exist; there are {}", preset,
                               fmt::join(seq2seq_preset_names(), ", ")));
}

nlohmann::json to_json(const Seq2SeqOptions& o) {
  nlohmann::json object = to_json(static_cast<const RunOptions&>(o));
  object["task"] = name_in(seq2seq_task_names, o.task);
  object["source_length"] = o.source_length;
  object["target_length"] = o.target_length;
  object["noise_share"] = o.share;
  object["mean_span"] = o.mean_span;
  object["dev"] = o.dev;
  object["beams"] = o.beams.beams;
  object["length_penalty"] = o.beams.length_penalty;
  object["max_new_tokens"] = o.beams.max_new_tokens;
  return object;
}

Seq2SeqOptions seq2seq_options_from(const nlohmann::json& object, const std::string& file) {
  return settings_from(file, "a text-to-text run", [&] {
    Seq2SeqOptions o{run_options_from(object, file)};
    const std::string task = object.at("task").get<std::string>();
    bool known = false;
    for (const auto& [name, value] : seq2seq_task_names) {
      if (task == name) o.task = value, known = true;
    }
    check<FileError>(known, "{}: there is no task '{}'", file, task);
    o.source_length = object.at("source_length").get<int64_t>();
    o.target_length = object.at("target_length").get<int64_t>();
    o.share = object.at("noise_share").get<double>();
    o.mean_span = object.at("mean_span").get<double>();
    o.dev = object.at("dev").get<std::string>();
    o.beams.beams = object.value("beams", o.beams.beams);
    o.beams.length_penalty = object.value("length_penalty", o.beams.length_penalty);
    o.beams.max_new_tokens = object.value("max_new_tokens", o.beams.max_new_tokens);
    return o;
  });
}

}  // namespace gradus
