#include "train/text_to_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "tensor/errors.h"
#include "train/progress.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> sources_of(std::span<const TextPair> pairs) {
  std::vector<std::string> sources;
  for (const TextPair& pair : pairs) sources.push_back(pair.source);
  return sources;
}

std::vector<std::string> targets_in(std::span<const TextPair> pairs) {
  std::vector<std::string> targets;
  for (const TextPair& pair : pairs) targets.push_back(pair.target);
  return targets;
}

BeamScore score_beams(const TextWriter& writer, std::span<const TextPair> pairs,
                      const BeamOptions& options, bool quiet) {
  BeamOptions greedy = options;
  greedy.beams = 1;
  BeamScore result{.options = options};
  std::vector<std::string> texts;
  Progress progress("source", static_cast<int64_t>(pairs.size()), 0, quiet);
  for (const TextPair& pair : pairs) {
    const WrittenText best = writer.candidates(pair.source, options).front();
    const WrittenText plain = writer.candidates(pair.source, greedy).front();
    result.gain += best.log_probability - plain.log_probability;
    result.better += best.log_probability > plain.log_probability ? 1 : 0;
    texts.push_back(best.text);
    progress.update(static_cast<int64_t>(texts.size()), "");
  }
  result.gain /= static_cast<double>(pairs.size());
  result.better /= static_cast<double>(pairs.size());
  result.score = score_texts(texts, targets_in(pairs));
  return result;
}

std::string score_line(const std::string& name, const TextScore& s) {
  return fmt::format("  {:<28}{:>14.4f}{:>14.4f}{:>14.4f}\n", name, s.exact_match, s.rouge_l,
                     s.bleu);
}

}  // namespace

TextWriter::TextWriter(const EncoderDecoder& model, Seq2SeqTokenizer tokenizer,
                       const TextWriterOptions& options)
    : model_(model),
      tokenizer_(std::move(tokenizer)),
      source_length_(options.source_length > 0
                         ? std::min(options.source_length, model.config.block_size)
                         : model.config.block_size),
      special_tokens_(options.special_tokens),
      batch_size_(static_cast<size_t>(options.batch_size)) {
  check_value(tokenizer_.vocab_size() <= model_.config.vocab_size,
              "the tokenizer has {} tokens, the model {}", tokenizer_.vocab_size(),
              model_.config.vocab_size);
}

std::vector<int32_t> TextWriter::encoded(const std::string& source) const {
  const TextPair pair{source, " "};
  return encode_pairs(tokenizer_, std::span(&pair, 1), {source_length_, 2}).pairs[0].source;
}

std::string TextWriter::decoded(std::span<const int32_t> ids) const {
  return tokenizer_.decode(ids, special_tokens_);
}

int64_t TextWriter::excess(const std::string& source) const {
  const auto length =
      static_cast<int64_t>(tokenizer_.encode(source).size()) + tokenizer_.tokens().frame_size();
  return std::max<int64_t>(0, length - source_length_);
}

std::vector<std::string> TextWriter::write(std::span<const std::string> sources,
                                           int64_t max_new_tokens) const {
  const EvalMode evaluation;
  std::vector<std::string> texts;
  for (size_t begin = 0; begin < sources.size(); begin += batch_size_) {
    std::vector<std::vector<int32_t>> some;
    for (size_t i = begin; i < std::min(begin + batch_size_, sources.size()); ++i) {
      some.push_back(encoded(sources[i]));
    }
    for (const std::vector<int32_t>& ids : generate(model_, some, max_new_tokens)) {
      texts.push_back(decoded(ids));
    }
  }
  return texts;
}

std::vector<WrittenText> TextWriter::candidates(const std::string& source,
                                                const BeamOptions& options) const {
  const EvalMode evaluation;
  std::vector<WrittenText> texts;
  for (const Hypothesis& h : beam_search(model_, encoded(source), options)) {
    texts.push_back({decoded(h.tokens), h.log_probability, h.score});
  }
  return texts;
}

PairScore score_pairs(const TextWriter& writer, std::span<const TextPair> pairs,
                      std::span<const TextPair> train, const BeamOptions& options, bool quiet) {
  check_value(!pairs.empty(), "there are no pairs to measure on");
  const std::vector<std::string> sources = sources_of(pairs), targets = targets_in(pairs);
  PairScore result{.pairs = static_cast<int64_t>(pairs.size())};
  result.greedy = score_texts(writer.write(sources, options.max_new_tokens), targets);
  if (options.beams > 1) result.beams = score_beams(writer, pairs, options, quiet);
  result.baselines.emplace_back("copy of the source", score_texts(sources, targets));
  if (!train.empty()) {
    const std::vector<std::string> constant(pairs.size(), most_frequent_target(train));
    result.baselines.emplace_back("most frequent target", score_texts(constant, targets));
  }
  return result;
}

ordered_json to_json(const TextScore& score) {
  return {{"exact_match", score.exact_match}, {"rouge_l", score.rouge_l}, {"bleu", score.bleu}};
}

ordered_json to_json(const PairScore& score) {
  ordered_json object = to_json(score.greedy);
  object["pairs"] = score.pairs;
  if (score.beams) {
    ordered_json beams = to_json(score.beams->score);
    beams["beams"] = score.beams->options.beams;
    beams["length_penalty"] = score.beams->options.length_penalty;
    beams["log_probability_gain"] = score.beams->gain;
    beams["likelier"] = score.beams->better;
    object["beam_search"] = beams;
  }
  for (const auto& [name, baseline] : score.baselines) {
    object["baselines"][name] = to_json(baseline);
  }
  return object;
}

std::string to_text(const PairScore& score, const std::string& part) {
  std::string text =
      fmt::format("  {:<28}{:>14}{:>14}{:>14}\n", part, "exact match", "ROUGE-L", "BLEU");
  text += score_line("greedy", score.greedy);
  if (score.beams)
    text += score_line(fmt::format("{} beams", score.beams->options.beams), score.beams->score);
  for (const auto& [name, baseline] : score.baselines) text += score_line(name, baseline);
  if (!score.beams) return text;
  return text + fmt::format(
                    "\nbeam search: {:+.4f} nats of log-probability per text over greedy decoding; "
                    "likelier for {:.1f} % of {} sources\n",
                    score.beams->gain, 100 * score.beams->better, score.pairs);
}

}  // namespace gradus
