#include "train/finetune/forward.h"

#include <algorithm>
#include <numeric>

#include "autograd/mode.h"

namespace gradus {
namespace {

constexpr int64_t evaluation_batch = 64;
constexpr int64_t most_kept = int64_t{1} << 30;  // bytes

EncodedBatch padded_rows(std::span<const Encoding> encodings, std::span<const int64_t> rows,
                         int32_t pad_id) {
  std::vector<Encoding> chosen;
  for (const int64_t row : rows) chosen.push_back(encodings[static_cast<size_t>(row)]);
  return pad(chosen, pad_id);
}

int64_t length_of(const Encoding& encoding) { return static_cast<int64_t>(encoding.ids.size()); }

}  // namespace

// Texts of similar length lie in the same batch: what is padded is computed for nothing.
template <class Visit>
void Forward::for_all_batches(Visit visit) const {
  std::vector<int64_t> order(encodings_.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(
      order, {}, [&](int64_t row) { return encodings_[static_cast<size_t>(row)].ids.size(); });
  for (size_t begin = 0; begin < order.size(); begin += evaluation_batch) {
    const size_t count = std::min<size_t>(evaluation_batch, order.size() - begin);
    visit(std::span<const int64_t>(order).subspan(begin, count));
  }
}

Forward::Forward(const TaskModel& model, std::span<const Encoding> encodings, int32_t pad_id,
                 bool frozen_backbone)
    : model_(model), encodings_(encodings), pad_id_(pad_id), frozen_(frozen_backbone) {
  if (!frozen_) return;
  const bool every_token = model_.task.reads_tokens();
  int64_t tokens = 0;
  for (const Encoding& e : encodings_) tokens += every_token ? length_of(e) : 1;
  const int64_t C = model_.n_embd();
  if (tokens * C * static_cast<int64_t>(sizeof(real)) > most_kept) return;
  std::vector<Tensor> kept(encodings_.size());
  for_all_batches([&](std::span<const int64_t> rows) {
    const Tensor x = states(rows);  // (B, T, C)
    for (size_t b = 0; b < rows.size(); ++b) {
      const auto row = static_cast<size_t>(rows[b]);
      const int64_t length = every_token ? length_of(encodings_[row]) : 1;
      kept[row] = x.select(0, static_cast<int64_t>(b)).narrow(0, 0, length).clone();
    }
  });
  kept_ = std::move(kept);
}

// What the head sees of a frozen backbone: (B, T, C), or (B, 1, C) of whole texts.
Tensor Forward::states(std::span<const int64_t> rows) const {
  const EvalMode unchanging;
  const EncodedBatch batch = padded_rows(encodings_, rows, pad_id_);
  return model_.gathered(model_.hidden(batch.ids, batch.types, batch.key_mask), batch.key_mask);
}

Tensor Forward::kept_states(std::span<const int64_t> rows) const {
  int64_t T = 0;
  for (const int64_t row : rows) T = std::max(T, kept_[static_cast<size_t>(row)].dim(0));
  const auto B = static_cast<int64_t>(rows.size());
  Tensor x = zeros({B, T, kept_.front().dim(1)});
  for (int64_t b = 0; b < B; ++b) {
    const Tensor& one = kept_[static_cast<size_t>(rows[static_cast<size_t>(b)])];
    Tensor place = x.select(0, b).narrow(0, 0, one.dim(0));
    place.copy_(one);
  }
  return x;
}

Tensor Forward::operator()(std::span<const int64_t> rows) const {
  if (frozen_) return model_.head(kept_.empty() ? states(rows) : kept_states(rows));
  const EncodedBatch batch = padded_rows(encodings_, rows, pad_id_);
  return model_(batch.ids, batch.types, batch.key_mask);
}

std::vector<Tensor> Forward::all() const {
  const EvalMode evaluation;
  std::vector<Tensor> logits(encodings_.size());
  for_all_batches([&](std::span<const int64_t> rows) {
    const Tensor batch = (*this)(rows);
    for (size_t b = 0; b < rows.size(); ++b) {
      const auto row = static_cast<size_t>(rows[b]);
      Tensor one = batch.select(0, static_cast<int64_t>(b));
      if (one.rank() == 2) one = one.narrow(0, 0, length_of(encodings_[row]));
      logits[row] = one.clone();
    }
  });
  return logits;
}

}  // namespace gradus
