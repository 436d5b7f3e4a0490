#include "nn/module.h"

#include <algorithm>
#include <unordered_set>

#include "autograd/node.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// A tensor with history would be computed once and never learn.
void check_leaf(std::string_view name, const Tensor& tensor) {
  const bool leaf = tensor.node() == nullptr || tensor.node()->state == autograd::State::leaf;
  check_value(tensor.defined() && leaf, "module: '{}' must be a tensor of its own, not {}", name,
              leaf ? "undefined" : "the result of an op; use detach()");
  check_value(tensor.is_contiguous(), "module: '{}' must be dense; use contiguous()", name);
}

}  // namespace

Parameter Module::parameter(std::string_view name, Tensor tensor) {
  check_leaf(name, tensor);
  tensor.requires_grad_(tensor.node() == nullptr || tensor.requires_grad());
  Parameter parameter(std::move(tensor));
  add({std::string(name), parameter.slot_, nullptr});
  return parameter;
}

void Module::add_child(std::string_view name, const Module& module) {
  add({std::string(name), nullptr, module.registry_});
}

void Module::add(Entry entry) {
  const bool taken = std::any_of(registry_->entries.begin(), registry_->entries.end(),
                                 [&](const Entry& e) { return e.name == entry.name; });
  check_value(!taken, "module: the name '{}' is taken", entry.name);
  registry_->entries.push_back(std::move(entry));
}

void Module::collect(const Registry& registry, const std::string& prefix,
                     std::vector<Slot>& slots) {
  for (const Entry& entry : registry.entries) {
    const std::string name = prefix + entry.name;
    if (entry.slot != nullptr) slots.push_back({name, entry.slot});
    if (entry.module != nullptr) collect(*entry.module, name + ".", slots);
  }
}

std::vector<Module::Slot> Module::slots() const {
  std::vector<Slot> result;
  collect(*registry_, "", result);
  return result;
}

std::vector<NamedTensor> Module::named_parameters() const {
  std::vector<NamedTensor> result;
  std::unordered_set<const autograd::Node*> seen;  // tied tensors share their node
  std::unordered_set<std::string> names;
  for (const Slot& slot : slots()) {
    check_value(names.insert(slot.name).second, "module: two parameters are named '{}'", slot.name);
    if (seen.insert(slot.tensor->node().get()).second) result.push_back({slot.name, *slot.tensor});
  }
  return result;
}

Tensor Module::find(std::string_view name) const {
  for (const Slot& slot : slots()) {
    if (slot.name == name) return *slot.tensor;
  }
  throw ValueError(fmt::format("module: there is no parameter '{}'", name));
}

void Module::replace(std::string_view name, Tensor tensor) {
  const auto node = find(name).node();
  check_leaf(name, tensor);
  if (tensor.node() == nullptr) tensor.requires_grad_();
  for (const Slot& slot : slots()) {
    if (slot.tensor->node() == node) *slot.tensor = tensor;
  }
}

void Module::requires_grad(bool wanted, std::string_view prefix) {
  bool found = false;
  for (NamedTensor& p : named_parameters()) {
    const bool inside =
        prefix.empty() || p.name == prefix || p.name.starts_with(std::string(prefix) + ".");
    if (!inside) continue;
    p.tensor.requires_grad_(wanted);
    found = true;
  }
  check_value(found, "module: there is no parameter or module '{}'", prefix);
}

void Module::zero_grad() {
  for (NamedTensor& p : named_parameters()) p.tensor.zero_grad();
}

int64_t Module::num_parameters() const {
  int64_t total = 0;
  for (const NamedTensor& p : named_parameters()) total += p.tensor.numel();
  return total;
}

}  // namespace gradus
