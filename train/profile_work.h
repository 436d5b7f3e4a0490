#pragma once
// What an op has to do at the least: the arithmetic of its matrix products, and its traffic to
// memory if everything is read once and written once. Beside the peaks of a machine this gives the
// time that no program can beat: the roofline (Williams, Waterman & Patterson 2009).
//
// Exponentials, sums and comparisons count as traffic alone: they are rarely what an op waits for.

#include <string>
#include <vector>

#include "tensor/shape.h"

namespace gradus {

struct Work {
  double flops = 0;  // multiplications and additions of matrix products
  double bytes = 0;
  Work& operator+=(const Work& other);
};

/// An op as an observer sees it: names and shapes, no numbers.
struct OpCall {
  struct Input {
    Shape shape;
    bool wants_grad = true;
  };
  std::string op = {};
  Shape y = {};
  std::vector<Input> inputs = {};  // an absent one has the shape (0)
  bool is_view = false;            // y is the memory of an input, seen differently
  bool causal = false;             // attention: a query sees no later key
};

Work forward_work(const OpCall& call);
/// Of the inputs that want a gradient.
Work backward_work(const OpCall& call);

/// grad_norm: reads n gradients.
Work norm_work(int64_t n);
/// Adam: reads n weights, gradients and both moments; writes all but the gradients.
Work adam_work(int64_t n);

}  // namespace gradus
