#include "train/seq2seq_command.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"
#include "train/model_kind.h"

namespace gradus {
namespace {

void add_pair_settings(CLI::App& command, Settings<Seq2SeqOptions>& settings) {
  using O = Seq2SeqOptions;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--n-decoder-layer", [](O& o) -> auto& { return o.model.n_decoder_layer; },
      "Blocks of the decoder (default: as many as --n-layer)");
  add("--source-length", [](O& o) -> auto& { return o.source_length; },
      "Tokens of a source, its end included");
  add("--tokenizer", [](O& o) -> auto& { return o.tokenizer; },
      "word or bpe, learned from the text, or a folder with a byte-level BPE (default: bpe; for builtin word)")
      ->check([](const std::string& name) {
        const bool known = name == "word" || name == "bpe" || std::filesystem::is_directory(name);
        return known ? "" : name + " is neither word nor bpe nor a folder";
      });
  add("--vocab-size", [](O& o) -> auto& { return o.vocab_size; },
      "Most tokens of a vocabulary that is learned (default: 4096)");
  // clang-format on
}

}  // namespace

std::string seq2seq_presets_in_words() {
  return fmt::format("{}", fmt::join(seq2seq_preset_names(), ", "));
}

void add_seq2seq_settings(CLI::App& command, Settings<Seq2SeqOptions>& settings) {
  add_shape_settings(command, settings, "Positions of the model");
  add_block_settings(command, settings);
  add_pair_settings(command, settings);
  add_run_settings(command, settings);
}

Seq2SeqOptions seq2seq_options_after(const CLI::App& command, const std::string& preset,
                                     const std::string& init,
                                     const Settings<Seq2SeqOptions>& settings,
                                     const Seq2SeqOptions& asked) {
  Seq2SeqOptions options = seq2seq_options_from(preset);
  if (!init.empty()) {
    const char* name = asked.learns_pairs() ? "finetune seq2seq" : "pretrain seq2seq";
    check_model_kind(name, init, {ModelKind::encoder_decoder});
    options.model = load_encoder_decoder_config(init);
    options.init = std::filesystem::absolute(init).string();
    const int64_t most = options.model.block_size;
    options.source_length = std::min(options.source_length, most);
    options.target_length = std::min(options.target_length, most);
  }
  const EncoderDecoderConfig given = options.model;
  options.data = asked.data;
  options.dev = asked.dev;
  options.task = asked.task;
  options.beams = asked.beams;
  const int64_t preset_steps = options.steps;
  settings.apply(options);
  scale_warmup(command, preset_steps, options);
  if (!init.empty()) {
    EncoderDecoderConfig same = options.model;
    same.dropout = given.dropout;
    check_value(same == given && options.tokenizer.empty(),
                "the model to begin from decides the shape and the tokenizer; give no other");
  }
  return options;
}

void add_beam_options(CLI::App& command, BeamOptions& beams, const char* most_tokens) {
  command
      .add_option("--beams", beams.beams,
                  "Texts that beam search follows at a time; 1 always takes the likeliest token")
      ->check(Between(1, 1000))
      ->capture_default_str();
  command
      .add_option(
          "--length-penalty", beams.length_penalty,
          "Beam search ranks by log-probability / length to this power; 0 likes short texts")
      ->check(Between(-10.0, 10.0))
      ->capture_default_str();
  command.add_option("--max-new-tokens", beams.max_new_tokens, most_tokens)
      ->check(Between(int64_t{1}, int64_t{1} << 31));
}

BeamOptions beams_after(const CLI::App& command, const BeamOptions& asked, BeamOptions stored) {
  if (command.count("--beams") > 0) stored.beams = asked.beams;
  if (command.count("--length-penalty") > 0) stored.length_penalty = asked.length_penalty;
  if (command.count("--max-new-tokens") > 0) stored.max_new_tokens = asked.max_new_tokens;
  return stored;
}

}  // namespace gradus
