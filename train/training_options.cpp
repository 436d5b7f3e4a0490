#include "train/training_options.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/bpe_vocabulary.h"
#include "tensor/errors.h"

namespace gradus {

using nlohmann::json;

TrainingOptions TrainingOptions::from(const Preset& preset) {
  TrainingOptions o;
  o.model = preset.model;
  o.batch_size = preset.batch_size;
  o.steps = preset.steps;
  o.schedule = {.decay = Decay::cosine,
                .lr = preset.lr,
                .min_lr = preset.min_lr,
                .warmup_steps = preset.warmup_steps,
                .decay_steps = preset.steps};
  o.beta2 = preset.beta2;
  return o;
}

void RunOptions::make_data_absolute() {
  if (data != "-" && !is_builtin()) data = std::filesystem::absolute(data);
}

void RunOptions::stretch(int64_t new_steps) {
  const double share =
      static_cast<double>(schedule.decay_start) / static_cast<double>(std::max<int64_t>(1, steps));
  steps = schedule.decay_steps = new_steps;
  schedule.decay_start = std::llround(share * static_cast<double>(new_steps));
}

TrainingOptions TrainingOptions::over(int64_t new_steps) const {
  TrainingOptions o = *this;
  o.stretch(new_steps);
  return o;
}

void TrainingOptions::check() const {
  check_value(
      !(is_builtin() && tokenizer == "char"),
      "--tokenizer char has no token that begins a story; the built-in corpus needs word or bpe");
  const bool sized = tokenizer_kind() == "word" || tokenizer_kind() == "bpe";
  check_value(vocab_size == 0 || sized,
              "--vocab-size {} is for --tokenizer word or bpe; the size of any other is given",
              vocab_size);
  check_value(vocab_size == 0 || vocab_size > 256,
              "--vocab-size {} must have room for 256 bytes and {}", vocab_size, end_of_text);
  check_run(model.block_size);
}

void RunOptions::check_run(int64_t sequence_length) const {
  const std::pair<const char*, int64_t> positive[] = {
      {"--batch-size", batch_size},
      {"--accumulation", accumulation},
      {"--eval-interval", eval_interval},
      {"--sample-interval", sample_interval},
      {"--checkpoint-interval", checkpoint_interval},
      {"--keep-checkpoints", keep_checkpoints}};
  for (const auto& [name, value] : positive)
    check_value(value > 0, "{} {} must be positive", name, value);
  check_value(steps >= 0, "--steps {} must not be negative", steps);
  check_value(eval_batches >= 0, "--eval-batches {} must not be negative", eval_batches);
  check_value(schedule.decay_start >= 0 && schedule.decay_start <= steps,
              "--decay-start {} must be in [0, {}], the steps of the run", schedule.decay_start,
              steps);
  check_value(schedule.warmup_steps >= 0, "--warmup-steps {} must not be negative",
              schedule.warmup_steps);
  const std::pair<const char*, real> not_negative[] = {{"--lr", schedule.lr},
                                                       {"--min-lr", schedule.min_lr},
                                                       {"--eps", eps},
                                                       {"--weight-decay", weight_decay},
                                                       {"--clip", clip}};
  for (const auto& [name, value] : not_negative) {
    check_value(std::isfinite(value) && value >= 0, "{} {} must be finite and not negative", name,
                value);
  }
  for (const auto& [name, value] : {std::pair{"--beta1", beta1}, {"--beta2", beta2}}) {
    check_value(value >= 0 && value < 1, "{} {} must be in [0, 1)", name, value);
  }
  int64_t tokens = 0;
  check_value(
      !__builtin_mul_overflow(batch_size, sequence_length, &tokens) && tokens < int64_t{1} << 31,
      "--batch-size {} times {} tokens is more than a step can hold", batch_size, sequence_length);
}

namespace {

constexpr std::pair<Decay, const char*> decay_names[] = {
    {Decay::constant, "constant"}, {Decay::linear, "linear"}, {Decay::cosine, "cosine"}};

}  // namespace

json to_json(const RunOptions& o) {
  std::string decay;
  for (const auto& [kind, name] : decay_names) {
    if (kind == o.schedule.decay) decay = name;
  }
  return {{"data", o.data},
          {"tokenizer", o.tokenizer},
          {"vocab_size", o.vocab_size},
          {"init", o.init},
          {"batch_size", o.batch_size},
          {"accumulation", o.accumulation},
          {"steps", o.steps},
          {"decay", decay},
          {"lr", o.schedule.lr},
          {"min_lr", o.schedule.min_lr},
          {"warmup_steps", o.schedule.warmup_steps},
          {"decay_start", o.schedule.decay_start},
          {"decay_steps", o.schedule.decay_steps},
          {"beta1", o.beta1},
          {"beta2", o.beta2},
          {"eps", o.eps},
          {"bias_correction", o.bias_correction},
          {"weight_decay", o.weight_decay},
          {"activation_checkpointing", o.activation_checkpointing},
          {"clip", o.clip},
          {"eval_interval", o.eval_interval},
          {"eval_batches", o.eval_batches},
          {"sample_interval", o.sample_interval},
          {"checkpoint_interval", o.checkpoint_interval},
          {"keep_checkpoints", o.keep_checkpoints},
          {"seed", o.seed},
          {"precision", name_of(o.precision)}};
}

RunOptions run_options_from(const json& object, const std::string& file) {
  return settings_from(file, "a run", [&] {
    RunOptions o;
    o.data = object.at("data").get<std::string>();
    o.tokenizer = object.value("tokenizer", o.tokenizer);
    o.vocab_size = object.value("vocab_size", o.vocab_size);
    o.init = object.value("init", o.init);
    o.batch_size = object.at("batch_size").get<int64_t>();
    o.accumulation = object.at("accumulation").get<int64_t>();
    o.steps = object.at("steps").get<int64_t>();
    const std::string decay = object.at("decay").get<std::string>();
    for (const auto& [kind, name] : decay_names) {
      if (decay == name) o.schedule.decay = kind;
    }
    o.schedule.lr = object.at("lr").get<real>();
    o.schedule.min_lr = object.at("min_lr").get<real>();
    o.schedule.warmup_steps = object.at("warmup_steps").get<int64_t>();
    o.schedule.decay_start = object.value("decay_start", o.schedule.decay_start);
    o.schedule.decay_steps = object.at("decay_steps").get<int64_t>();
    o.beta1 = object.at("beta1").get<real>();
    o.beta2 = object.at("beta2").get<real>();
    o.eps = object.at("eps").get<real>();
    o.bias_correction = object.value("bias_correction", o.bias_correction);
    o.weight_decay = object.at("weight_decay").get<real>();
    o.activation_checkpointing =
        object.value("activation_checkpointing", o.activation_checkpointing);
    o.clip = object.at("clip").get<real>();
    o.eval_interval = object.at("eval_interval").get<int64_t>();
    o.eval_batches = object.at("eval_batches").get<int64_t>();
    o.sample_interval = object.at("sample_interval").get<int64_t>();
    o.checkpoint_interval = object.at("checkpoint_interval").get<int64_t>();
    o.keep_checkpoints = object.at("keep_checkpoints").get<int64_t>();
    o.seed = object.at("seed").get<uint64_t>();
    const std::string precision = object.value("precision", name_of(o.precision));
    const std::optional<Precision> known = precision_named(precision);
    check<FileError>(known.has_value(), "{}: there is no precision '{}'", file, precision);
    o.precision = *known;
    return o;
  });
}

TrainingOptions training_options_from(const json& object, const std::string& file) {
  TrainingOptions o{run_options_from(object, file), {}};
  try {
    o.check();
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", file, error.what()));
  }
  return o;
}

}  // namespace gradus
