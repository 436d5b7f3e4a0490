#include "train/experiments/all.h"

namespace gradus {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all{
      {"positions",
       "Learned positions fail beyond the length of training, RoPE loses less, ALiBi least",
       "Press et al. 2022; Su et al. 2021", 1, positions_cells, positions_finding},
      {"rope-relative", "With rotations a score depends on the distance of two tokens alone",
       "Su et al. 2021, eq. 16", 1, rope_relative_cells, rope_relative_finding},
      {"norm-placement", "Without warm-up a deep post-norm stack trains worse than a pre-norm one",
       "Xiong et al. 2020", 2, norm_placement_cells, norm_placement_finding},
      {"norm-kind", "RMSNorm is as good as LayerNorm, and cheaper", "Zhang & Sennrich 2019", 1,
       norm_kind_cells, norm_kind_finding},
      {"window",
       "A sliding window costs time N W instead of N², and a token sees W - 1 places further with "
       "every layer",
       "Beltagy et al. 2020; Jiang et al. 2023", 1, window_cells, window_finding},
      {"kv-heads",
       "Shared keys and values shrink the cache; groups keep most of the quality, one for all "
       "loses more",
       "Ainslie et al. 2023; Shazeer 2019", 2, kv_heads_cells, kv_heads_finding},
      {"activation", "GELU is better than ReLU, and SwiGLU better than GELU",
       "Hendrycks & Gimpel 2016; Shazeer 2020", 1, activation_cells, activation_finding},
      {"tying", "Embedding and head can be one matrix without loss", "Press & Wolf 2017", 1,
       tying_cells, tying_finding},
      {"families",
       "An encoder understands a text better than a decoder, and an encoder-decoder rewrites it "
       "better",
       "Devlin et al. 2019; Raffel et al. 2020", 1, families_cells, families_finding},
      {"pretraining-pays",
       "With 30 labels a pre-trained encoder does better than one from scratch with 100",
       "Devlin et al. 2019; Howard & Ruder 2018", 1, pretraining_pays_cells,
       pretraining_pays_finding},
      {"distill",
       "A student of half the layers keeps 97 % of its teacher's quality, is 60 % faster and "
       "better than without a teacher",
       "Sanh et al. 2019", 1, distillation_cells, distillation_finding},
      {"roberta",
       "Masks drawn anew at every visit, and no pairs of sentences, make a better BERT in as many "
       "steps",
       "Liu et al. 2019", 1, roberta_cells, roberta_finding},
      {"sampling",
       "A higher temperature makes what is drawn more varied, and 1 is where the model means what "
       "it says",
       "Ackley et al. 1985; Guo et al. 2017", 1, sampling_cells, sampling_finding},
      {"params",
       "In GPT-2 the MLPs have twice the parameters of attention, and both shares grow with the "
       "model",
       "Radford et al. 2019", 1, params_cells, params_finding},
      {"params-norms", "LayerNorm is less than 0.01 % of GPT-2's parameters", "Radford et al. 2019",
       1, params_cells, params_norms_finding},
  };
  return all;
}

}  // namespace gradus
