#pragma once
// Two ways of spoiling a text that an encoder-decoder learns to undo. Of each span that is taken
// out, only a token remains in the source:
//
//   Thank you for inviting me to your party last week
//
//   span corruption (T5; Raffel et al. 2020, §3.1.4, whose figure 2 this is): the target is what
//   was taken out
//     source  Thank you <extra_id_0> me to your party <extra_id_1> week </s>
//     target  <extra_id_0> for inviting <extra_id_1> last <extra_id_2> </s>
//   text infilling (BART; Lewis et al. 2020, §2.2): the target is the whole text
//     source  Thank you <mask> me to your party <mask> week </s>
//     target  Thank you for inviting me to your party last week </s>

#include <span>
#include <vector>

#include "data/random_stream.h"
#include "data/seq2seq_tokenizer.h"

namespace gradus {

enum class Denoising { span_corruption, text_infilling };

struct DenoisingOptions {
  Denoising kind = Denoising::span_corruption;
  double share = 0.15;   // of the tokens that are taken out; BART 0.3
  double mean_span = 3;  // tokens; BART's spans are Poisson distributed with this mean
};
/// Throws ValueError for a share outside (0, 1) and a mean below 1 or above 100.
void check_denoising(const DenoisingOptions& options);

/// A source and a target as ids; both end with </s>.
struct TokenPair {
  std::vector<int32_t> source, target;
};

/// T5's recipe. Of T tokens round(share T) are taken out, at least one, in round(that / mean_span)
/// spans, at least one. The lengths of the spans, and of what is kept before each of them, are
/// every composition with equal probability; so, as in T5's program, the text begins with what is
/// kept and ends with a span. A last sentinel ends the target, as in the paper's figure. A text of
/// fewer than two tokens is kept whole. Throws ValueError if there are more spans than sentinels.
TokenPair corrupt_spans(std::span<const int32_t> ids, const DenoisingOptions& options,
                        const Seq2SeqTokens& tokens, RandomStream random);

/// BART's: spans of Poisson(mean_span) tokens until round(share T) are taken out, at least one; the
/// last span is cut to that. A span of no tokens inserts a <mask>. Spans and kept tokens lie in
/// every order with equal probability; spans may touch. Lengths that would make the source longer
/// than the text are drawn again. Throws ValueError if the vocabulary has no <mask>.
TokenPair infill_text(std::span<const int32_t> ids, const DenoisingOptions& options,
                      const Seq2SeqTokens& tokens, RandomStream random);

/// The one that options.kind names.
TokenPair denoise(std::span<const int32_t> ids, const DenoisingOptions& options,
                  const Seq2SeqTokens& tokens, const RandomStream& random);

}  // namespace gradus
