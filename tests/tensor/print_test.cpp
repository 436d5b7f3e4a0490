// The expected strings are what PyTorch 1.13 prints for the same tensors.

#include "tensor/print.h"

#include "tests/support.h"

using namespace gradus;

namespace {

constexpr real inf = std::numeric_limits<real>::infinity();
constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

std::string printed(std::initializer_list<real> values) {
  return to_string(from_data({static_cast<int64_t>(values.size())}, values));
}

}  // namespace

TEST_CASE("print: a matrix has four decimals in columns of one width") {
  CHECK(fmt::format("{}", from_data({2, 2}, {1, -2.5, 0, 3})) ==
        "tensor([[ 1.0000, -2.5000],\n"
        "        [ 0.0000,  3.0000]])");
}

TEST_CASE("print: whole numbers end in a point") {
  CHECK(to_string(from_data({2, 2}, {1, -20, 0, 3})) ==
        "tensor([[  1., -20.],\n"
        "        [  0.,   3.]])");
  CHECK(to_string(zeros({2, 2})) ==
        "tensor([[0., 0.],\n"
        "        [0., 0.]])");
}

TEST_CASE("print: a scalar has no brackets") {
  CHECK(to_string(scalar(3.5)) == "tensor(3.5000)");
  CHECK(to_string(scalar(-3)) == "tensor(-3.)");
}

TEST_CASE("print: numbers of very different, very large or very small size are scientific") {
  CHECK(printed({real(1e-5), 1, 250}) == "tensor([1.0000e-05, 1.0000e+00, 2.5000e+02])");
  CHECK(printed({1, 2000, not_a_number, 0}) ==
        "tensor([1.0000e+00, 2.0000e+03,        nan, 0.0000e+00])");
  CHECK(printed({real(2e8), real(3e8)}) == "tensor([2.0000e+08, 3.0000e+08])");
  CHECK(printed({real(5e-5)}) == "tensor([5.0000e-05])");
}

TEST_CASE("print: nan and inf") {
  CHECK(printed({1.5, not_a_number, inf, -inf}) == "tensor([1.5000,    nan,    inf,   -inf])");
  CHECK(printed({1, not_a_number, -inf}) == "tensor([1., nan, -inf])");
  CHECK(printed({not_a_number, inf, 0}) == "tensor([nan, inf, 0.])");
}

TEST_CASE("print: an empty tensor shows its shape unless it is a vector") {
  CHECK(to_string(zeros({0})) == "tensor([])");
  CHECK(to_string(zeros({0, 3})) == "tensor([], size=(0, 3))");
  CHECK(to_string(zeros({2, 0, 3})) == "tensor([], size=(2, 0, 3))");
}

TEST_CASE("print: lines break at 80 characters") {
  CHECK(to_string(arange(30) / 4) ==
        "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,\n"
        "        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,\n"
        "        4.5000, 4.7500, 5.0000, 5.2500, 5.5000, 5.7500, 6.0000, 6.2500, 6.5000,\n"
        "        6.7500, 7.0000, 7.2500])");
}

TEST_CASE("print: matrices are set apart by an empty line") {
  CHECK(to_string(arange(12).reshape({2, 3, 2})) ==
        "tensor([[[ 0.,  1.],\n"
        "         [ 2.,  3.],\n"
        "         [ 4.,  5.]],\n"
        "\n"
        "        [[ 6.,  7.],\n"
        "         [ 8.,  9.],\n"
        "         [10., 11.]]])");
}

TEST_CASE("print: more than 1000 elements are summarised, three at each edge") {
  CHECK(to_string(arange(1001)) == "tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])");
  CHECK(to_string(arange(1200).reshape({4, 300}) / 8) ==
        "tensor([[0.0000e+00, 1.2500e-01, 2.5000e-01,  ..., 3.7125e+01, 3.7250e+01,\n"
        "         3.7375e+01],\n"
        "        [3.7500e+01, 3.7625e+01, 3.7750e+01,  ..., 7.4625e+01, 7.4750e+01,\n"
        "         7.4875e+01],\n"
        "        [7.5000e+01, 7.5125e+01, 7.5250e+01,  ..., 1.1212e+02, 1.1225e+02,\n"
        "         1.1238e+02],\n"
        "        [1.1250e+02, 1.1262e+02, 1.1275e+02,  ..., 1.4962e+02, 1.4975e+02,\n"
        "         1.4988e+02]])");
  const std::string cube = to_string(arange(8 * 7 * 20).reshape({8, 7, 20}));
  CHECK(
      cube.starts_with("tensor([[[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.7000e+01,\n"
                       "          1.8000e+01, 1.9000e+01],\n"));
  CHECK(testing::contains(cube,
                          "          4.1800e+02, 4.1900e+02]],\n"
                          "\n"
                          "        ...,\n"
                          "\n"
                          "        [[7.0000e+02, "));
}

TEST_CASE("print: what has no numbers says so") {
  CHECK(to_string(Tensor()) == "tensor(undefined)");
  const MetaMode guard;
  CHECK(to_string(empty({2, 3})) == "tensor(..., size=(2, 3), meta)");
}

TEST_CASE("print: strides do not matter, and history is not touched") {
  Tensor x = from_data({2, 2}, {1, 2, 3, 4}).requires_grad_();
  const uint64_t nodes = autograd::next_node_id();
  CHECK(to_string(x.detach().transpose(0, 1)) ==
        "tensor([[1., 3.],\n"
        "        [2., 4.]])");
  CHECK(to_string(x).size() == to_string(x.detach()).size());
  CHECK(autograd::next_node_id() == nodes);
}
