// Signals that come while products are computed.

#include "train/signals.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "tensor/kernels/gemm.h"
#include "tensor/parallel.h"

using namespace gradus;

namespace {

// Products of shapes that oneDNN plans in different ways, in memory that is new each time.
void multiply() {
  for (int i = 0; i < 2000; ++i) {
    for (const bool transposed : {false, true}) {
      const std::vector<real> a(144 * 128, 1), b(144 * 512, 1);
      std::vector<real> c(128 * 128);
      kernels::gemm_tile(128, 128, 144, 1, {a.data(), transposed ? 128 : 144, transposed},
                         {b.data(), 512}, 0, c.data(), 128);
      if (c.back() != 144) _exit(1);
    }
  }
}

}  // namespace

TEST_CASE("a signal finds its own stack: products lose nothing, however many signals come") {
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    watch_signals();
    set_num_threads(1);
    if (write(ready[1], "!", 1) != 1) _exit(1);
    multiply();
    _exit(stop_signal() == SIGTERM ? 0 : 1);
  }
  char sign = 0;
  REQUIRE(read(ready[0], &sign, 1) == 1);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    kill(child, SIGTERM);
    usleep(50);
  }
  close(ready[0]), close(ready[1]);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
