// What silently makes a program slow, in sentences.

#include "train/slow_paths.h"

#include <doctest/doctest.h>

#include "tests/support.h"

using namespace gradus;

namespace {

using Sentences = std::vector<std::string>;

MachineFacts all_well() {
  return {.threads = 2, .cores = 2, .allowed_cores = 2, .simd = "AVX-512"};
}

}  // namespace

TEST_CASE("slow_paths: nothing to say where all is well") {
  CHECK(slow_paths(all_well()) == Sentences{});
  MachineFacts facts = all_well();
  facts.simd = "AVX2";
  facts.others = 0.2;  // what a quiet machine does
  CHECK(slow_paths(facts) == Sentences{});
}

TEST_CASE("slow_paths: a BLAS that takes the processor for an older one") {
  MachineFacts facts = all_well();
  facts.blas_without_avx512 = true;
  CHECK(slow_paths(facts) ==
        Sentences{"OpenBLAS leaves AVX-512 unused, which is half of its speed: OPENBLAS_CORETYPE "
                  "says so, or it does not know this processor and needs "
                  "OPENBLAS_CORETYPE=SkylakeX."});
}

TEST_CASE("slow_paths: fewer threads than cores") {
  MachineFacts facts = all_well();
  facts.threads = 1;
  CHECK(slow_paths(facts) ==
        Sentences{"Only 1 of 2 cores compute: OMP_NUM_THREADS or --threads says so, and --threads "
                  "2 would use them all."});
}

TEST_CASE("slow_paths: a process that may not use all cores") {
  MachineFacts facts = all_well();
  facts.threads = facts.allowed_cores = 1;
  CHECK(slow_paths(facts) == Sentences{"This process may use only 1 of the machine's 2 cores: "
                                       "taskset or a batch system says so."});
}

TEST_CASE("slow_paths: more threads than cores") {
  MachineFacts facts = all_well();
  facts.threads = 5;
  CHECK(slow_paths(facts) == Sentences{"5 threads take turns on 2 cores, and those that run wait "
                                       "for those that do not: use --threads 2."});
  facts.cores = facts.allowed_cores = 1;
  CHECK(slow_paths(facts) == Sentences{"5 threads take turns on 1 core, and those that run wait "
                                       "for those that do not: use --threads 1."});
}

TEST_CASE("slow_paths: other programs on the cores that are needed") {
  MachineFacts facts = all_well();
  facts.others = 0.84;
  CHECK(slow_paths(facts) ==
        Sentences{"Other programs kept 0.8 of 2 cores busy meanwhile: all times here, and the "
                  "peaks, are those of a shared machine."});
  facts.cores = facts.allowed_cores = facts.threads = 8;
  facts.threads = 7;
  CHECK(slow_paths(facts).size() == 1);  // there was room for them
}

TEST_CASE("slow_paths: kernels and builds that are not meant to be fast") {
  MachineFacts facts = all_well();
  facts.simd = "SSE4";
  CHECK(slow_paths(facts) == Sentences{"The kernels run on SSE4, at most four numbers at a time: "
                                       "this processor has no AVX2, or an emulator or hypervisor "
                                       "hides it."});
  facts.reference_kernels = true;
  CHECK(slow_paths(facts) == Sentences{"The reference loops compute, which are written to be "
                                       "read: leave out --kernels reference."});
  facts = all_well();
  facts.asserts = facts.sanitized = true;
  CHECK(slow_paths(facts) ==
        Sentences{"This is a debug build: use cmake --preset release, or "
                  "-DCMAKE_BUILD_TYPE=Release.",
                  "This build checks every access to memory (GRADUS_SANITIZE=ON)."});
}

TEST_CASE("the facts of this machine are possible ones") {
  const MachineFacts facts = MachineWatch().facts();
  CHECK(facts.threads >= 1);
  CHECK(facts.allowed_cores >= 1);
  CHECK(facts.cores >= facts.allowed_cores);
  CHECK(facts.others >= 0);
  CHECK(facts.simd != "");
}
