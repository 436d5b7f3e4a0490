#pragma once
// Storage: the memory behind one or more tensors, and a version that counts its writers.

#include <memory>

#include "tensor/allocator.h"
#include "tensor/kernels/bf16.h"
#include "tensor/real.h"

namespace gradus {

class BF16Copy;

class Storage {
 public:
  /// Uninitialised memory for `size` elements; none at all while a MetaMode guard lives.
  explicit Storage(int64_t size);
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  int64_t size() const { return size_; }
  /// Null for meta storage.
  const real* data() const { return block_.data(); }
  /// Write access counts as a write: it moves the version.
  real* mutable_data() {
    ++version_;
    return block_.data();
  }
  uint64_t version() const { return version_; }

  /// All elements in bfloat16. The copy stays with the storage and serves until somebody writes: a
  /// weight is rounded once per step, however often it is read.
  std::shared_ptr<const BF16Copy> in_bf16() const;
  /// That copy's memory for a writer that writes to both, after mutable_data(): from now on it
  /// counts as current. Null if there is no copy, or somebody holds it.
  kernels::bf16* mutable_bf16();

 private:
  OwnedBlock<real> block_;
  int64_t size_;
  uint64_t version_ = 0;
  mutable std::shared_ptr<BF16Copy> bf16_;
  mutable uint64_t bf16_version_ = 0;
};

/// While it lives, new tensors have shapes but no memory: models too large for the machine can be
/// built and counted. Reading or writing such a tensor throws.
class MetaMode {
 public:
  MetaMode();
  ~MetaMode();
  MetaMode(const MetaMode&) = delete;
  MetaMode& operator=(const MetaMode&) = delete;
  static bool enabled();

 private:
  bool previous_;
};

}  // namespace gradus
