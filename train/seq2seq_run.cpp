#include "train/seq2seq_run.h"

#include <nlohmann/json.hpp>

#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"
#include "train/signals.h"
#include "train/trainer.h"
#include "train/trial.h"

namespace gradus {
namespace {

// What a fresh model takes from its tokenizer.
void fit_to_tokenizer(Seq2SeqOptions& o, const Seq2SeqTokenizer& tokenizer) {
  if (o.init.empty()) {
    const Seq2SeqTokens& tokens = tokenizer.tokens();
    o.model.vocab_size = tokenizer.vocab_size();
    o.model.pad_token = tokens.pad;
    o.model.start_token = tokens.start;
    o.model.end_token = tokens.end;
  }
  check_value(tokenizer.vocab_size() <= o.model.vocab_size,
              "seq2seq: the tokenizer has {} tokens, the model {}", tokenizer.vocab_size(),
              o.model.vocab_size);
}

int64_t count_weights(const EncoderDecoderConfig& config) {
  const MetaMode no_memory;
  return EncoderDecoder(config).num_parameters();
}

void print_seq2seq_cost(Seq2SeqOptions options, const Seq2SeqData& data, double minutes) {
  manual_seed(options.seed);
  Seq2SeqObjective objective(options, data);
  const Trial trial = try_out(options, objective, 1);
  if (minutes > 0) options.stretch(steps_in(minutes, trial));
  fmt::print("{}", cost_in_words(shape_in_words(options.model), options, trial));
}

void train_in_folder(const Seq2SeqRequest& request, const Seq2SeqOptions& options,
                     const Seq2SeqData& data, RunFolder& folder, const AtTheEnd& at_the_end,
                     const Deadline& end = {}) {
  manual_seed(options.seed);
  Seq2SeqObjective objective(options, data);
  Trainer trainer(options, {data.digest, data.tokenizer.tokenizer().digest()}, objective, folder);
  const bool goes_on = trainer.restore();
  if (!goes_on && !options.init.empty())
    load_encoder_decoder_weights(objective.model(), options.init);
  save_reference_lines(target_lines(data, options.model.vocab_size), folder.path());
  trainer.keep_to(end);
  trainer.train(request.run.stop_after, request.run.quiet);
  if (!request.run.quiet) say_verdict(folder.path());
  const bool complete = stop_signal() == 0 && request.run.stop_after == 0;
  if (complete && at_the_end) at_the_end(objective, options, folder.path());
}

void resume_seq2seq(const Seq2SeqRequest& request, const AtTheEnd& at_the_end) {
  RunFolder folder(request.run.folder, false);
  const std::string command =
      request.options.learns_pairs() ? "finetune seq2seq" : "pretrain seq2seq";
  Seq2SeqOptions options =
      stored_settings<Seq2SeqOptions>(command, folder, request.options.data, seq2seq_options_from);
  options.model = load_encoder_decoder_config(folder.path());
  options.check();
  const Seq2SeqData data = read_seq2seq_data(options, Seq2SeqTokenizer::load(folder.path()));
  train_in_folder(request, options, data, folder, at_the_end);
}

void begin_seq2seq(const Seq2SeqRequest& request, const AtTheEnd& at_the_end) {
  const Deadline end = request.run.end();
  Seq2SeqOptions options = request.options;
  options.check();
  if (!request.run.dry_run) RunFolder::check_unused(request.run.folder);
  std::optional<Seq2SeqTokenizer> known;
  if (!options.init.empty()) known = Seq2SeqTokenizer::load(options.init);
  const Seq2SeqData data = read_seq2seq_data(options, known);
  for (const std::string& note : data.notes) fmt::print(stderr, "warning: {}\n", note);
  fit_to_tokenizer(options, data.tokenizer);
  check_memory(count_weights(options.model));
  if (request.run.dry_run) return print_seq2seq_cost(options, data, request.run.minutes);
  RunFolder folder(request.run.folder, true);
  options.make_data_absolute();
  data.tokenizer.tokenizer().save(folder.path());
  save_encoder_decoder_config(options.model, folder.path());
  folder.save_settings(to_json(options));
  train_in_folder(request, options, data, folder, at_the_end, end);
}

}  // namespace

void train_seq2seq(const Seq2SeqRequest& request, const AtTheEnd& at_the_end) {
  survive_failed_writes();
  request.run.resume ? resume_seq2seq(request, at_the_end) : begin_seq2seq(request, at_the_end);
}

}  // namespace gradus
