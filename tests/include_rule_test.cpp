// Which folder may include which: the layers of the house (DESIGN, "The house").

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

struct Include {
  std::string file, target;
};

const fs::path root = GRADUS_SOURCE_DIR;

std::vector<Include> includes_below(const std::string& folder) {
  std::vector<Include> includes;
  if (!fs::exists(root / folder)) return includes;
  const std::regex directive("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cpp") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, directive)) continue;
      includes.push_back({fs::relative(entry.path(), root).string(), match[1]});
    }
  }
  return includes;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

// "tensor" of "tensor/shape.h"; empty for headers outside our folders.
std::string layer_of(const std::string& target) {
  static const Names layers = {"tensor", "autograd", "nn",    "optim",
                               "data",   "train",    "tests", "bench"};
  const std::string first = target.substr(0, target.find('/'));
  return layers.contains(first) && first != target ? first : "";
}

bool is_blas_or_simd(const std::string& target) {
  return starts_with(target, "hwy/") || starts_with(target, "cblas") ||
         starts_with(target, "dnnl") || starts_with(target, "oneapi/");
}

const std::map<std::string, Names> allowed = {
    {"tensor", {"tensor"}},
    {"autograd", {"autograd", "tensor"}},
    {"nn", {"nn", "autograd", "tensor"}},
    {"nn/pretrained", {"nn", "autograd", "tensor", "data"}},
    {"optim", {"optim", "autograd", "tensor"}},
    {"data", {"data", "tensor"}},
};

}  // namespace

TEST_CASE("each folder includes only the layers below it") {
  for (const auto& entry : allowed) {
    const std::string& folder = entry.first;
    const Names& layers = entry.second;
    for (const Include& include : includes_below(folder)) {
      if (folder == "nn" && starts_with(include.file, "nn/pretrained/")) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      const std::string layer = layer_of(include.target);
      CHECK((layer.empty() || layers.contains(layer)));
    }
  }
  CHECK(includes_below("tensor").size() > 50);
  CHECK(includes_below("autograd").size() > 50);
}

TEST_CASE("BLAS and the SIMD library stand under tensor/kernels only") {
  for (const std::string folder : {"tensor", "autograd", "nn", "optim", "data", "train"}) {
    for (const Include& include : includes_below(folder)) {
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK((!is_blas_or_simd(include.target) || starts_with(include.file, "tensor/kernels/")));
    }
  }
}

TEST_CASE("headers that cost seconds are read by source files of data/ and nn/pretrained/ only") {
  const Names costly = {"nlohmann/json.hpp", "utf8proc.h", "pcre2.h", "regex"};
  for (const std::string folder : {"tensor", "autograd", "nn", "optim", "data"}) {
    for (const Include& include : includes_below(folder)) {
      CAPTURE(include.file);
      CAPTURE(include.target);
      const bool reads_files =
          starts_with(include.file, "data/") || starts_with(include.file, "nn/pretrained/");
      CHECK((!costly.contains(include.target) || (reads_files && include.file.ends_with(".cpp"))));
    }
  }
}

TEST_CASE("nothing below train/ includes train/, tests/ or bench/") {
  for (const std::string folder : {"tensor", "autograd", "nn", "optim", "data", "train"}) {
    for (const Include& include : includes_below(folder)) {
      CAPTURE(include.file);
      const std::string layer = layer_of(include.target);
      CHECK((layer != "train" || folder == "train"));
      CHECK((layer != "tests" && layer != "bench"));
    }
  }
}
