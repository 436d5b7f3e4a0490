#pragma once
// Running the program as a user does: arguments in; exit code, stdout and stderr out.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/data/support.h"

namespace gradus::testing {

using Arguments = std::vector<std::string>;

struct Outcome {
  int code = -1;  // 128 + the signal that ended it
  std::string out, err;
};

/// A running program. `prepare` runs in the new process before the program does.
class Process {
 public:
  explicit Process(const Arguments& arguments, const std::function<void()>& prepare = {}) {
    std::vector<char*> argv{const_cast<char*>(GRADUS_PROGRAM)};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const std::string out = output("out"), err = output("err");
    id_ = fork();
    if (id_ != 0) return;
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    if (prepare) prepare();
    execv(GRADUS_PROGRAM, argv.data());
    _exit(127);
  }
  ~Process() {
    if (id_ <= 0) return;
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const { kill(id_, signal); }
  bool running() {
    if (id_ > 0 && waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ > 0;
  }
  Outcome wait() {
    if (id_ > 0) waitpid(id_, &status_, 0);
    id_ = 0;
    const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    return {code, slurp(output("out")), slurp(output("err"))};
  }

 private:
  std::string output(const std::string& name) const { return (folder_.path() / name).string(); }
  static void redirect(const std::string& file, int descriptor) {
    const int opened = open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    dup2(opened, descriptor);
    close(opened);
  }

  TemporaryFolder folder_;
  pid_t id_ = 0;
  int status_ = 0;
};

inline Outcome run(const Arguments& arguments, const std::function<void()>& prepare = {}) {
  return Process(arguments, prepare).wait();
}

inline Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Waits until `done` holds; false after half a minute.
inline bool wait_until(const std::function<bool()>& done) {
  for (int i = 0; i < 3000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace gradus::testing
