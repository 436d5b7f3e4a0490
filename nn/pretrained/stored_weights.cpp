#include "nn/pretrained/stored_weights.h"

#include <algorithm>
#include <optional>

#include "autograd/mode.h"
#include "autograd/ops.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// What a * in the pattern stands for in the name: empty for a pattern without one.
std::optional<std::string> matched(const std::string& pattern, const std::string& name) {
  const size_t star = pattern.find('*');
  if (star == std::string::npos) return pattern == name ? std::optional("") : std::nullopt;
  const std::string before = pattern.substr(0, star), after = pattern.substr(star + 1);
  if (name.size() <= before.size() + after.size()) return {};
  if (!name.starts_with(before) || !name.ends_with(after)) return {};
  const std::string middle = name.substr(star, name.size() - before.size() - after.size());
  const bool number =
      std::all_of(middle.begin(), middle.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number ? std::optional(middle) : std::nullopt;
}

std::string filled(std::string pattern, const std::string& number) {
  const size_t star = pattern.find('*');
  return star == std::string::npos ? pattern : pattern.replace(star, 1, number);
}

// The names in the file, without prefix, of one parameter of ours.
struct Stored {
  std::vector<std::string> names;
  bool transposed = false;
  std::vector<int64_t> rows = {};
  int64_t unused_rows = 0;

  // Of ours, `all` in number, those in the i-th of theirs.
  int64_t rows_in(size_t i, int64_t all) const {
    return rows.empty() ? all / static_cast<int64_t>(names.size()) : rows[i];
  }
};

Stored stored_names(const WeightLayout& layout, std::string ours) {
  if (!layout.our_prefix.empty() && ours.starts_with(layout.our_prefix))
    ours = ours.substr(layout.our_prefix.size());
  if (layout.table.empty()) return {.names = {ours}};
  const size_t dot = ours.rfind('.');
  const std::string layer = ours.substr(0, dot), kind = ours.substr(dot);  // ".weight", ".bias"
  for (const StoredAs& row : layout.table) {
    const std::optional<std::string> number = matched(row.ours, layer);
    if (!number) continue;
    Stored stored{.names = {},
                  .transposed = row.transposed && kind == ".weight",
                  .rows = row.rows,
                  .unused_rows = row.unused_rows};
    for (const std::string& theirs : row.theirs) {
      stored.names.push_back(filled(theirs, *number) + kind);
    }
    return stored;
  }
  throw ValueError(fmt::format("weights: the layout of the files has no place for {}", ours));
}

bool begins_with_one_of(const std::string& name, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& b) { return name.starts_with(b); });
}

// TensorFlow's names of a norm's parameters, which old files have.
std::string modern(std::string name) {
  for (const auto& [old, current] : {std::pair{".gamma", ".weight"}, {".beta", ".bias"}}) {
    const std::string ending = old;
    if (name.ends_with("LayerNorm" + ending))
      name.replace(name.size() - ending.size(), ending.size(), current);
  }
  return name;
}

bool same_values(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.numel(), b.data());
}

}  // namespace

void write_weights(const Module& model, const WeightLayout& layout,
                   const std::filesystem::path& directory,
                   const std::vector<std::pair<std::string, Tensor>>& more) {
  const NoGrad guard;
  SafetensorsContents contents{.tensors = {}};
  if (sizeof(real) == 8) contents.type = StoredType::F64;
  const auto add = [&](const std::string& name, const Tensor& x) {
    const bool bare = begins_with_one_of(name, layout.heads);
    contents.tensors.emplace_back(bare ? name : layout.their_prefix + name, dense(x));
  };
  for (const NamedTensor& p : model.named_parameters()) {
    const Stored stored = stored_names(layout, p.name);
    const Tensor x = p.tensor.detach();
    int64_t row = 0;
    for (size_t i = 0; i < stored.names.size(); ++i) {
      const int64_t rows = stored.rows_in(i, x.dim(0));
      Tensor part = x.narrow(0, row, rows);
      if (stored.unused_rows > 0)
        part = concat({zeros(x.shape().with(0, stored.unused_rows)), part}, 0);
      add(stored.names[i], stored.transposed ? part.transpose(0, 1) : part);
      row += rows;
    }
  }
  for (const auto& [name, x] : more) add(name, x);
  write_safetensors(directory / "model.safetensors", contents);
}

StoredWeights::StoredWeights(const std::filesystem::path& directory, WeightLayout layout)
    : directory_(directory), layout_(std::move(layout)), files_(directory) {
  for (const std::string& stored : files_.names()) {
    const std::string name = without_prefix(modern(stored));
    const bool ignored = std::any_of(layout_.ignored.begin(), layout_.ignored.end(),
                                     [&](const std::string& end) { return name.ends_with(end); });
    if (ignored) continue;
    if (!unread_.insert({name, stored}).second)
      note(name + " stands there twice, with and without prefix");
  }
}

std::string StoredWeights::without_prefix(const std::string& stored) const {
  const std::string& prefix = layout_.their_prefix;
  return !prefix.empty() && stored.starts_with(prefix) ? stored.substr(prefix.size()) : stored;
}

Tensor StoredWeights::take(const std::string& theirs, const Shape& shape) {
  const auto found = unread_.find(theirs);
  if (found == unread_.end()) {
    note("missing " + theirs);
    return {};
  }
  const std::string stored = found->second;
  unread_.erase(found);
  const Shape& actual = files_.entry(stored).shape;
  if (actual != shape) {
    note(fmt::format("{} has shape {}, expected {}", theirs, actual, shape));
    return {};
  }
  return MetaMode::enabled() ? Tensor() : files_.tensor(stored);
}

// A parameter of ours out of all that it is made of.
Tensor StoredWeights::take_for(const std::string& ours, const Shape& shape) {
  const Stored stored = stored_names(layout_, ours);
  std::vector<Tensor> parts;
  for (size_t i = 0; i < stored.names.size(); ++i) {
    const int64_t rows = stored.rows_in(i, shape[0]), unused = stored.unused_rows;
    Shape part = shape.with(0, unused + rows);
    if (stored.transposed) std::swap(part[0], part[1]);
    const Tensor x = take(stored.names[i], part);
    if (!x.defined()) continue;
    parts.push_back((stored.transposed ? x.transpose(0, 1) : x).narrow(0, unused, rows));
  }
  if (parts.size() < stored.names.size()) return {};
  return parts.size() == 1 ? parts[0] : concat(parts, 0);
}

void StoredWeights::read_into(Module& model, const ReadOptions& options) {
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    if (begins_with_one_of(p.name, options.kept)) continue;
    const std::vector<std::string> names = stored_names(layout_, p.name).names;
    const bool absent = std::none_of(names.begin(), names.end(),
                                     [&](const std::string& name) { return holds(name); });
    if (absent && begins_with_one_of(p.name, options.optional)) continue;
    const Tensor x = take_for(p.name, p.tensor.shape());
    if (x.defined()) p.tensor.copy_(x);
  }
  check_ties(model);
}

void StoredWeights::check_ties(const Module& model) {
  for (const auto& [theirs, ours] : layout_.ties) {
    if (!holds(theirs)) continue;
    const Tensor tied = model.find(ours);
    const Tensor x = take(theirs, tied.shape());
    if (x.defined() && !same_values(x, tied))
      note(fmt::format("{} differs from {}, to which it is tied", theirs, ours));
  }
}

void StoredWeights::finish(const std::vector<std::string>& unwanted) {
  for (const auto& [name, stored] : unread_) {
    if (!begins_with_one_of(name, unwanted)) note("unexpected " + name);
  }
  if (problems_.empty()) return;
  constexpr size_t most = 100;  // a config of the wrong model finds fault with everything
  const size_t shown = std::min(most, problems_.size());
  const std::string rest =
      shown < problems_.size() ? fmt::format("; and {} more", problems_.size() - shown) : "";
  throw FileError(fmt::format(
      "{}: the weights do not fit the config: {}{}", directory_.string(),
      fmt::join(problems_.begin(), problems_.begin() + static_cast<std::ptrdiff_t>(shown), "; "),
      rest));
}

}  // namespace gradus
