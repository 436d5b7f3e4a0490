#pragma once
// Module: a struct whose members are layers and parameters, registered where they are declared:
//
//   struct MLP : Module {
//     explicit MLP(int64_t n) : width(n) {}
//     int64_t width;
//     Linear c_fc   = child("c_fc",   Linear(width, 4 * width));
//     Linear c_proj = child("c_proj", Linear(4 * width, width));
//     Tensor operator()(const Tensor& x) const { return c_proj(gelu(c_fc(x))); }
//   };
//
// Members are initialised in the order of their declaration: what a child needs (here `width`)
// must stand above it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/named_tensor.h"

namespace gradus {

/// A module's own name for a tensor. It changes by copy_() or Module::replace(), never by
/// assignment, so that a module and everything tied to it speak of the same numbers. An optimizer
/// made before a replace() is told by Optimizer::add.
class Parameter {
 public:
  /// Absent, as the bias of a layer without one.
  Parameter() : slot_(std::make_shared<Tensor>()) {}
  operator const Tensor&() const { return *slot_; }
  const Tensor& tensor() const { return *slot_; }
  const Tensor* operator->() const { return slot_.get(); }

 private:
  friend class Module;
  explicit Parameter(Tensor tensor) : slot_(std::make_shared<Tensor>(std::move(tensor))) {}
  std::shared_ptr<Tensor> slot_;
};

class Module {
 public:
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Every tensor once, under its first name, in the order of declaration. Walks the registry at
  /// every call, so that what is added later (a new head, LoRA) is seen. Throws ValueError if two
  /// tensors have one name.
  std::vector<NamedTensor> named_parameters() const;
  /// The tensor of that name. Throws ValueError if there is none.
  Tensor find(std::string_view name) const;
  /// Puts another leaf in the place of `name` and of everything tied to it.
  void replace(std::string_view name, Tensor tensor);
  /// Freezes or thaws the parameter or all parameters of the module of that name ("h.0.attn"), or
  /// all there are. Throws ValueError if there is none.
  void requires_grad(bool wanted, std::string_view prefix = "");
  void zero_grad();
  int64_t num_parameters() const;

 protected:
  Module() : registry_(std::make_shared<Registry>()) {}
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;
  ~Module() = default;

  /// Registers a leaf that wants a gradient. Throws ValueError if the name is taken or the tensor
  /// has history.
  Parameter parameter(std::string_view name, Tensor tensor);
  /// Registers and returns a child.
  template <class M>
  M child(std::string_view name, M module) {
    add_child(name, module);
    return module;
  }
  /// Children name.0, name.1, ..., each made as M(args...).
  template <class M, class... Args>
  std::vector<M> children(std::string_view name, int64_t count, const Args&... args) {
    std::vector<M> modules;
    modules.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      modules.push_back(child(fmt::format("{}.{}", name, i), M(args...)));
    }
    return modules;
  }

 private:
  struct Registry;
  struct Entry {
    std::string name;
    std::shared_ptr<Tensor> slot;      // a tensor of this module ...
    std::shared_ptr<Registry> module;  // ... or a child
  };
  struct Registry {
    std::vector<Entry> entries;
  };
  struct Slot {
    std::string name;
    std::shared_ptr<Tensor> tensor;
  };

  void add_child(std::string_view name, const Module& module);
  void add(Entry entry);
  static void collect(const Registry& registry, const std::string& prefix,
                      std::vector<Slot>& slots);
  std::vector<Slot> slots() const;

  std::shared_ptr<Registry> registry_;
};

}  // namespace gradus
