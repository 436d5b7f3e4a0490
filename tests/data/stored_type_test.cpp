#include "data/stored_type.h"

#include <cmath>
#include <limits>
#include <vector>

#include "support.h"

using namespace gradus;
using testing::bytes_of;

namespace {

real one_real(StoredType type, const std::string& bytes) {
  real number = 0;
  to_real(type, bytes, std::span(&number, 1));
  return number;
}

int64_t one_integer(StoredType type, const std::string& bytes) {
  int64_t integer = 0;
  to_integer(type, bytes, std::span(&integer, 1));
  return integer;
}

}  // namespace

TEST_CASE("stored types: names are found again, others are not") {
  for (int i = 0; i < 22; ++i) {
    const StoredType type = static_cast<StoredType>(i);
    CHECK(find_type(type_name(type)) == type);
  }
  CHECK(type_name(StoredType::F8_E4M3FNUZ) == "F8_E4M3FNUZ");
  CHECK(bits_per_element(StoredType::F6_E3M2) == 6);
  CHECK(bits_per_element(StoredType::BF16) == 16);
  CHECK(!find_type("f32"));
  CHECK(!find_type(""));
}

TEST_CASE("stored types: every half is (-1)^s 2^(e-15) (1 + f/1024), or f 2^-24 where e is 0") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const real number =
        one_real(StoredType::F16, bytes_of<uint16_t>({static_cast<uint16_t>(bits)}));
    const double sign = bits & 0x8000 ? -1 : 1;
    const int e = bits >> 10 & 31;
    const double f = (bits & 1023) / 1024.0;
    if (e == 31) {
      const bool right = f == 0 ? double(number) == sign * INFINITY : std::isnan(number);
      if (!right) FAIL("special value " << bits);
      continue;
    }
    const double expected =
        e == 0 ? sign * f * std::pow(2, -14) : sign * std::pow(2, e - 15) * (1 + f);
    if (double(number) != expected || std::signbit(number) != (sign < 0)) FAIL("half " << bits);
  }
}

TEST_CASE("stored types: bfloat16 has a float's exponent and seven bits of fraction") {
  const auto read = [](uint16_t bits) {
    return one_real(StoredType::BF16, bytes_of<uint16_t>({bits}));
  };
  CHECK(read(0x3f80) == 1);
  CHECK(read(0xc049) == real(-3.140625));
  CHECK(read(0x7f80) == std::numeric_limits<real>::infinity());
  CHECK(std::isnan(read(0x7fc0)));
  CHECK(read(0x0001) == real(std::ldexp(1.0, -133)));
}

TEST_CASE("stored types: floats and doubles are read, doubles rounded to the nearest real") {
  CHECK(one_real(StoredType::F32, bytes_of<float>({-1.5f})) == real(-1.5));
  CHECK(one_real(StoredType::F64, bytes_of<double>({0.1})) == static_cast<real>(0.1));
}

TEST_CASE("stored types: integers keep their sign and width, U64 stops at 2^63 - 1") {
  CHECK(one_integer(StoredType::U8, "\xff") == 255);
  CHECK(one_integer(StoredType::I8, "\xff") == -1);
  CHECK(one_integer(StoredType::BOOL, "\x01") == 1);
  CHECK(one_integer(StoredType::I16, bytes_of<int16_t>({-30000})) == -30000);
  CHECK(one_integer(StoredType::U16, bytes_of<uint16_t>({60000})) == 60000);
  CHECK(one_integer(StoredType::I32, bytes_of<int32_t>({-2'000'000'000})) == -2'000'000'000);
  CHECK(one_integer(StoredType::U32, bytes_of<uint32_t>({4'000'000'000})) == 4'000'000'000);
  CHECK(one_integer(StoredType::I64, bytes_of<int64_t>({-5'000'000'000})) == -5'000'000'000);
  CHECK(one_integer(StoredType::U64, bytes_of<uint64_t>({~uint64_t{0}})) ==
        std::numeric_limits<int64_t>::max());
}
