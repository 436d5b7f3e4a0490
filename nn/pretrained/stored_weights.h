#pragma once
// The weights of a model directory under our names. What a family of models calls our parameters
// stands in one table; everything that does not fit is told at once.

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/safetensors_set.h"
#include "nn/module.h"

namespace gradus {

/// How a family's files hold one layer of ours. Names without their ".weight" and ".bias"; a *
/// stands for a number, the same on both sides.
struct StoredAs {
  std::string ours;
  /// One layer of theirs, or several whose tensors lie one above the other in ours (q, k and v).
  std::vector<std::string> theirs;
  bool transposed = false;  // weights as (in, out): GPT-2's Conv1D
  /// How many rows of ours each of theirs has; all the same if empty.
  std::vector<int64_t> rows = {};
  int64_t unused_rows = 0;  // of theirs, before those that ours has: two of BART's positions
};

struct WeightLayout {
  std::vector<StoredAs> table;    // empty where the names are ours
  std::string our_prefix = {};    // stands before our names where the model is part of another
  std::string their_prefix = {};  // stands before their names; files without it are read too
  /// Tensors of theirs that have no prefix, by their beginnings.
  std::vector<std::string> heads = {};
  /// Tensors that are not looked at, by their endings.
  std::vector<std::string> ignored = {};
  /// Second names of a tensor, theirs and ours: they may stand in a file, with the same numbers.
  std::vector<std::pair<std::string, std::string>> ties = {};
};

/// Parameters that a file does not decide, by the beginnings of our names.
struct ReadOptions {
  std::vector<std::string> optional = {};  // may be absent, and then keep what they have
  std::vector<std::string> kept = {};      // keep what they have in any case
};

/// Writes all parameters of the model, and `more` under their names, to model.safetensors in the
/// folder. Throws ValueError for a parameter that the table lacks, FileError if it cannot write.
void write_weights(const Module& model, const WeightLayout& layout,
                   const std::filesystem::path& directory,
                   const std::vector<std::pair<std::string, Tensor>>& more = {});

/// The tensors of a folder, and what is wrong with them. Takes each at most once.
class StoredWeights {
 public:
  /// Throws FileError unless the folder holds sound safetensors.
  StoredWeights(const std::filesystem::path& directory, WeightLayout layout);

  /// Copies into every parameter of the model what the folder holds for it; under MetaMode names
  /// and shapes are compared alone.
  void read_into(Module& model, const ReadOptions& options = {});
  /// A tensor by its name in the file, without the prefix. Undefined after noting why it does not
  /// fit, and under MetaMode.
  Tensor take(const std::string& theirs, const Shape& shape);
  bool holds(const std::string& theirs) const { return unread_.contains(theirs); }
  void note(std::string problem) { problems_.push_back(std::move(problem)); }
  /// Throws FileError that lists every problem (the first hundred), among them what was not taken,
  /// unless it begins with one of `unwanted`.
  void finish(const std::vector<std::string>& unwanted = {});

 private:
  Tensor take_for(const std::string& ours, const Shape& shape);
  void check_ties(const Module& model);
  std::string without_prefix(const std::string& stored) const;

  std::filesystem::path directory_;
  WeightLayout layout_;
  SafetensorsSet files_;
  std::map<std::string, std::string> unread_;  // name without prefix -> name in the file
  std::vector<std::string> problems_;
};

/// A model out of a folder: what make() returns, after fit(model) has read the weights into it. A
/// config that promises more than the files hold costs no memory: a model without any is fitted
/// first.
template <class Make, class Fit>
auto load_fitted(Make make, Fit fit) {
  {
    const MetaMode no_memory;
    auto skeleton = make();
    fit(skeleton);
  }
  auto model = make();
  fit(model);
  return model;
}

/// Gives a model that is there the weights of a folder: names and shapes are compared before
/// anything is overwritten; that tied values differ is seen afterwards.
template <class Model, class Fit>
void refit(Model& model, Fit fit) {
  {
    const MetaMode compare_only;
    fit(model);
  }
  fit(model);
}

}  // namespace gradus
