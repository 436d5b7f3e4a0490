#pragma once
// What a model's parameters, its cache and its arithmetic come to, as formulas of its shape.

#include <string>
#include <vector>

#include "nn/bert.h"
#include "nn/encoder_decoder.h"
#include "nn/gpt.h"

namespace gradus {

/// The parameters of one kind (nn/summary.h): "L (4 C² + 4 C)", and what that is.
struct FormulaTerm {
  std::string kind;
  std::string formula;
  int64_t count = 0;
};

/// Sums of terms, in the letters of the dimension key and P block_size, F the width of the MLP.
std::vector<FormulaTerm> parameter_formula(const GPTConfig& config);
/// Of the encoder and the heads of pre-training, whose matrices count as "other".
std::vector<FormulaTerm> parameter_formula(const BERTConfig& config, bool next_sentence);
/// D is the number of decoder layers.
std::vector<FormulaTerm> parameter_formula(const EncoderDecoderConfig& config);

/// "V 50257, P 1024, C 768, L 12, NH 12, NKV 12, hs 64, F 3072"
std::string letters(const GPTConfig& config);
std::string letters(const BERTConfig& config);
std::string letters(const EncoderDecoderConfig& config);

/// Bytes that the cache keeps of each token, of numbers of so many bytes: 2 L NKV hs of them.
int64_t cache_bytes_per_token(const GPTConfig& config, int64_t bytes_per_number = sizeof(real));
/// 2 D NKV hs of each token of the target, and as many of each token of the source.
int64_t cache_bytes_per_token(const EncoderDecoderConfig& config,
                              int64_t bytes_per_number = sizeof(real));

/// Operations (a multiply-add is two) for one token of T in the forward pass: 2 for each weight of
/// a matrix that it is multiplied with, and 4 L NH hs T for scores and their sums (Chowdhery et al.
/// 2022, appendix B; causal masks are not subtracted), of which a window leaves W, or 2 W - 1 to
/// both sides. Training takes three times as many.
double forward_flops_per_token(const GPTConfig& config, int64_t T);
/// Of the encoder: the heads of pre-training look at a few tokens alone.
double forward_flops_per_token(const BERTConfig& config, int64_t T);
/// A token of the source, whose keys and values every decoder layer computes, and one of the
/// target, among T tokens each.
struct SourceTargetFlops {
  double source = 0;
  double target = 0;
};
SourceTargetFlops forward_flops_per_token(const EncoderDecoderConfig& config, int64_t T);

}  // namespace gradus
