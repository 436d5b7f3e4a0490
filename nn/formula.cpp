#include "nn/formula.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace gradus {
namespace {

// A product of a number, dimensions and powers, such as 4 C²; what it comes to.
struct Product {
  std::string text;
  int64_t value;
};

FormulaTerm sum_of(const char* kind, const std::vector<Product>& products) {
  std::vector<std::string> texts;
  int64_t total = 0;
  for (const Product& p : products) {
    texts.push_back(p.text);
    total += p.value;
  }
  return {kind, fmt::format("{}", fmt::join(texts, " + ")), total};
}

FormulaTerm times(const char* factor, int64_t value, const FormulaTerm& term) {
  return {term.kind, fmt::format("{} ({})", factor, term.formula), value * term.count};
}

// Queries, keys, values and what follows them in one block, and the norms of queries and keys.
FormulaTerm attention_term(const BlockConfig& b) {
  const int64_t C = b.n_embd, q = b.heads_width(), kv = b.num_kv_heads() * b.head_size();
  const bool square = q == C;
  std::vector<Product> products;
  if (square && kv == C) {
    products = {{"4 C²", 4 * C * C}};
  } else {
    products = {square ? Product{"2 C²", 2 * C * C} : Product{"2 C NH hs", 2 * C * q},
                {"2 C NKV hs", 2 * C * kv}};
  }
  if (b.bias && square && kv == C) {
    products.push_back({"4 C", 4 * C});
  } else if (b.bias) {
    products.push_back(square ? Product{"2 C", 2 * C} : Product{"C + NH hs", C + q});
    products.push_back({"2 NKV hs", 2 * kv});
  }
  if (b.qk_norm) products.push_back({"2 hs", 2 * b.head_size()});
  return sum_of("attention", products);
}

FormulaTerm mlp_term(const BlockConfig& b) {
  const int64_t C = b.n_embd, F = b.inner();
  const bool gate = is_gated(b.activation);
  std::vector<Product> products{gate ? Product{"3 C F", 3 * C * F} : Product{"2 C F", 2 * C * F}};
  if (b.bias) {
    products.push_back(gate ? Product{"2 F", 2 * F} : Product{"F", F});
    products.push_back({"C", C});
  }
  return sum_of("MLP", products);
}

// Numbers of one norm: a weight, and a shift in LayerNorm with biases.
Product norm_product(const BlockConfig& b) {
  return b.norm == NormKind::layer && b.bias ? Product{"2 C", 2 * b.n_embd}
                                             : Product{"C", b.n_embd};
}

FormulaTerm norms_term(const std::string& count_text, int64_t count, const BlockConfig& b) {
  const Product one = norm_product(b);
  return {"norm", fmt::format("({}) {}", count_text, one.text), count * one.value};
}

// All keys of a token side by side.
int64_t keys_width(const BlockConfig& b) { return b.num_kv_heads() * b.head_size(); }

// Operations of a token with a matrix (out, in).
double products(int64_t out, int64_t in) { return 2.0 * static_cast<double>(out * in); }

// Of a query with S keys and values, or those in its window.
double score_flops(const BlockConfig& b, int64_t S) {
  const int64_t behind = b.window > 0 ? std::min(b.window, S) : S;
  const int64_t seen = b.causal ? behind : std::min(S, 2 * behind - 1);
  return 2 * products(b.heads_width(), seen);
}

// Of a token in a block of self-attention and MLP, among T tokens.
double block_flops(const BlockConfig& b, int64_t T) {
  const double attention =
      2 * products(b.n_embd, b.heads_width()) + 2 * products(b.n_embd, keys_width(b));
  const double mlp = (is_gated(b.activation) ? 3 : 2) * products(b.n_embd, b.inner());
  return attention + score_flops(b, T) + mlp;
}

}  // namespace

std::vector<FormulaTerm> parameter_formula(const GPTConfig& c) {
  const BlockConfig b = c.block();
  const int64_t V = c.vocab_size, P = c.block_size, C = c.n_embd, L = c.n_layer;
  std::vector<Product> tables{{"V C", V * C}};
  if (c.positions == Positions::learned) tables.push_back({"P C", P * C});
  if (!c.tie_weights) tables.push_back({"V C", V * C});
  std::vector<FormulaTerm> terms{sum_of("embedding", tables), times("L", L, attention_term(b)),
                                 times("L", L, mlp_term(b)), norms_term("2 L + 1", 2 * L + 1, b)};
  if (c.positions == Positions::relative) {
    const int64_t buckets = RelativeBuckets{}.count;
    terms.push_back({"other", fmt::format("{} NH", buckets), buckets * c.n_head});
  }
  return terms;
}

std::vector<FormulaTerm> parameter_formula(const BERTConfig& c, bool next_sentence) {
  const BlockConfig b = c.block();
  const int64_t V = c.vocab_size, P = c.block_size, C = c.n_embd, L = c.n_layer;
  std::vector<Product> heads{{"C²", C * C}, {"C", C}, {"V", V}};
  if (next_sentence) {
    heads = {{"2 C²", 2 * C * C}, {"4 C", 4 * C}, {"V", V}, {"2", 2}};
  }
  std::vector<Product> tables{{"V C", V * C}};
  if (c.positions == Positions::learned) tables.push_back({"P C", P * C});
  tables.push_back({fmt::format("{} C", c.n_type), c.n_type * C});
  if (c.positions == Positions::relative) {
    const int64_t buckets = RelativeBuckets{}.count;
    heads.push_back({fmt::format("{} NH", buckets), buckets * c.n_head});
  }
  const bool last = c.placement == Placement::pre;  // a norm after all blocks
  return {sum_of("embedding", tables), times("L", L, attention_term(b)), times("L", L, mlp_term(b)),
          norms_term(last ? "2 L + 3" : "2 L + 2", 2 * L + (last ? 3 : 2), b),
          sum_of("other", heads)};
}

std::vector<FormulaTerm> parameter_formula(const EncoderDecoderConfig& c) {
  const BlockConfig b = c.encoder_block();
  const int64_t V = c.vocab_size, P = c.block_size, C = c.n_embd;
  const int64_t L = c.n_layer, D = c.decoder_layers();
  std::vector<Product> tables{{"V C", V * C}};
  if (c.positions == Positions::learned) tables.push_back({"2 P C", 2 * P * C});
  if (!c.tie_weights) tables.push_back({"V C", V * C});
  const int64_t more = 2 * (c.embedding_norm + c.final_norm);  // norms of both sides
  std::vector<FormulaTerm> terms{
      sum_of("embedding", tables), times("(L + 2 D)", L + 2 * D, attention_term(b)),
      times("(L + D)", L + D, mlp_term(b)),
      norms_term(more == 0 ? "2 L + 3 D" : fmt::format("2 L + 3 D + {}", more),
                 2 * L + 3 * D + more, b)};
  if (c.positions == Positions::relative) {
    const int64_t buckets = 2 * RelativeBuckets{}.count;
    terms.push_back({"other", fmt::format("{} NH", buckets), buckets * c.n_head});
  }
  return terms;
}

std::string letters(const GPTConfig& c) {
  const BlockConfig b = c.block();
  return fmt::format("V {}, P {}, C {}, L {}, NH {}, NKV {}, hs {}, F {}", c.vocab_size,
                     c.block_size, c.n_embd, c.n_layer, c.n_head, b.num_kv_heads(), b.head_size(),
                     b.inner());
}

std::string letters(const BERTConfig& c) {
  const BlockConfig b = c.block();
  return fmt::format("V {}, P {}, C {}, L {}, NH {}, NKV {}, hs {}, F {}", c.vocab_size,
                     c.block_size, c.n_embd, c.n_layer, c.n_head, b.num_kv_heads(), b.head_size(),
                     b.inner());
}

std::string letters(const EncoderDecoderConfig& c) {
  const BlockConfig b = c.encoder_block();
  return fmt::format("V {}, P {}, C {}, L {}, D {}, NH {}, NKV {}, hs {}, F {}", c.vocab_size,
                     c.block_size, c.n_embd, c.n_layer, c.decoder_layers(), c.n_head,
                     b.num_kv_heads(), b.head_size(), b.inner());
}

int64_t cache_bytes_per_token(const GPTConfig& c, int64_t bytes_per_number) {
  return 2 * c.n_layer * keys_width(c.block()) * bytes_per_number;
}

int64_t cache_bytes_per_token(const EncoderDecoderConfig& c, int64_t bytes_per_number) {
  return 2 * c.decoder_layers() * keys_width(c.encoder_block()) * bytes_per_number;
}

double forward_flops_per_token(const GPTConfig& c, int64_t T) {
  return static_cast<double>(c.n_layer) * block_flops(c.block(), T) +
         products(c.vocab_size, c.n_embd);
}

double forward_flops_per_token(const BERTConfig& c, int64_t T) {
  return static_cast<double>(c.n_layer) * block_flops(c.block(), T);
}

SourceTargetFlops forward_flops_per_token(const EncoderDecoderConfig& c, int64_t T) {
  const BlockConfig b = c.encoder_block();
  const auto layers = static_cast<double>(c.decoder_layers());
  const double asking = 2 * products(c.n_embd, b.heads_width()) + score_flops(b, T);
  const double answering = 2 * products(c.n_embd, keys_width(b));
  return {.source = static_cast<double>(c.n_layer) * block_flops(b, T) + layers * answering,
          .target = layers * (block_flops(b, T) + asking) + products(c.vocab_size, c.n_embd)};
}

}  // namespace gradus
