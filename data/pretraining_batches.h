#pragma once
// Batches for BERT's pre-training: sentence pairs or packed sentences (sentence_pairs.h) with
// masked tokens (masking.h). B batch, T time: the longest sequence of the batch.

#include <vector>

#include "data/masking.h"
#include "data/sentence_pairs.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

struct MaskedBatch {
  Tokens ids;        // (B, T) after masking
  Tokens types;      // (B, T) 0: [CLS], A and its [SEP]; 1: B and its [SEP]; 0 without pairs
  Tensor key_mask;   // (B, T) 1, 0 at padding; undefined where nothing is padded
  Tokens targets;    // (B, T) the original id where one is predicted, no_target elsewhere
  Tokens originals;  // (B, T) before masking
  Tokens hiding;     // (B, T) Hiding: 0 not predicted, 1 masked, 2 replaced, 3 kept
  Tokens places;     // (B, T) index in TokenizedDocuments::ids; no_place at [CLS], [SEP], padding
  Tokens is_random;  // (B) 0: B follows A, 1: it is from another document; no_target without pairs
};

inline constexpr int32_t no_place = -1;

struct PretrainingConfig {
  int64_t batch_size = 32;
  int64_t sequence_length = 128;  // of the longest sequence, [CLS] and [SEP] included
  uint64_t seed = 0;
  MaskingOptions masking = {};
  /// Sentence pairs for next-sentence prediction; otherwise full sentences (RoBERTa).
  bool next_sentence = true;
  /// Every epoch draws its own pairs and masks (RoBERTa's dynamic masking). Otherwise there are
  /// `duplicates` epochs of them, again and again in other orders (BERT's dupe_factor).
  bool dynamic = true;
  int64_t duplicates = 10;
};

/// Endless training batches. Each epoch visits each of its instances once, in random order. Batch k
/// depends on (documents, configuration, k) alone, so that one number, position(), resumes a run
/// bit for bit. Epochs differ in length: seeking far draws the pairs of all epochs before. One
/// thread at a time.
class PretrainingLoader {
 public:
  /// Throws ValueError for a batch size or `duplicates` below 1 and as check_masking,
  /// sentence_pairs and full_sentences do.
  PretrainingLoader(SharedDocuments documents, PretrainingVocabulary vocabulary,
                    const PretrainingConfig& settings);
  /// Other batches of the same documents, from the first on.
  PretrainingLoader with(const PretrainingConfig& settings) const {
    return {documents_, vocabulary_, settings};
  }

  MaskedBatch next() { return batch(position_++); }
  /// Batch k, wherever the loader stands.
  MaskedBatch batch(uint64_t k) const;
  /// Batches handed out so far: what a checkpoint stores and seek() restores.
  uint64_t position() const { return position_; }
  void seek(uint64_t position) { position_ = position; }

  const PretrainingConfig& config() const { return config_; }
  const TokenizedDocuments& documents() const { return documents_; }
  /// Instances of an epoch.
  int64_t epoch_size(uint64_t epoch) const;

 private:
  struct Epoch {
    uint64_t number = 0;
    std::vector<Instance> instances;
    std::vector<size_t> order;
  };
  uint64_t drawn_as(uint64_t epoch) const;
  Epoch drawn(uint64_t number) const;
  const Epoch& epoch_of(uint64_t row) const;

  SharedDocuments documents_;
  PretrainingVocabulary vocabulary_;
  PretrainingConfig config_;
  uint64_t position_ = 0;
  mutable std::vector<uint64_t> starts_ = {0};  // first row of each epoch whose place is known
  mutable Epoch epoch_;                         // the one drawn last
};

/// One epoch in the order of its documents, always the same: what a model is measured on.
///   for (const MaskedBatch& batch : PretrainingBlocks(documents, vocabulary, config)) ...
class PretrainingBlocks {
 public:
  /// Throws as PretrainingLoader does; `dynamic` and `duplicates` do not matter. Masking with a
  /// mask_share of 1 and a random_share of 0 hides every target, as stories::masked_floor needs it.
  PretrainingBlocks(SharedDocuments documents, PretrainingVocabulary vocabulary,
                    const PretrainingConfig& settings);

  /// Number of batches; the last may have fewer rows.
  int64_t size() const;
  MaskedBatch operator[](int64_t i) const;
  const TokenizedDocuments& documents() const { return documents_; }

  struct Iterator {
    const PretrainingBlocks* blocks;
    int64_t i;
    MaskedBatch operator*() const { return (*blocks)[i]; }
    Iterator& operator++() { return ++i, *this; }
    bool operator!=(const Iterator& other) const { return i != other.i; }
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  SharedDocuments documents_;
  PretrainingVocabulary vocabulary_;
  PretrainingConfig config_;
  std::vector<Instance> instances_;
};

}  // namespace gradus
