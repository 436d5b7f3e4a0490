#pragma once
// Running the program as a user does: arguments in; exit code, stdout and stderr out.

#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/data/support.h"

namespace gradus::testing {

using Arguments = std::vector<std::string>;

struct RunResult {
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
  RunResult wait() {
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

inline RunResult run(const Arguments& arguments, const std::function<void()>& prepare = {}) {
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

inline constexpr const char* verses =
    "When I consider how my light is spent,\nEre half my days, in this dark world and wide,\n"
    "And that one talent which is death to hide\nLodged with me useless, though my soul more bent\n"
    "To serve therewith my Maker, and present\nMy true account, lest he returning chide.\n";

/// A folder with a text, and the arguments of a run on it that takes a moment.
struct Workplace {
  TemporaryFolder folder;
  std::string text = folder.file("text.txt", verses).string();
  std::string out = (folder.path() / "run").string();

  Arguments pretrain(const Arguments& more = {}) const {
    return Arguments{"pretrain",     "gpt", "--data",       text, "--out",    out,
                     "--n-layer",    "1",   "--n-embd",     "16", "--n-head", "2",
                     "--block-size", "8",   "--batch-size", "4"} +
           (more.empty() ? Arguments{"--steps", "6"} : more);
  }
  std::filesystem::path in_run(const std::string& name) const {
    return std::filesystem::path(out) / name;
  }
};

/// The program ended with this code, printed nothing, and said why in one sentence.
inline void check_refused(const RunResult& outcome, int code, const std::string& part) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out == "");
  CHECK(contains(outcome.err, part));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') <= 2);
}

/// The lines of a .jsonl file.
inline std::vector<nlohmann::json> lines_of(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(slurp(file));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace gradus::testing
