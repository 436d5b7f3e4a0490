#pragma once
// Objective: what is learned. A model, its batches and its loss; a Learner takes the steps, and a
// Trainer decides when to take them, to validate and to save.

#include <filesystem>
#include <string>

#include "nn/module.h"
#include "train/metrics.h"

namespace gradus {

class Objective {
 public:
  virtual ~Objective() = default;

  virtual Module& model() = 0;

  struct Losses {
    double loss = 0;         // what is minimised
    Measures measures = {};  // its parts, and whatever else one wants to watch
    std::string note = {};   // the same in words, for the terminal
  };
  /// Adds the gradients of the mean loss over the next `batches` batches, of which some may have
  /// more targets than others, to the parameters. Returns that loss.
  virtual Losses backward(int64_t batches) = 0;
  /// The loss on what is held out, over its first `batches` batches.
  virtual Losses validate(int64_t batches) = 0;
  /// What the model can do by now, for people to read.
  virtual std::string sample(uint64_t seed) = 0;

  /// Tokens in a batch, and batches in a whole validation.
  virtual int64_t tokens_per_batch() const = 0;
  virtual int64_t validation_batches() const = 0;
  /// What the run is about, in a line: parameters, vocabulary, text.
  virtual std::string about() const = 0;

  /// Where the batches stand: what a checkpoint stores and seek() restores.
  virtual uint64_t position() const = 0;
  virtual void seek(uint64_t position) = 0;
  /// The model directory. Throw FileError.
  virtual void save(const std::filesystem::path& directory) const = 0;
  virtual void load(const std::filesystem::path& directory) = 0;
};

}  // namespace gradus
