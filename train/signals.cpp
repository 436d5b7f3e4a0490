#include "train/signals.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace gradus {
namespace {

volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
  if (received == SIGINT && signal == SIGINT) _exit(128 + SIGINT);
  received = signal;
}

// While oneDNN multiplies, the stack pointer may stand at a buffer of its own on the heap. A
// handler would then put its frame in front of that buffer, into what belongs to somebody else.
void give_handlers_a_stack() {
  static std::array<char, 65536> memory;
  const stack_t stack{.ss_sp = memory.data(), .ss_flags = 0, .ss_size = memory.size()};
  sigaltstack(&stack, nullptr);
}

}  // namespace

void watch_signals() {
  give_handlers_a_stack();
  struct sigaction action {};
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void survive_failed_writes() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() { return received; }

}  // namespace gradus
