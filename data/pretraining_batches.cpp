#include "data/pretraining_batches.h"

#include <algorithm>
#include <numeric>

#include "data/batches.h"
#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

void check_pretraining(const PretrainingConfig& config) {
  check_value(config.batch_size >= 1 && config.duplicates >= 1,
              "pre-training: batch size {} and {} duplicates must be at least 1", config.batch_size,
              config.duplicates);
  check_masking(config.masking);
}

std::vector<Instance> instances_of(const TokenizedDocuments& documents,
                                   const PretrainingConfig& config, uint64_t epoch) {
  const InstanceSeed seed{config.seed, epoch};
  return config.next_sentence ? sentence_pairs(documents, config.sequence_length, seed)
                              : full_sentences(documents, config.sequence_length, seed);
}

// One row of a batch before it is padded.
struct Row {
  std::vector<int32_t> ids, types, places;
  MaskedSequence masked;
  int32_t is_random = no_target;
};

// [CLS], and each segment with its [SEP].
Row row_of(const Instance& instance, const TokenizedDocuments& documents,
           const PretrainingVocabulary& vocabulary, bool is_pair) {
  Row row;
  const auto add = [&row](int32_t id, int32_t type, int32_t place) {
    row.ids.push_back(id);
    row.types.push_back(type);
    row.places.push_back(place);
  };
  add(vocabulary.start, 0, no_place);
  for (size_t s = 0; s < instance.segments.size(); ++s) {
    const int32_t type = is_pair && s > 0 ? 1 : 0;
    const auto [begin, end] = instance.segments[s];
    for (int64_t i = begin; i < end; ++i) {
      add(documents.ids[static_cast<size_t>(i)], type, static_cast<int32_t>(i));
    }
    add(vocabulary.separator, type, no_place);
  }
  if (is_pair) row.is_random = instance.is_random ? 1 : 0;
  return row;
}

// Instance `index` of an epoch, masked by random numbers of its own.
Row masked_row(const std::vector<Instance>& instances, size_t index, uint64_t epoch,
               const TokenizedDocuments& documents, const PretrainingVocabulary& vocabulary,
               const PretrainingConfig& config) {
  Row row = row_of(instances[index], documents, vocabulary, config.next_sentence);
  const RandomStream random(config.seed, "data/masking", epoch, index);
  row.masked = mask_tokens(row.ids, vocabulary, config.masking, random);
  return row;
}

// The rows side by side, padded to the longest.
MaskedBatch batch_of(const std::vector<Row>& rows, const PretrainingVocabulary& vocabulary) {
  size_t longest = 0;
  bool is_padded = false;
  for (const Row& row : rows) longest = std::max(longest, row.ids.size());
  for (const Row& row : rows) is_padded = is_padded || row.ids.size() < longest;
  const auto B = static_cast<int64_t>(rows.size()), T = static_cast<int64_t>(longest);
  const Tokens padding({B, T}, vocabulary.pad), no_targets({B, T}, no_target), zeros({B, T});
  MaskedBatch batch{.ids = padding,
                    .types = zeros,
                    .key_mask = is_padded ? gradus::zeros({B, T}) : Tensor(),
                    .targets = no_targets,
                    .originals = padding,
                    .hiding = zeros,
                    .places = Tokens({B, T}, no_place),
                    .is_random = Tokens({B})};
  for (int64_t b = 0; b < B; ++b) {
    const Row& row = rows[static_cast<size_t>(b)];
    const int64_t start = b * T;
    std::ranges::copy(row.masked.ids, batch.ids.data() + start);
    std::ranges::copy(row.types, batch.types.data() + start);
    std::ranges::copy(row.masked.targets, batch.targets.data() + start);
    std::ranges::copy(row.ids, batch.originals.data() + start);
    std::ranges::transform(row.masked.hiding, batch.hiding.data() + start,
                           [](Hiding hiding) { return static_cast<int32_t>(hiding); });
    std::ranges::copy(row.places, batch.places.data() + start);
    batch.is_random.data()[b] = row.is_random;
    if (is_padded) std::fill_n(batch.key_mask.mutable_data() + start, row.ids.size(), real(1));
  }
  return batch;
}

}  // namespace

PretrainingLoader::PretrainingLoader(SharedDocuments documents, PretrainingVocabulary vocabulary,
                                     const PretrainingConfig& settings)
    : documents_(std::move(documents)), vocabulary_(std::move(vocabulary)), config_(settings) {
  check_pretraining(config_);
  epoch_of(0);
}

// Which epoch's random numbers an epoch uses.
uint64_t PretrainingLoader::drawn_as(uint64_t epoch) const {
  return config_.dynamic ? epoch : epoch % static_cast<uint64_t>(config_.duplicates);
}

PretrainingLoader::Epoch PretrainingLoader::drawn(uint64_t number) const {
  Epoch epoch{number, instances_of(documents_, config_, drawn_as(number)), {}};
  epoch.order.resize(epoch.instances.size());
  std::iota(epoch.order.begin(), epoch.order.end(), size_t{0});
  RandomStream random(config_.seed, "data/pretraining_batches", number, 0);
  shuffle(epoch.order, random);
  return epoch;
}

// The epoch that `row` belongs to, of all rows ever drawn; epochs are drawn one after another until
// one reaches so far.
const PretrainingLoader::Epoch& PretrainingLoader::epoch_of(uint64_t row) const {
  while (starts_.back() <= row) {
    epoch_ = drawn(starts_.size() - 1);
    starts_.push_back(starts_.back() + epoch_.instances.size());
  }
  const auto next = std::ranges::upper_bound(starts_, row);
  const auto number = static_cast<uint64_t>(next - starts_.begin()) - 1;
  if (epoch_.number != number) epoch_ = drawn(number);
  return epoch_;
}

int64_t PretrainingLoader::epoch_size(uint64_t epoch) const {
  while (starts_.size() <= epoch + 1) epoch_of(starts_.back());
  return static_cast<int64_t>(starts_[epoch + 1] - starts_[epoch]);
}

MaskedBatch PretrainingLoader::batch(uint64_t k) const {
  const auto B = static_cast<uint64_t>(config_.batch_size);
  std::vector<Row> rows;
  for (uint64_t r = k * B; r < (k + 1) * B; ++r) {
    const Epoch& epoch = epoch_of(r);
    rows.push_back(masked_row(epoch.instances, epoch.order[r - starts_[epoch.number]],
                              drawn_as(epoch.number), documents_, vocabulary_, config_));
  }
  return batch_of(rows, vocabulary_);
}

PretrainingBlocks::PretrainingBlocks(SharedDocuments documents, PretrainingVocabulary vocabulary,
                                     const PretrainingConfig& settings)
    : documents_(std::move(documents)), vocabulary_(std::move(vocabulary)), config_(settings) {
  check_pretraining(config_);
  instances_ = instances_of(documents_, config_, 0);
}

int64_t PretrainingBlocks::size() const {
  const auto n = static_cast<int64_t>(instances_.size());
  return (n + config_.batch_size - 1) / config_.batch_size;
}

MaskedBatch PretrainingBlocks::operator[](int64_t i) const {
  const auto B = static_cast<size_t>(config_.batch_size);
  const size_t first = static_cast<size_t>(i) * B, last = std::min(first + B, instances_.size());
  std::vector<Row> rows;
  for (size_t k = first; k < last; ++k) {
    rows.push_back(masked_row(instances_, k, 0, documents_, vocabulary_, config_));
  }
  return batch_of(rows, vocabulary_);
}

}  // namespace gradus
