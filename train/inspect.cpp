// gradus inspect: what a safetensors file holds.

#include <nlohmann/json.hpp>

#include "data/safetensors_set.h"
#include "train/commands.h"

namespace gradus {
namespace {

struct InspectArguments {
  std::string file;
  bool json = false;
};

void print_table(const SafetensorsSet& set) {
  size_t width = 4;
  for (const std::string& name : set.names()) width = std::max(width, name.size());
  fmt::print("{:<{}}  {:>5}  {:>20}  {:>14}\n", "name", width, "dtype", "shape", "bytes");
  uint64_t bytes = 0;
  for (const std::string& name : set.names()) {
    const SafetensorsEntry& e = set.entry(name);
    fmt::print("{:<{}}  {:>5}  {:>20}  {:>14}\n", name, width, type_name(e.type),
               fmt::format("{}", e.shape), e.end - e.begin);
    bytes += e.end - e.begin;
  }
  fmt::print("{} tensors, {} bytes\n", set.names().size(), bytes);
  for (const SafetensorsFile& file : set.files()) {
    for (const auto& [key, value] : file.metadata()) fmt::print("metadata {} = {}\n", key, value);
  }
}

void print_json(const SafetensorsSet& set) {
  nlohmann::ordered_json report;
  report["tensors"] = nlohmann::ordered_json::array();
  for (const std::string& name : set.names()) {
    const SafetensorsEntry& e = set.entry(name);
    report["tensors"].push_back({{"name", name},
                                 {"dtype", std::string(type_name(e.type))},
                                 {"shape", std::vector<int64_t>(e.shape.begin(), e.shape.end())},
                                 {"bytes", e.end - e.begin}});
  }
  report["metadata"] = nlohmann::ordered_json::object();
  for (const SafetensorsFile& file : set.files()) {
    for (const auto& [key, value] : file.metadata()) report["metadata"][key] = value;
  }
  fmt::print("{}\n", report.dump());
}

}  // namespace

void add_inspect(CLI::App& program) {
  auto o = std::make_shared<InspectArguments>();
  CLI::App* command = program.add_subcommand("inspect", "Tensors of a safetensors file");
  command->add_option("file", o->file, "A .safetensors file, an index, or a folder with one")
      ->required();
  command->add_flag("--json", o->json, "One JSON object");
  command->callback([o] {
    const SafetensorsSet set(o->file);
    o->json ? print_json(set) : print_table(set);
  });
}

}  // namespace gradus
