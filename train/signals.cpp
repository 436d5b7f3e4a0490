#include "train/signals.h"

#include <unistd.h>
#include <csignal>

namespace gradus {
namespace {

volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
  if (received == SIGINT && signal == SIGINT) _exit(128 + SIGINT);
  received = signal;
}

}  // namespace

void watch_signals() {
  struct sigaction action {};
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
