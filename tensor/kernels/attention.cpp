// Attention as independent tasks, whose number depends on the shapes alone.

#include "tensor/kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/attention.cpp"
#include "tensor/kernels/simd.h"
// simd.h must come first.
#include "tensor/kernels/attention_block-inl.h"
#include "tensor/kernels/attention_query-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

HWY_ATTR void forward(const Attention& a, const QueryBlock& n, const real* q, const KeyOperand& k,
                      const KeyOperand& v, real* y, real* lse, real* scratch) {
  if (a.T == 1 && a.precision == Precision::float32) {
    return forward_query(a, n, q, k.by_size, v.by_key, y, lse, scratch);
  }
  with_kind(a.precision, [&](auto kind) HWY_ATTR {
    forward_block<decltype(kind)>(a, n, q, k, v, y, lse, scratch);
  });
}

HWY_ATTR void backward(const Attention& a, const QueryBlock& n, int64_t begin, int64_t end,
                       const real* q, const KeyOperand& k, const KeyOperand& v, const real* y,
                       const real* lse, const real* dy, const AttentionGradients& g,
                       real* scratch) {
  with_kind(a.precision, [&](auto kind) HWY_ATTR {
    backward_block<decltype(kind)>(a, n, begin, end, q, k, v, y, lse, dy, g, scratch);
  });
}

// The forms (KeyOperand) of the keys of one head, x (S, hs), that are wanted.
HWY_ATTR void pack_keys(Precision precision, int64_t S, int64_t hs, const real* x, int64_t time,
                        real* by_size, real* by_key) {
  with_kind(precision, [&](auto kind) HWY_ATTR {
    using Kind = decltype(kind);
    if constexpr (Kind::terms == 2) {
      if (by_size != nullptr) pair_columns<Kind>(S, hs, 1, x, time, by_size);
      if (by_key != nullptr) pair_rows<Kind>(S, hs, x, time, by_key);
    }
  });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <algorithm>
#include <limits>

#include "tensor/allocator.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"

namespace gradus::kernels {

HWY_EXPORT(forward);
HWY_EXPORT(backward);
HWY_EXPORT(pack_keys);

namespace {

// Multiply-adds below which waking a second thread costs more than it saves.
constexpr int64_t serial_work = int64_t{1} << 18;
// With fewer key/value heads than this, backward shares them out in pieces.
constexpr int64_t enough_tasks = 8;
constexpr int64_t keys_per_task = 2 * keys_per_tile;

// Memory for each thread, from the caching allocator.
class Scratch {
 public:
  explicit Scratch(int64_t reals_per_thread)
      : stride_(ceil_div(reals_per_thread, 64) * 64), numbers_(stride_ * num_threads()) {}
  real* mine() const { return numbers_.data() + stride_ * thread_index(); }

 private:
  int64_t stride_;
  OwnedBlock<real> numbers_;
};

QueryBlock query_block(const Attention& a, int64_t b, int64_t h, int64_t block) {
  const int64_t t = block * queries_per_block;
  return {b, h, h / (a.NH / a.NKV), t, std::min(queries_per_block, a.T - t)};
}

int64_t query_blocks(const Attention& a) { return ceil_div(a.T, queries_per_block); }

// Calls f(b, head, piece) for every combination, as one parallel task each or, where the whole is
// small, as a single one.
template <class F>
void for_each_task(const Attention& a, int64_t heads, int64_t pieces, F f) {
  const int64_t tasks = a.B * heads * pieces;
  const int64_t work = a.B * a.NH * a.T * a.S * a.hs;
  const int64_t grain = std::max<int64_t>(1, serial_work * tasks / std::max<int64_t>(1, work));
  parallel_for(tasks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i / (heads * pieces), i / pieces % heads, i % pieces);
  });
}

// The gradient of the relative bias, apart for every batch row, whose tasks run at once.
class DistanceSums {
 public:
  DistanceSums(const Attention& a, bool wanted) : per_row_(a.NH * a.distances()) {
    if (!wanted) return;
    sums_ = OwnedBlock<real>(a.B * per_row_);
    std::fill_n(data(), a.B * per_row_, real(0));
  }

  /// Head h of batch row b; null if not wanted.
  real* of(const Attention& a, int64_t b, int64_t h) const {
    return data() == nullptr ? nullptr : data() + b * per_row_ + h * a.distances();
  }
  /// What was summed has the factor scale, which belongs to q k alone.
  void add_to(const Attention& a, real* drelative_bias) const {
    for (int64_t b = 0; data() != nullptr && b < a.B; ++b) {
      for (int64_t i = 0; i < per_row_; ++i) {
        drelative_bias[i] += data()[b * per_row_ + i] / a.scale;
      }
    }
  }

 private:
  real* data() const { return sums_.data(); }
  int64_t per_row_;
  OwnedBlock<real> sums_;
};

enum class Form { by_size, by_key, both };

// k or v: where it lies, or packed into pairs in the forms that are wanted.
class Keys {
 public:
  Keys(const Attention& a, const real* x, const HeadStrides& strides, Form form)
      : operand_{x, strides, x, strides} {
    if (a.precision != Precision::float32) pack(a, x, strides, form);
  }
  const KeyOperand& operand() const { return operand_; }

 private:
  void pack(const Attention& a, const real* x, const HeadStrides& strides, Form form) {
    const int64_t sizes = ceil_div(a.hs, 2), heads = a.B * a.NKV;
    const int64_t by_size = form == Form::by_key ? 0 : a.S * sizes;  // numbers of a head
    const int64_t by_key = form == Form::by_size ? 0 : ceil_div(a.S, 2) * a.hs;
    packed_ = OwnedBlock<real>(heads * (by_size + by_key));
    real *size_form = packed_.data(), *key_form = size_form + heads * by_size;
    operand_ = {
        size_form, {a.NKV * by_size, sizes, by_size}, key_form, {a.NKV * by_key, a.hs, by_key}};
    parallel_for(heads, grain_of(a.S * a.hs), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const real* head = x + i / a.NKV * strides.batch + i % a.NKV * strides.head;
        HWY_DYNAMIC_DISPATCH(pack_keys)
        (a.precision, a.S, a.hs, head, strides.time,
         by_size == 0 ? nullptr : size_form + i * by_size,
         by_key == 0 ? nullptr : key_form + i * by_key);
      }
    });
  }

  KeyOperand operand_;
  OwnedBlock<real> packed_;
};

bool nothing_to_do(const Attention& a) { return a.B == 0 || a.NH == 0 || a.T == 0; }

}  // namespace

void attention(const Attention& a, const real* q, const real* k, const real* v, real* y,
               real* lse) {
  if (use_reference()) return reference::attention(a, q, k, v, y, lse);
  if (nothing_to_do(a)) return;
  if (a.S == 0) {  // nobody sees anything
    std::fill_n(y, a.B * a.T * a.NH * a.hs, real(0));
    std::fill_n(lse, a.B * a.NH * a.T, -std::numeric_limits<real>::infinity());
    return;
  }
  const int64_t most_keys = std::min(a.S, queries_per_block - 1 + a.behind() + a.ahead());
  const int64_t forms = a.precision == Precision::float32 ? 1 : 2;  // of the scores
  const Scratch scratch((a.hs + forms * most_keys + 4) * queries_per_block);
  const Keys keys(a, k, a.k_strides, Form::by_size), values(a, v, a.v_strides, Form::by_key);
  for_each_task(a, a.NH, query_blocks(a), [&](int64_t b, int64_t h, int64_t block) {
    HWY_DYNAMIC_DISPATCH(forward)
    (a, query_block(a, b, h, block), q, keys.operand(), values.operand(), y, lse, scratch.mine());
  });
}

// A task owns what it adds to. Where batch and heads give enough tasks, one owns dk and dv of a
// key/value head and dq of the queries that read it. Otherwise dk, dv and then dq are shared out
// in pieces, at the price of computing the probabilities twice.
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy,
                        const AttentionGradients& g) {
  if (use_reference()) return reference::attention_backward(a, q, k, v, y, lse, dy, g);
  if (nothing_to_do(a) || a.S == 0) return;
  const Scratch scratch((3 * a.hs + 8 + 4 * keys_per_tile) * queries_per_block);
  const Keys keys(a, k, a.k_strides, Form::both), values(a, v, a.v_strides, Form::by_size);
  const DistanceSums sums(a, g.drelative_bias != nullptr);
  const int64_t group = a.NH / a.NKV;  // query heads per key/value head
  const auto keys_task = [&](int64_t b, int64_t kv, int64_t begin, int64_t end, real* dq) {
    for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
      for (int64_t block = 0; block < query_blocks(a); ++block) {
        HWY_DYNAMIC_DISPATCH(backward)
        (a, query_block(a, b, h, block), begin, end, q, keys.operand(), values.operand(), y, lse,
         dy, {dq, g.dk, g.dv, sums.of(a, b, h)}, scratch.mine());
      }
    }
  };
  const bool keys_wanted = g.dk != nullptr || g.dv != nullptr;
  const bool enough = keys_wanted && a.B * a.NKV >= enough_tasks;
  if (enough || g.drelative_bias != nullptr) {
    for_each_task(a, a.NKV, 1,
                  [&](int64_t b, int64_t kv, int64_t) { keys_task(b, kv, 0, a.S, g.dq); });
    sums.add_to(a, g.drelative_bias);
    return;
  }
  if (keys_wanted) {
    for_each_task(a, a.NKV, ceil_div(a.S, keys_per_task), [&](int64_t b, int64_t kv, int64_t i) {
      keys_task(b, kv, i * keys_per_task, std::min(a.S, (i + 1) * keys_per_task), nullptr);
    });
  }
  if (g.dq == nullptr) return;
  for_each_task(a, a.NH, query_blocks(a), [&](int64_t b, int64_t h, int64_t block) {
    HWY_DYNAMIC_DISPATCH(backward)
    (a, query_block(a, b, h, block), 0, a.S, q, keys.operand(), values.operand(), y, lse, dy,
     {g.dq, nullptr, nullptr}, scratch.mine());
  });
}

}  // namespace gradus::kernels

#endif  // HWY_ONCE
