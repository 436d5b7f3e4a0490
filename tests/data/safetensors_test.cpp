// Reading and writing: what the file says is what arrives.

#include "data/safetensors.h"

#include <cmath>
#include <limits>

#include "support.h"
#include "tensor/creation.h"

using namespace gradus;
using testing::bytes_of;
using testing::contains;
using testing::safetensors_bytes;
using testing::sentence_of;
using testing::slurp;

namespace {

SafetensorsEntry entry(const std::string& name, StoredType type, const Shape& shape) {
  return {.name = name, .type = type, .shape = shape};
}

std::string padded(std::string header, size_t length) {
  header.resize(length, ' ');
  return safetensors_bytes(header);
}

}  // namespace

TEST_CASE("safetensors header: the bytes of the reference implementation for attn.0 (N = 64)") {
  std::vector<SafetensorsEntry> entries = {entry("attn.0", StoredType::F32, {1, 2, 3})};
  CHECK(safetensors_header(entries, {}) ==
        padded(R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})", 64));
}

TEST_CASE("safetensors header: padded with spaces to a multiple of 8 for attn0 (N = 72)") {
  std::vector<SafetensorsEntry> entries = {entry("attn0", StoredType::F32, {1, 1, 2, 3})};
  CHECK(safetensors_header(entries, {}) ==
        padded(R"({"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}})", 72));
}

TEST_CASE("safetensors header: I32 stands before F16 whatever the order of insertion (N = 0x80)") {
  const SafetensorsEntry first = entry("attn0", StoredType::F16, {1, 2, 3});
  const SafetensorsEntry second = entry("attn1", StoredType::I32, {1, 2, 3});
  const std::string expected =
      padded(R"({"attn1":{"dtype":"I32","shape":[1,2,3],"data_offsets":[0,24]},)"
             R"("attn0":{"dtype":"F16","shape":[1,2,3],"data_offsets":[24,36]}})",
             0x80);
  for (std::vector<SafetensorsEntry> entries : {std::vector{first, second}, {second, first}}) {
    CHECK(safetensors_header(entries, {}) == expected);
  }
}

TEST_CASE("safetensors header: metadata comes first, an empty file is {} and six spaces") {
  std::vector<SafetensorsEntry> none;
  CHECK(safetensors_header(none, {}) == std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  CHECK(safetensors_header(none, {{"format", "pt"}}) ==
        padded(R"({"__metadata__":{"format":"pt"}})", 32));
}

TEST_CASE("safetensors: a file round-trips tensors, ids, scalars, empty shapes and metadata") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "model.safetensors";
  const Tensor matrix = from_data({2, 3}, {1, -2, real(0.5), 4, 5, 6});
  write_safetensors(
      path,
      {.tensors = {{"b.matrix", matrix}, {"a.\u00e9\"\\", scalar(7)}, {"empty", zeros({2, 0})}},
       .tokens = {{"ids", Tokens({2, 2}, {1, -1, 2147483647, 0})}},
       .metadata = {{"format", "pt"}, {"note", "line\nbreak"}}});
  const SafetensorsFile file(path);
  CHECK(file.metadata() == SafetensorsMetadata{{"format", "pt"}, {"note", "line\nbreak"}});
  CHECK(file.names() == std::vector<std::string>{"a.\u00e9\"\\", "b.matrix", "empty", "ids"});
  CHECK(file.tensor("b.matrix").shape() == Shape{2, 3});
  CHECK(file.tensor("b.matrix").to_vector() == matrix.to_vector());
  CHECK(file.tensor("a.\u00e9\"\\").item() == 7);
  CHECK(file.tensor("empty").shape() == Shape{2, 0});
  CHECK(file.tokens("ids").shape == Shape{2, 2});
  CHECK(file.tokens("ids").ids == Ids{1, -1, 2147483647, 0});
  CHECK(file.entry("b.matrix").type == StoredType::F32);
  CHECK(file.contains("ids"));
  CHECK(!file.contains("id"));
}

TEST_CASE("safetensors: strided tensors are written row by row, in F32 or in F64") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "t.safetensors";
  const Tensor x = from_data({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor transposed = x.as_strided({3, 2}, {1, 3}, 0);
  write_safetensors(path, {.tensors = {{"x", transposed}}, .metadata = {}});
  const std::string f32 = slurp(path);
  CHECK(f32.substr(f32.size() - 24) == bytes_of<float>({1, 4, 2, 5, 3, 6}));
  write_safetensors(path, {.tensors = {{"x", transposed}}, .type = StoredType::F64});
  const std::string f64 = slurp(path);
  CHECK(f64.substr(f64.size() - 48) == bytes_of<double>({1, 4, 2, 5, 3, 6}));
}

TEST_CASE("safetensors: a tensor of many pieces arrives whole in every float type") {
  const testing::TemporaryFolder folder;
  const int64_t n = 70'001;
  for (const StoredType type : {StoredType::F32, StoredType::F64}) {
    const std::filesystem::path path = folder.path() / "large.safetensors";
    write_safetensors(path, {.tensors = {{"a", ones({5})}, {"x", arange(n)}}, .type = type});
    const std::vector<real> x = SafetensorsFile(path).tensor("x").to_vector();
    REQUIRE(x.size() == static_cast<size_t>(n));
    for (size_t i = 0; i < x.size(); ++i) {
      if (x[i] != static_cast<real>(i)) FAIL("element " << i);
    }
  }
}

TEST_CASE("safetensors: NaN and infinity are numbers like others") {
  const testing::TemporaryFolder folder;
  const real infinity = std::numeric_limits<real>::infinity();
  const std::filesystem::path path = folder.path() / "t.safetensors";
  write_safetensors(path, {.tensors = {{"x", from_data({2}, {std::nanf(""), -infinity})}}});
  const std::vector<real> x = SafetensorsFile(path).tensor("x").to_vector();
  CHECK(std::isnan(x[0]));
  CHECK(x[1] == -infinity);
}

TEST_CASE("safetensors: halves, bfloat16 and doubles become real; integers do so only on request") {
  const testing::TemporaryFolder folder;
  const std::string header = R"({"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                             R"("h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},)"
                             R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[12,14]},)"
                             R"("u":{"dtype":"U8","shape":[2],"data_offsets":[14,16]}})";
  const std::string data = bytes_of<double>({0.1}) + bytes_of<uint16_t>({0x3c00, 0xc000, 0x4040}) +
                           std::string("\x00\xff", 2);
  const SafetensorsFile file(folder.file("t.safetensors", safetensors_bytes(header, data)));
  CHECK(file.tensor("d").item() == static_cast<real>(0.1));
  CHECK(file.tensor("h").to_vector() == std::vector<real>{1, -2});
  CHECK(file.tensor("b").item() == 3);
  CHECK(file.integers_as_tensor("u").to_vector() == std::vector<real>{0, 255});
  CHECK(file.tokens("u").ids == Ids{0, 255});
  const std::string integer = sentence_of<SafetensorsError>([&] { file.tensor("u"); });
  CHECK(contains(integer, "tensor 'u' holds U8"));
  CHECK(contains(integer, "[UnsupportedType]"));
  CHECK(contains(sentence_of<SafetensorsError>([&] { file.tokens("h"); }), "holds F16"));
  CHECK(
      contains(sentence_of<SafetensorsError>([&] { file.integers_as_tensor("d"); }), "holds F64"));
  const std::string missing = sentence_of<SafetensorsError>([&] { file.tensor("x"); });
  CHECK(contains(missing, "there is no tensor 'x' [TensorNotFound]"));
}

TEST_CASE("safetensors: integers that do not fit where they are asked for are named") {
  const testing::TemporaryFolder folder;
  const std::string header = R"({"l":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},)"
                             R"("u":{"dtype":"U64","shape":[1],"data_offsets":[16,24]},)"
                             R"("w":{"dtype":"U32","shape":[1],"data_offsets":[24,28]},)"
                             R"("t":{"dtype":"BOOL","shape":[3],"data_offsets":[28,31]}})";
  const std::string data = bytes_of<int64_t>({7, (int64_t{1} << 53) + 1}) +
                           bytes_of<uint64_t>({~uint64_t{0}}) + bytes_of<uint32_t>({1u << 31}) +
                           std::string("\x00\x01\x02", 3);
  const SafetensorsFile file(folder.file("t.safetensors", safetensors_bytes(header, data)));
  const auto refusal = [&](const char* name) {
    return sentence_of<FileError>([&] { file.tokens(name); });
  };
  CHECK(contains(refusal("l"), "tensor 'l': element 1 is outside [-2147483648, 2147483647]"));
  CHECK(contains(refusal("u"), "element 0 is outside"));
  CHECK(contains(refusal("w"), "element 0 is outside"));
  CHECK(contains(refusal("t"), "element 2 is outside [0, 1]"));
  CHECK(contains(sentence_of<FileError>([&] { file.integers_as_tensor("l"); }), "element 1"));
}

TEST_CASE(
    "safetensors: contents that the format cannot hold are refused before anything is written") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "t.safetensors";
  const Tensor x = ones({1});
  const auto refusal = [&](const SafetensorsContents& contents) {
    return sentence_of<ValueError>([&] { write_safetensors(path, contents); });
  };
  CHECK(contains(refusal({.tensors = {{"x", x}, {"x", x}}}), "two tensors are called 'x'"));
  CHECK(contains(refusal({.tensors = {{"x", x}}, .tokens = {{"x", Tokens({1})}}}), "two tensors"));
  CHECK(contains(refusal({.tensors = {{"__metadata__", x}}}), "__metadata__"));
  CHECK(contains(refusal({.tensors = {{std::string("a\0b", 3), x}}}), "NUL"));
  CHECK(contains(refusal({.tensors = {{"\xff", x}}}), "not valid UTF-8"));
  CHECK(contains(refusal({.tensors = {}, .metadata = {{"k", "\xff"}}}), "not valid UTF-8"));
  CHECK(contains(refusal({.tensors = {{"x", Tensor()}}}), "no data"));
  CHECK(contains(refusal({.tensors = {{"x", x}}, .type = StoredType::F16}), "not F16"));
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("safetensors: a failed write keeps the file that was there") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "missing" / "t.safetensors";
  CHECK(contains(sentence_of<FileError>([&] { write_safetensors(path, {}); }), path.string()));
}

TEST_CASE("safetensors: files of other implementations are read") {
  const auto folder = testing::shared_path("conformance/safetensors");
  if (!folder) return;
  const SafetensorsFile ids(*folder / "tensor-1d-int32.safetensors");
  REQUIRE(ids.entries().size() == 1);
  CHECK(ids.tokens(ids.names()[0]).numel() == 3);
  const SafetensorsFile doubles(*folder / "tensor-2d-float64.safetensors");
  REQUIRE(doubles.entries().size() == 1);
  CHECK(doubles.tensor(doubles.names()[0]).rank() == 2);
  CHECK(doubles.tensor(doubles.names()[0]).numel() == 6);
  const SafetensorsFile three(*folder / "tensor-3d-float32.safetensors");
  CHECK(three.tensor(three.names()[0]).rank() == 3);
  const SafetensorsFile four(*folder / "tensor-4d-float32.safetensors");
  CHECK(four.tensor(four.names()[0]).rank() == 4);
  const SafetensorsFile layers(*folder / "multi_layer.safetensors");
  CHECK(layers.entries().size() == 9);
  int64_t bytes = 0;
  for (const SafetensorsEntry& e : layers.entries()) {
    const bool integer = e.type == StoredType::I64;
    bytes += integer ? 8 * layers.tokens(e.name).numel() : 4 * layers.tensor(e.name).numel();
  }
  CHECK(bytes == 16968);
}
