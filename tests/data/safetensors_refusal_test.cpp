// Every rule of the format, broken one at a time, and files damaged at random places.

#include <fstream>

#include "data/safetensors.h"
#include "support.h"
#include "tensor/creation.h"

using namespace gradus;
using testing::bytes_of;
using testing::contains;
using testing::safetensors_bytes;
using testing::sentence_of;
using Rule = SafetensorsRule;

namespace {

// The rule that a file of these bytes breaks; nothing if it is accepted.
std::optional<Rule> broken_rule(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.file("t.safetensors", bytes);
  try {
    const SafetensorsFile file(path);
    return {};
  } catch (const SafetensorsError& error) {
    CHECK(contains(error.what(), path.string()));
    CHECK(contains(error.what(), fmt::format("[{}]", rule_name(error.rule))));
    CHECK(std::string(error.what()).size() < 500);
    return error.rule;
  }
}

std::optional<Rule> broken_header(const std::string& header, size_t data_bytes = 0) {
  return broken_rule(safetensors_bytes(header, std::string(data_bytes, '\0')));
}

std::string one(const std::string& shape, const std::string& offsets,
                const std::string& dtype = "F32") {
  return fmt::format(R"({{"x":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", dtype, shape,
                     offsets);
}

// Memory that /proc counts for this process, in bytes; 0 where there is no such file.
int64_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

}  // namespace

TEST_CASE("safetensors: what the format allows is accepted") {
  CHECK(!broken_rule(std::string("\x08\0\0\0\0\0\0\0{}      ", 16)));
  CHECK(!broken_header("{}\r \t\n"));
  CHECK(!broken_header(" \n{} "));
  CHECK(!broken_header(one("[]", "[0,4]", "I32"), 4));
  CHECK(!broken_header(one("[2,0]", "[0,0]"), 0));
  CHECK(!broken_header(one("[2,2]", "[0,16]"), 16));
  CHECK(!broken_header(one("[1,4]", "[0,2]", "F4"), 2));
  CHECK(!broken_header(one("[4]", "[0,3]", "F6_E2M3"), 3));
  CHECK(!broken_header(R"({"__metadata__":{"a":"b"}})"));
}

TEST_CASE("safetensors: header lengths that cannot be") {
  CHECK(broken_rule("") == Rule::HeaderTooSmall);
  CHECK(broken_rule("1234567") == Rule::HeaderTooSmall);
  CHECK(broken_rule(bytes_of<uint64_t>({60})) == Rule::InvalidHeaderLength);
  CHECK(broken_rule(bytes_of<uint64_t>({0})) == Rule::InvalidHeaderDeserialization);
  CHECK(broken_rule(bytes_of<uint64_t>({99'999'999}) + "{}") == Rule::InvalidHeaderLength);
  CHECK(broken_rule(bytes_of<uint64_t>({100'000'000}) + "{}") == Rule::InvalidHeaderLength);
  CHECK(broken_rule(bytes_of<uint64_t>({100'000'001}) + "{}") == Rule::HeaderTooLarge);
  CHECK(broken_rule(bytes_of<uint64_t>({uint64_t{1} << 63}) + "{}") == Rule::HeaderTooLarge);
  CHECK(broken_rule(bytes_of<uint64_t>({~uint64_t{0}}) + "{}") == Rule::HeaderTooLarge);
  CHECK(broken_rule(bytes_of<uint64_t>({0xffffff000000003c}) + "{}") == Rule::HeaderTooLarge);
}

TEST_CASE("safetensors: headers that are not JSON, or not this JSON") {
  const Rule not_json = Rule::InvalidHeaderDeserialization;
  CHECK(broken_header("\xff") == Rule::InvalidHeader);
  CHECK(broken_header("{\"\xc3\x28\":1}") == Rule::InvalidHeader);
  CHECK(broken_header("{") == not_json);
  CHECK(broken_header("\xef\xbb\xbf{}") == not_json);
  CHECK(broken_header(std::string("{}\0{}", 5)) == not_json);
  CHECK(broken_header("{} {}") == not_json);
  CHECK(broken_header(std::string(1'000'000, '[')) == not_json);
  for (const char* root : {"[]", "null", "1", "\"x\"", "true"}) {
    CHECK(broken_header(root) == not_json);
  }
  for (const char* tensor : {"[]", "null", "1", "\"F32\"", "{}", R"({"dtype":"F32","shape":[]})",
                             R"({"dtype":"F32","shape":[],"data_offsets":[0,0],"x":1})",
                             R"({"dtype":"F32","shape":[],"offsets":[0,0]})",
                             R"({"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]})",
                             R"({"dtype":"f32","shape":[0],"data_offsets":[0,0]})",
                             R"({"dtype":1,"shape":[0],"data_offsets":[0,0]})",
                             R"({"dtype":"F32","shape":0,"data_offsets":[0,0]})",
                             R"({"dtype":"F32","shape":{},"data_offsets":[0,0]})"}) {
    CAPTURE(tensor);
    CHECK(broken_header(fmt::format("{{\"x\":{}}}", tensor)) == not_json);
  }
  const std::string x = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  CHECK(!broken_header(fmt::format(R"({{"x":{},"y":{}}})", x, x)));
  CHECK(broken_header(fmt::format(R"({{"x":{},"x":{}}})", x, x)) == not_json);
  CHECK(broken_header(fmt::format(R"({{"x\u0000y":{}}})", x)) == not_json);
  CHECK(broken_header(fmt::format(R"({{"{}":1}})", std::string(1'000'000, 'n'))) == not_json);
  for (const char* metadata :
       {"[]", "1", "null", R"({"a":1})", R"({"a":null})", R"({"a":{}})", R"({"a":"1","a":"2"})"}) {
    CAPTURE(metadata);
    CHECK(broken_header(fmt::format(R"({{"__metadata__":{}}})", metadata)) == not_json);
  }
}

TEST_CASE("safetensors: sizes and offsets must be integers from 0 to 2^64 - 1") {
  const Rule not_json = Rule::InvalidHeaderDeserialization;
  for (const char* number :
       {"-1", "-0", "1e3", "2.0", "\"0\"", "null", "true", "[1]", "18446744073709551616"}) {
    CAPTURE(number);
    CHECK(broken_header(one(fmt::format("[{}]", number), "[0,4]"), 4) == not_json);
    CHECK(broken_header(one("[1]", fmt::format("[{},4]", number)), 4) == not_json);
    CHECK(broken_header(one("[1]", fmt::format("[0,{}]", number)), 4) == not_json);
  }
  CHECK(broken_header(one("[1]", "[0]"), 4) == not_json);
  CHECK(broken_header(one("[1]", "[0,4,4]"), 4) == not_json);
  CHECK(broken_header(one("[1]", "[]"), 4) == not_json);
  std::string ones = "[1";
  for (int i = 1; i < 10'000; ++i) ones += ",1";
  CHECK(broken_header(one(ones + "]", "[0,4]"), 4) == not_json);
}

TEST_CASE("safetensors: tensors must tile the data") {
  CHECK(broken_header(one("[1]", "[4,0]"), 4) == Rule::InvalidOffset);  // reversed
  CHECK(broken_header(one("[0]", "[4,0]"), 4) == Rule::InvalidOffset);
  CHECK(broken_header(one("[1]", "[1,5]"), 5) == Rule::InvalidOffset);  // hole of one byte
  CHECK(broken_header(one("[1]", "[0,4]"), 3) == Rule::MetadataIncompleteBuffer);
  CHECK(broken_header(one("[1]", "[0,4]"), 2) == Rule::MetadataIncompleteBuffer);
  CHECK(broken_header(one("[1]", "[0,4]"), 5) == Rule::MetadataIncompleteBuffer);
  CHECK(broken_header("{}", 1) == Rule::MetadataIncompleteBuffer);
  const auto two = [](const char* first, const char* second) {
    return fmt::format(R"({{"a":{{"dtype":"F32","shape":[1],"data_offsets":{}}},)"
                       R"("b":{{"dtype":"F32","shape":[1],"data_offsets":{}}}}})",
                       first, second);
  };
  CHECK(!broken_header(two("[0,4]", "[4,8]"), 8));
  CHECK(!broken_header(two("[4,8]", "[0,4]"), 8));
  CHECK(broken_header(two("[0,4]", "[5,9]"), 9) == Rule::InvalidOffset);
  CHECK(broken_header(two("[0,4]", "[3,7]"), 7) == Rule::InvalidOffset);
  CHECK(broken_header(two("[0,4]", "[0,4]"), 4) == Rule::InvalidOffset);
  CHECK(broken_header(two("[0,4]", "[4,0]"), 4) == Rule::InvalidOffset);  // ends before its begin
  std::string same = "{";
  for (int i = 0; i < 10; ++i) {
    same += fmt::format(R"({}"t{}":{{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})",
                        i == 0 ? "" : ",", i);
  }
  CHECK(broken_header(same + "}", 16) == Rule::InvalidOffset);
}

TEST_CASE("safetensors: type and shape must ask for the bytes that the offsets give") {
  CHECK(broken_header(one("[2,2]", "[0,4]"), 4) == Rule::TensorInvalidInfo);
  CHECK(broken_header(one("[1]", "[0,8]"), 8) == Rule::TensorInvalidInfo);
  CHECK(broken_header(one("[0]", "[0,4]"), 4) == Rule::TensorInvalidInfo);
  CHECK(broken_header(one("[1,3]", "[0,2]", "F4"), 2) == Rule::MisalignedSlice);
  CHECK(broken_header(one("[1]", "[0,1]", "F6_E3M2"), 1) == Rule::MisalignedSlice);
}

TEST_CASE(
    "safetensors: shapes that cannot be counted are refused, also where the product wraps to fit") {
  for (const char* shape :
       {"[2,18446744073709551614]", "[2,9223372036854775807]", "[4294967296,4294967296]",
        "[0,9223372036854775808]", "[4398046511105,4194304,1]", "[4611686018427387905]",
        "[2305843009213693953,2]", "[0,4611686018427387904,4611686018427387904]"}) {
    CAPTURE(shape);
    CHECK(broken_header(one(shape, "[0,4]"), 4) == Rule::ValidationOverflow);
  }
}

TEST_CASE("safetensors: a small file that declares a terabyte is refused in little memory") {
  const int64_t tebibyte = int64_t{1} << 40;
  const std::string header =
      one(fmt::format("[{}]", tebibyte / 4), fmt::format("[0,{}]", tebibyte));
  const std::string bytes = safetensors_bytes(header, std::string(4096 - 8 - header.size(), '\0'));
  REQUIRE(bytes.size() == 4096);
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak starts again from here
  const int64_t before = status_bytes("VmHWM");
  CHECK(broken_rule(bytes) == Rule::MetadataIncompleteBuffer);
  CHECK(status_bytes("VmHWM") - before < 50 * 1024 * 1024);
}

TEST_CASE("safetensors: missing file, folder and pipe are ordinary file errors") {
  const testing::TemporaryFolder folder;
  const auto open = [](const std::filesystem::path& path) {
    return sentence_of<FileError>([&] { const SafetensorsFile file(path); });
  };
  CHECK(contains(open(folder.path() / "none"), "No such file"));
  CHECK(contains(open(folder.path()), "is a directory"));
  CHECK(contains(open("/dev/zero"), "is a device"));
}

TEST_CASE("safetensors: a file damaged at any byte or bit is loaded or refused, never fatal") {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "t.safetensors";
  write_safetensors(path, {.tensors = {{"a", ones({2, 2})}, {"b", zeros({0})}},
                           .tokens = {{"ids", Tokens({2}, {1, 2})}}});
  const std::string sound = testing::slurp(path);
  int loaded = 0, refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    folder.file("t.safetensors", bytes);
    try {
      const SafetensorsFile file(path);
      for (const SafetensorsEntry& e : file.entries()) {
        if (is_float(e.type)) CHECK(file.tensor(e.name).numel() == e.shape.numel());
        if (is_integer(e.type)) CHECK(file.tokens(e.name).numel() == e.shape.numel());
      }
      ++loaded;
    } catch (const FileError&) {
      ++refused;
    }
  };
  for (size_t length = 0; length < sound.size(); ++length) attempt(sound.substr(0, length));
  CHECK(refused == static_cast<int>(sound.size()));
  CHECK(loaded == 0);
  for (size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    std::string damaged = sound;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    attempt(damaged);
  }
  CHECK(loaded >= 8 * 24);  // the numbers themselves may take any value
  CHECK(loaded + refused == static_cast<int>(9 * sound.size()));
}
