// What the commands that train in a run folder have in common, on each of their command lines.

#include <doctest/doctest.h>

#include "tests/train/program.h"

using namespace gradus::testing;
namespace fs = std::filesystem;

namespace {

struct RunCommand {
  Arguments name;
  Arguments needed;   // besides --data and --out
  Arguments setting;  // one of its own
};

const std::vector<RunCommand> run_commands{
    {{"pretrain", "gpt"}, {}, {"--init-std", "0.1"}},
    {{"pretrain", "bert"}, {}, {"--mode", "roberta"}},
    {{"distill"}, {"--teacher", "/nonexistent"}, {"--temperature", "3"}}};

}  // namespace

TEST_CASE("every new run needs a text and a folder, and either a time or a number of steps") {
  for (const RunCommand& c : run_commands) {
    CAPTURE(c.name.back());
    const Workplace w;
    const Arguments command = c.name + c.needed;
    const Arguments whole = command + Arguments{"--data", w.text, "--out", w.out};
    check_refused(run(command + Arguments{"--data", w.text}), 2, "--out is required");
    check_refused(run(command + Arguments{"--out", w.out}), 2, "--data is required");
    check_refused(run(whole + Arguments{"--minutes", "1", "--steps", "3"}), 2,
                  "--minutes excludes --steps");
    check_refused(run(whole + Arguments{"--minutes", "0"}), 2, "--minutes");
    check_refused(run(whole + Arguments{"--minutes", "nan"}), 2, "--minutes");
    check_refused(run(whole + Arguments{"--stop-after", "-1"}), 2, "--stop-after");
    CHECK_FALSE(fs::exists(w.out));
  }
}

TEST_CASE("every resumed run takes a text that has moved, and no settings") {
  for (const RunCommand& c : run_commands) {
    CAPTURE(c.name.back());
    const Workplace w;
    const Arguments resume = c.name + Arguments{"--resume", w.out};
    check_refused(run(resume), 1, "there is no run to resume");
    check_refused(run(resume + Arguments{"--data", w.text, "--stop-after", "1", "--quiet"}), 1,
                  "there is no run to resume");
    check_refused(run(resume + Arguments{"--out", w.out}), 2, "--out excludes --resume");
    for (const Arguments& setting : {c.setting,
                                     {"--precision", "float32"},
                                     {"--lr", "1"},
                                     {"--steps", "9"},
                                     {"--minutes", "1"},
                                     {"--dry-run"}}) {
      CAPTURE(setting.front());
      check_refused(run(resume + setting), 2,
                    "a run goes on with the settings it began with; give no others");
    }
    CHECK_FALSE(fs::exists(w.out));
  }
}
