#include "train/evaluate_seq2seq.h"

#include <nlohmann/json.hpp>

#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"
#include "train/seq2seq_objective.h"
#include "train/text_pairs_data.h"
#include "train/text_predictor.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

ordered_json evaluate_on_pairs(const EvaluateSeq2Seq& o, const EncoderDecoder& model,
                               const std::optional<Seq2SeqOptions>& run) {
  const std::vector<TextPair> pairs = read_pairs(o.data, Part::test);
  const TextWriter writer(
      model, Seq2SeqTokenizer::load(o.model),
      {.source_length = run ? run->source_length : 0, .batch_size = o.batch_size});
  const PairScore score =
      score_pairs(writer, pairs, {}, with_limit(o.beams, run, model.config), o.json);
  if (!o.json) fmt::print("{} pairs\n\n{}", score.pairs, to_text(score, "written"));
  return to_json(score);
}

ordered_json evaluate_on_text(const EvaluateSeq2Seq& o, const EncoderDecoder& model,
                              Seq2SeqOptions run) {
  run.data = o.data;
  run.batch_size = o.batch_size;
  run.model = model.config;
  const Seq2SeqTokenizer tokenizer = Seq2SeqTokenizer::load(o.model);
  const bool held_out = o.held_out || run.is_builtin();
  const Seq2SeqData data =
      held_out ? read_seq2seq_data(run, tokenizer) : read_measured_text(run, tokenizer);
  const double loss = mean_target_loss(model, data.held_out, data.held_out_batches);
  check_value(std::isfinite(loss), "evaluate: the loss is {}; the weights of {} are not sound",
              loss, o.model);
  ordered_json report{{"loss", loss}};
  if (!o.json) fmt::print("loss           {:.4f} nats per token of a target\n", loss);
  if (!held_out) return report;
  const Baselines lines = target_lines(data, model.config.vocab_size).baselines;
  if (!o.json)
    fmt::print("frequencies    {:.4f}\npairs          {:.4f}\n", lines.unigram, lines.bigram);
  report["unigram_loss"] = lines.unigram;
  report["bigram_loss"] = lines.bigram;
  return report;
}

}  // namespace

void evaluate_seq2seq(const EvaluateSeq2Seq& o) {
  const EncoderDecoder model = load_encoder_decoder(o.model);
  const std::optional<Seq2SeqOptions> run = seq2seq_run_in(o.model);
  const bool pairs =
      !run || run->learns_pairs() || (is_builtin_pairs(o.data) && o.data != builtin_task);
  check_value(!pairs || !o.held_out,
              "evaluate: --split is for texts, and {} is measured on pairs, all of them", o.model);
  const ordered_json report =
      pairs ? evaluate_on_pairs(o, model, run) : evaluate_on_text(o, model, *run);
  if (o.json) fmt::print("{}\n", report.dump());
}

}  // namespace gradus
