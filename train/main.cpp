// gradus: one program, one source file per subcommand.

#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"
#include "tensor/precision.h"
#include "train/commands.h"
#include "train/near_names.h"

#ifndef GRADUS_VERSION
#define GRADUS_VERSION "unknown"
#endif

using namespace gradus;

namespace {

// "bf16: no (this CPU has neither AVX-512 BF16 nor AMX)".
std::string describe_bf16() {
  const std::string problem = why_no_bf16();
  return problem.empty() ? "bf16: yes" : "bf16: no (" + problem + ")";
}

std::string version() {
  return fmt::format("gradus {} ({}-bit numbers, {}, {}, {} threads)", GRADUS_VERSION,
                     8 * sizeof(real), kernels::describe(), describe_bf16(), num_threads());
}

void add_global_options(CLI::App& program) {
  program.set_version_flag("--version", version, "Version, kernels and threads");
  program.add_option_function<int>("--threads", set_num_threads, "Threads (default: all cores)")
      ->check(Between(1, 1024));
  program
      .add_option_function<std::string>(
          "--kernels",
          [](const std::string& name) { kernels::set_mode(*kernels::mode_named(name)); },
          "fast; openblas: the same without oneDNN for float32; or reference: the plain loops that "
          "define them")
      ->check(CLI::IsMember({"fast", "openblas", "reference"}));
}

// "gradus pretrain: there is no 'gtp'; ..." where a word stands that names no subcommand.
std::optional<std::string> unknown_subcommand(const CLI::App& program) {
  const CLI::App* app = &program;
  std::string command = app->get_name();
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    command += " " + app->get_name();
  }
  const std::vector<std::string> left = program.remaining(true);
  if (app->get_require_subcommand_min() == 0 || left.empty()) return {};
  const std::string& word = left.front();
  if (word.starts_with('-')) return {};  // what follows may be its value
  std::vector<std::string> names;
  for (const CLI::App* sub : app->get_subcommands({})) names.push_back(sub->get_name());
  const std::vector<std::string> near = near_names(word, names);
  const bool has_list = std::ranges::count(names, "list") > 0;
  return fmt::format("{}: there is no '{}'{}; {} {} shows what there is", command, word,
                     near.empty() ? "" : fmt::format(", but {}", fmt::join(near, ", ")), command,
                     has_list ? "list" : "--help");
}

int report_usage_error(const CLI::App& program, const CLI::ParseError& error) {
  const auto unknown = error.get_name() == "RequiredError" ? unknown_subcommand(program)
                                                           : std::optional<std::string>();
  if (unknown) {
    std::fprintf(stderr, "%s\n", unknown->c_str());
    return usage_error;
  }
  return program.exit(error) == 0 ? 0 : usage_error;
}

int run(int argc, char** argv) {
  CLI::App program("Trains, samples and measures small transformers on a CPU.", "gradus");
  program.require_subcommand(1);
  program.fallthrough();
  add_global_options(program);
  for (const auto add :
       {add_demo, add_pretrain, add_finetune, add_distill, add_predict, add_generate, add_embed,
        add_search, add_experiment, add_evaluate, add_report, add_params, add_tokenize, add_corpus,
        add_inspect, add_audit, add_attention, add_explain, add_bench}) {
    add(program);
  }
  try {
    kernels::check_blas();
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage_error(program, error);
  } catch (const Exit& exit) {
    return exit.code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gradus: %s\n", error.what());
    return 1;
  }
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!written) std::fputs("gradus: cannot write to standard output\n", stderr);
  return written ? 0 : 1;
}

}  // namespace

// Idle OpenMP threads wait in a loop before they sleep. By default long enough to starve whatever
// else runs on the machine, another gradus above all: two at once took thirty times as long each.
// libgomp reads the limit while it is loaded, so the program starts itself again with one.
void limit_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  setenv("GOMP_SPINCOUNT", "3000", 1);
  if (!failed) execv(self.c_str(), argv);  // returns only where it cannot: then it waits as before
}

int main(int argc, char** argv) {
  limit_spinning(argv);
  return run(argc, argv);
}
