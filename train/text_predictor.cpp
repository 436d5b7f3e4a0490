#include "train/text_predictor.h"

#include <algorithm>
#include <filesystem>

#include "data/json.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"

namespace gradus {

std::optional<Seq2SeqOptions> seq2seq_run_in(const std::string& directory) {
  const std::filesystem::path file = std::filesystem::path(directory) / "training.json";
  if (!std::filesystem::exists(file)) return {};
  return seq2seq_options_from(read_json(file), file.string());
}

BeamOptions with_limit(const BeamOptions& beams, const std::optional<Seq2SeqOptions>& run,
                       const EncoderDecoderConfig& model) {
  constexpr int64_t usual = 128;
  BeamOptions limited = beams;
  if (limited.max_new_tokens == 0) limited.max_new_tokens = run ? run->longest_target() : usual;
  limited.max_new_tokens = std::min(limited.max_new_tokens, model.block_size);
  return limited;
}

namespace {

// A model that learned to restore texts writes sentinels: they say which gap a piece belongs to.
TextWriterOptions writing_as_in(const std::optional<Seq2SeqOptions>& run) {
  if (!run) return {};
  return {.source_length = run->source_length, .special_tokens = !run->learns_pairs()};
}

}  // namespace

TextPredictor::TextPredictor(const std::string& directory, const BeamOptions& beams)
    : run_(seq2seq_run_in(directory)),
      model_(load_encoder_decoder(directory)),
      writer_(model_, Seq2SeqTokenizer::load(directory), writing_as_in(run_)),
      beams_(with_limit(beams, run_, model_.config)) {}

Answered TextPredictor::source(const std::string& text) const {
  check_value(text.find_first_not_of(" \t\r\n") != text.npos, "predict: the text is empty");
  if (const int64_t excess = writer_.excess(text); excess > 0)
    fmt::print(stderr, "note: the text is too long for the model; its last {} tokens were cut\n",
               excess);
  const std::vector<WrittenText> all = writer_.candidates(text, beams_);
  nlohmann::ordered_json object{{"source", text},
                                {"target", all.front().text},
                                {"log_probability", all.front().log_probability}};
  for (const WrittenText& one : all) {
    object["candidates"].push_back(
        {{"target", one.text}, {"log_probability", one.log_probability}, {"score", one.score}});
  }
  return {object, all.front().text};
}

}  // namespace gradus
