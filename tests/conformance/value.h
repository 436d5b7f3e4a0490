#pragma once
// Value: what flows along the edges of an ONNX graph. Floating-point numbers are gradus tensors,
// through which gradients flow. Integers and booleans are shapes, ids and masks: they are kept
// exactly and become tensors only when an op computes with them.

#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus::conformance {

/// Thrown when gradus cannot honestly answer a case; the message says why.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool is_floating(const std::string& dtype);
/// ONNX's name for an element type by its number in TensorProto.DataType. Throws Unsupported.
std::string dtype_name(int64_t number);

class Value {
 public:
  Value() = default;
  /// Takes the numbers of `x` as elements of type `dtype`. Throws Unsupported if it is an integer
  /// type and some element is no integer, leaves its range, or has lost digits in `real`.
  Value(const Tensor& x, const std::string& dtype);
  Value(const Shape& shape, std::vector<int64_t> integers, const std::string& dtype);

  /// Whether there is one: optional inputs may be absent.
  bool defined() const { return !dtype_.empty(); }
  const std::string& dtype() const { return dtype_; }
  bool floating() const { return is_floating(dtype_); }
  const Shape& shape() const { return floating() ? tensor_.shape() : shape_; }
  /// The elements as real numbers. Throws Unsupported if an integer has too many digits for `real`.
  Tensor tensor() const;
  /// The elements as integers. Throws Unsupported if they are not.
  std::vector<int64_t> integers() const;
  /// The same, indexing `limit` things: negative ones count from the end.
  Tokens ids(int64_t limit) const;

 private:
  std::string dtype_;
  Tensor tensor_;
  Shape shape_;
  std::vector<int64_t> integers_;
};

}  // namespace gradus::conformance
