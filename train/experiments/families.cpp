// The three families side by side, each in its own form: how a story ends, and its summary.
//
//   encoder          reads [CLS] story [SEP]; a linear layer on [CLS] names the class
//   decoder          a linear layer on its last token names the class; goes on after the story with
//                    the summary
//   encoder-decoder  writes the class, or the summary, as a text (Raffel et al. 2020)

#include "autograd/mode.h"
#include "data/shuffled_batches.h"
#include "nn/beam_search.h"
#include "nn/generate.h"
#include "train/experiments/all.h"
#include "train/experiments/small_bert.h"
#include "train/experiments/small_gpt.h"
#include "train/finetune/session.h"
#include "train/seq2seq_data.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr const char* families[] = {"encoder", "decoder", "encoder-decoder"};
constexpr int64_t ending_labels = 300, family_width = 128, longest_text = 80, rows_of_a_batch = 32;

// The same block for all, so that the family alone differs: relative positions, LayerNorm before,
// and GELU. Four layers have about as many parameters as two on either side.
constexpr real family_init_std = real(0.08);

GPTConfig decoder_shape() {
  return {.block_size = 2 * longest_text,
          .n_layer = 4,
          .n_head = 4,
          .n_embd = family_width,
          .positions = Positions::relative,
          .init_std = family_init_std};
}

BERTConfig encoder_shape() {
  return {.block_size = 2 * longest_text,
          .vocab_size = bert_stories().tokenizer.vocab_size(),
          .n_layer = 4,
          .n_head = 4,
          .n_embd = family_width,
          .positions = Positions::relative,
          .placement = Placement::pre,
          .activation = Activation::gelu_tanh,
          .norm_eps = real(1e-5),
          .init_std = family_init_std};
}

EncoderDecoderConfig both_shape(const Seq2SeqTokenizer& tokenizer) {
  return {.block_size = 2 * longest_text,
          .vocab_size = tokenizer.vocab_size(),
          .n_layer = 2,
          .n_head = 4,
          .n_embd = family_width,
          .bias = true,
          .norm = NormKind::layer,
          .activation = Activation::gelu_tanh,
          .scale_scores = true,
          .scale_tied_head = false,
          .norm_eps = real(1e-5),
          .init_std = family_init_std,
          .pad_token = tokenizer.tokens().pad,
          .start_token = tokenizer.tokens().start,
          .end_token = tokenizer.tokens().end};
}

// Classes by a head under which everything learns, from random weights.
double class_accuracy(const BackboneConfig& shape, const Tokenizer& tokenizer, uint64_t seed,
                      const ExperimentOptions& o) {
  const TaskData train = read_task_data(TaskName::sentiment, builtin_task, Part::train);
  const TaskData dev = read_task_data(TaskName::sentiment, builtin_task, Part::dev);
  const TaskConfig task = task_of(train, TaskKind::classification, real(0.1));
  const int64_t room = std::visit([](const auto& c) { return c.block_size; }, shape);
  const ReadingOptions reading = reading_options(TaskName::sentiment, room, 0, 0);
  manual_seed(seed);
  TaskModel model(shape, task);
  FineTuneOptions options{
      .lr = default_lr(family_width, true, false), .evaluations = 1, .seed = seed};
  if (o.quick) options.min_steps = 5, options.epochs = 1;
  const auto examples = make_examples(train.sample(ending_labels, seed), task, tokenizer, reading);
  const auto held_out = make_examples(dev, task, tokenizer, reading);
  return 100 * fine_tune(model, *examples, *held_out, options).dev.main();
}

struct Pairs {
  std::vector<TextPair> train, dev;
};

// Stories and their summaries, and the tokenizer of both.
const Seq2SeqData& summaries() {
  static const Seq2SeqData data = [] {
    Seq2SeqOptions options = seq2seq_options_from("t5-tiny");
    options.task = Seq2SeqTask::pairs;
    options.data = "builtin:summary";
    return read_seq2seq_data(options, {});
  }();
  return data;
}

// Stories and the word for how they end.
Pairs endings(uint64_t seed) {
  const auto pairs_of = [](const TaskData& data) {
    std::vector<TextPair> pairs;
    for (const LabelledText& row : std::get<std::vector<LabelledText>>(data.rows)) {
      pairs.push_back({row.text, row.label});
    }
    return pairs;
  };
  const TaskData train = read_task_data(TaskName::sentiment, builtin_task, Part::train);
  const TaskData dev = read_task_data(TaskName::sentiment, builtin_task, Part::dev);
  return {pairs_of(train.sample(ending_labels, seed)), pairs_of(dev)};
}

std::vector<TokenPair> encoded_pairs(std::span<const TextPair> pairs) {
  return encode_pairs(summaries().tokenizer, pairs, {longest_text, longest_text}).pairs;
}

SmallSteps steps_for(int64_t steps) { return {.steps = steps, .warmup_steps = steps / 20}; }

// What a network writes for the sources of pairs, token by token; how much of it is right, in %.
template <class Write>
double exact_matches(std::span<const TextPair> pairs, const Write& write) {
  int64_t right = 0;
  for (const TextPair& pair : pairs) {
    const std::vector<TokenPair> encoded = encoded_pairs(std::span(&pair, 1));
    const std::vector<int32_t> written = write(encoded.front().source);
    if (summaries().tokenizer.decode(written) == pair.target) ++right;
  }
  return 100 * static_cast<double>(right) / static_cast<double>(pairs.size());
}

double encoder_decoder_matches(const Pairs& pairs, int64_t steps, uint64_t seed) {
  manual_seed(seed);
  const EncoderDecoder model(both_shape(summaries().tokenizer));
  const PairLoader loader(encoded_pairs(pairs.train), summaries().tokenizer.tokens(),
                          rows_of_a_batch, seed);
  uint64_t k = 0;
  const SmallTrained trained = take_small_steps(model, steps_for(steps), [&] {
    const Seq2SeqBatch batch = loader.batch(k++);
    return model.loss(batch.source, batch.source_mask, batch.inputs, batch.targets);
  });
  if (trained.diverged) return 0;  // it has nothing to say
  const EvalMode evaluation;
  return exact_matches(pairs.dev, [&](const std::vector<int32_t>& source) {
    return generate(model, std::span(&source, 1), longest_text).front();
  });
}

// Source, </s>, target, </s> as one text each, of which only the target counts.
Batch joined_batch(const std::vector<TokenPair>& pairs, const std::vector<int64_t>& rows) {
  size_t longest = 0;
  for (const int64_t row : rows) {
    const TokenPair& pair = pairs[static_cast<size_t>(row)];
    longest = std::max(longest, pair.source.size() + pair.target.size());
  }
  const auto B = static_cast<int64_t>(rows.size()), T = static_cast<int64_t>(longest) - 1;
  Batch batch{Tokens({B, T}, summaries().tokenizer.tokens().pad), Tokens({B, T}, no_target)};
  for (int64_t b = 0; b < B; ++b) {
    const TokenPair& pair = pairs[static_cast<size_t>(rows[static_cast<size_t>(b)])];
    std::vector<int32_t> text = pair.source;
    text.insert(text.end(), pair.target.begin(), pair.target.end());
    std::copy(text.begin(), text.end() - 1, batch.ids.data() + b * T);
    std::copy(pair.target.begin(), pair.target.end(),
              batch.targets.data() + b * T + static_cast<int64_t>(pair.source.size()) - 1);
  }
  return batch;
}

double decoder_matches(const Pairs& pairs, int64_t steps, uint64_t seed) {
  manual_seed(seed);
  GPTConfig config = decoder_shape();
  config.vocab_size = summaries().tokenizer.vocab_size();
  const GPT model(config);
  const std::vector<TokenPair> train = encoded_pairs(pairs.train);
  std::vector<size_t> lengths;
  for (const TokenPair& pair : train) lengths.push_back(pair.source.size() + pair.target.size());
  ShuffledBatches order(lengths, rows_of_a_batch, seed);
  const SmallTrained trained = take_small_steps(model, steps_for(steps), [&] {
    const Batch batch = joined_batch(train, order.next());
    return model.loss(batch.ids, batch.targets);
  });
  if (trained.diverged) return 0;
  const EvalMode evaluation;
  const GenerateOptions options{.max_new_tokens = longest_text,
                                .sampling = {.temperature = 0},
                                .stop_token = summaries().tokenizer.tokens().end};
  return exact_matches(pairs.dev, [&](const std::vector<int32_t>& source) {
    return generate(model, source, options);
  });
}

ordered_json family_measured(const std::string& family, uint64_t seed, const ExperimentOptions& o) {
  Pairs summary{summaries().train, summaries().dev}, ending = endings(seed);
  const size_t asked = o.quick ? 5 : 500;
  summary.dev.resize(asked);
  ending.dev.resize(asked);
  const int64_t steps = o.quick ? 5 : 1500, few = o.quick ? 5 : 300;
  if (family == "encoder") {
    return {{"accuracy",
             class_accuracy(encoder_shape(), Tokenizer(bert_stories().tokenizer), seed, o)}};
  }
  if (family == "decoder") {
    GPTConfig config = decoder_shape();
    config.vocab_size = small_shape().vocab_size;
    return {{"accuracy", class_accuracy(config, story_tokenizer(), seed, o)},
            {"exact_match", decoder_matches(summary, steps, seed)}};
  }
  return {{"accuracy", encoder_decoder_matches(ending, few, seed)},
          {"exact_match", encoder_decoder_matches(summary, steps, seed)}};
}

}  // namespace

std::vector<Cell> families_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    for (const char* family : families) {
      cells.push_back({arm_cell(family, seed),
                       [=] { return family_measured(family, static_cast<uint64_t>(seed), o); }});
    }
  }
  return cells;
}

Finding families_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto values = [&](const char* family, const char* what) {
    return by_seed(cells, family, what, o);
  };
  Finding f{.table = {{"family", "how a story ends, % right", "summaries, % exact"}}};
  RowChart endings_chart{.title = "how a story ends",
                         .x_label = fmt::format("% right, from {} labels", ending_labels),
                         .rows = {}};
  RowChart summaries_chart{.title = "summaries", .x_label = "% of the summaries exact", .rows = {}};
  for (const char* family : families) {
    const bool writes = std::string_view(family) != "encoder";
    f.table.push_back({family, to_text(figure_of(values(family, "accuracy")), 1),
                       writes ? to_text(figure_of(values(family, "exact_match")), 1) : "cannot"});
    endings_chart.rows.push_back(row_of(cells, family, "accuracy", o));
    if (writes) summaries_chart.rows.push_back(row_of(cells, family, "exact_match", o));
  }
  f.charts = {to_svg(endings_chart), to_svg(summaries_chart)};
  const std::vector<double> understands =
      minus(values("encoder", "accuracy"), values("decoder", "accuracy"));
  const std::vector<double> rewrites =
      minus(values("encoder-decoder", "exact_match"), values("decoder", "exact_match"));
  f.outcome = all_of({are_above(understands), are_above(rewrites)});
  const auto percent = [&](const char* family, const char* what) {
    return to_text(figure_of(values(family, what)), 1);
  };
  f.sentence = fmt::format(
      "From {} labels and random weights the encoder is right about {} % of the endings, the "
      "decoder about {} %; of the summaries the encoder-decoder has {} % exactly, the decoder {} "
      "%.",
      ending_labels, percent("encoder", "accuracy"), percent("decoder", "accuracy"),
      percent("encoder-decoder", "exact_match"), percent("decoder", "exact_match"));
  return f;
}

}  // namespace gradus
