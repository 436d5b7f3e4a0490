#include "tests/conformance/operators.h"

#include <numeric>

#include "tensor/errors.h"

namespace gradus::conformance {
namespace {

Table make_table() {
  Table table;
  add_arithmetic(table);
  add_activations(table);
  add_comparisons(table);
  add_views(table);
  add_joins(table);
  add_constants(table);
  add_reductions(table);
  add_indexing(table);
  add_products(table);
  add_normalisations(table);
  add_losses(table);
  add_attention(table);
  add_rotary_embedding(table);
  add_optimizers(table);
  return table;
}

}  // namespace

const Operator* find_operator(const Node& node) {
  static const Table table = make_table();
  const auto found = table.find(node.domain.empty() ? node.op : node.domain + "." + node.op);
  return found == table.end() ? nullptr : &found->second;
}

const Value& Call::operator[](size_t i) const {
  check_value(has(i), "{}: input {} is missing", node_.op, i);
  return inputs_[i];
}

const nlohmann::json* Call::find(const char* attribute) const {
  const auto found = node_.attributes.find(attribute);
  return found == node_.attributes.end() ? nullptr : &*found;
}

int64_t Call::integer(const char* attribute, std::optional<int64_t> otherwise) const {
  const nlohmann::json* found = find(attribute);
  check_value(found || otherwise, "{}: attribute {} is missing", node_.op, attribute);
  return found ? found->get<int64_t>() : *otherwise;
}

real Call::number(const char* attribute, std::optional<double> otherwise) const {
  const nlohmann::json* found = find(attribute);
  check_value(found || otherwise, "{}: attribute {} is missing", node_.op, attribute);
  return static_cast<real>(found ? found->get<double>() : *otherwise);
}

std::string Call::text(const char* attribute, const std::string& otherwise) const {
  const nlohmann::json* found = find(attribute);
  return found ? found->get<std::string>() : otherwise;
}

std::vector<int64_t> Call::integers(const char* attribute) const {
  const nlohmann::json* found = find(attribute);
  return found ? found->get<std::vector<int64_t>>() : std::vector<int64_t>();
}

std::vector<std::string> Call::texts(const char* attribute) const {
  const nlohmann::json* found = find(attribute);
  return found ? found->get<std::vector<std::string>>() : std::vector<std::string>();
}

Value Call::value(const char* attribute) const { return parse_tensor(*find(attribute)); }

Value Call::numbers(const char* attribute) const {
  std::vector<real> elements;
  for (const nlohmann::json& number : *find(attribute)) elements.push_back(number.get<real>());
  return Value(from_data({static_cast<int64_t>(elements.size())}, elements), "float32");
}

std::optional<std::vector<int64_t>> Call::list(const char* attribute, size_t i) const {
  if (has(attribute)) return integers(attribute);
  if (has(i)) return inputs_[i].integers();
  return {};
}

int positive_axis(int64_t axis, int rank) {
  check_shape(axis >= -rank && axis < rank, "axis {} is none of {} dimensions", axis, rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Tensor index_select(const Tensor& x, int d, const Tokens& ids) {
  const Tensor rows_first = x.rank() == 1 ? x : x.transpose(0, d);  // d and 0 exchanged
  const int64_t n = x.dim(d);
  const int64_t rest = std::accumulate(rows_first.shape().begin() + 1, rows_first.shape().end(),
                                       int64_t{1}, std::multiplies<>());
  const Tensor flat = embedding(rows_first.reshape({n, rest}), Tokens({ids.numel()}, ids.ids));
  const Tensor taken = flat.reshape(rows_first.shape().with(0, ids.numel()));
  const Tensor back = x.rank() == 1 ? taken : taken.transpose(0, d);
  Shape shape = x.shape().erase(d);
  for (int i = 0; i < ids.shape.rank(); ++i) shape = shape.insert(d + i, ids.shape[i]);
  return back.reshape(shape);
}

Tensor flip(const Tensor& x, int d) {
  Tokens reversed({x.dim(d)});
  std::iota(reversed.ids.rbegin(), reversed.ids.rend(), 0);
  return index_select(x, d, reversed);
}

}  // namespace gradus::conformance
