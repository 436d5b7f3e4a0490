#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/digest.h"
#include "data/file.h"
#include "data/json.h"
#include "data/safetensors.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int schema = 1;

std::string step_name(int64_t step) { return fmt::format("step-{:08}", step); }

template <class F>
void or_file_error(const std::string& what, F f) {
  try {
    f();
  } catch (const fs::filesystem_error& error) {
    throw FileError(fmt::format("{}: {}", what, error.code().message()));
  }
}

json to_json(const TrainerState& s) {
  return {{"schema", schema},
          {"step", s.step},
          {"loader_position", s.loader_position},
          {"generator", {{"seed", s.generator.seed}, {"counter", s.generator.counter}}},
          {"best_val_loss", s.best_val_loss},
          {"data_digest", s.data_digest},
          {"tokenizer_digest", s.tokenizer_digest},
          {"kernels", s.kernels},
          {"bits_per_number", 8 * sizeof(real)}};
}

TrainerState state_from(const json& object, const fs::path& file) {
  try {
    check<FileError>(object.at("schema") == schema, "{}: written by another version of gradus",
                     file.string());
    const int bits = object.at("bits_per_number").get<int>();
    check<FileError>(bits == 8 * static_cast<int>(sizeof(real)),
                     "{}: the run computes with {}-bit numbers, this program with {}-bit ones",
                     file.string(), bits, 8 * sizeof(real));
    return {.step = object.at("step").get<int64_t>(),
            .loader_position = object.at("loader_position").get<uint64_t>(),
            .generator = {object.at("generator").at("seed").get<uint64_t>(),
                          object.at("generator").at("counter").get<uint64_t>()},
            .best_val_loss = object.at("best_val_loss").get<double>(),
            .data_digest = object.at("data_digest").get<uint64_t>(),
            .tokenizer_digest = object.at("tokenizer_digest").get<uint64_t>(),
            .kernels = object.at("kernels").get<std::string>()};
  } catch (const json::exception& error) {
    throw FileError(fmt::format("{}: not the state of a run: {}", file.string(), error.what()));
  }
}

void save_optimizer(const Optimizer& optimizer, const fs::path& file) {
  SafetensorsContents contents;
  for (const NamedTensor& s : optimizer.state()) contents.tensors.emplace_back(s.name, s.tensor);
  if (sizeof(real) == 8) contents.type = StoredType::F64;
  write_safetensors(file, contents);
}

void restore_optimizer(Optimizer& optimizer, const fs::path& path) {
  const SafetensorsFile file(path);
  std::vector<NamedTensor> state;
  for (const std::string& name : file.names()) state.push_back({name, file.tensor(name)});
  try {
    optimizer.load_state(state);
  } catch (const std::exception& error) {
    throw FileError(
        fmt::format("{}: not the state of this optimizer: {}", path.string(), error.what()));
  }
}

uint64_t digest_of(const InputFile& file) {
  std::string piece(size_t{1} << 20, 0);
  uint64_t hash = fnv_start;
  for (uint64_t at = 0; at < file.size(); at += piece.size()) {
    piece.resize(std::min<uint64_t>(piece.size(), file.size() - at));
    file.read(at, piece);
    hash = digest(piece, hash);
  }
  return hash;
}

// Sizes and digests of every file of a checkpoint.
json manifest_of(const fs::path& directory) {
  json files = json::object();
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name == "manifest.json") continue;
    const InputFile file(entry.path());
    files[name] = {{"size", file.size()}, {"fnv1a", fmt::format("{:016x}", digest_of(file))}};
  }
  return {{"schema", schema}, {"files", files}};
}

void check_manifest(const fs::path& directory) {
  const json expected = read_json(directory / "manifest.json"), actual = manifest_of(directory);
  check<FileError>(expected == actual,
                   "{}: the checkpoint is damaged: its files are not those of its manifest",
                   directory.string());
}

// Whether two checkpoints hold the same bits.
bool same_contents(const fs::path& a, const fs::path& b) {
  return fs::is_directory(a) && manifest_of(a) == manifest_of(b);
}

// A second name for the same file if the file system can, a copy otherwise; atomic either way.
void publish(const fs::path& from, const fs::path& to) {
  const fs::path temporary = to.string() + ".tmp";
  std::error_code failed;
  fs::remove(temporary, failed);
  fs::create_hard_link(from, temporary, failed);
  if (failed) fs::copy_file(from, temporary);
  fs::rename(temporary, to);
  fs::remove(temporary, failed);  // rename leaves it if both names are the same file already
}

void check_no_run(const fs::path& directory) {
  std::error_code none;
  check<FileError>(
      !fs::exists(directory / "training.json", none),
      "{}: there is a run in this folder already; go on with it by --resume, or choose "
      "another --out",
      directory.string());
  const bool has_model = fs::exists(directory / "model.safetensors", none) ||
                         fs::exists(directory / "checkpoints", none);
  check<FileError>(!has_model, "{}: there is a model in this folder already; choose another --out",
                   directory.string());
}

}  // namespace

RunFolder::RunFolder(fs::path directory, bool fresh) : directory_(std::move(directory)) {
  const std::string shown = directory_.string();
  check<FileError>(fresh || fs::exists(settings_file()), "{}: there is no run to resume", shown);
  or_file_error(shown, [&] { fs::create_directories(directory_ / "samples"); });
  lock_ = open((directory_ / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  check<FileError>(lock_ >= 0, "{}: cannot write to this folder", shown);
  try {
    check<FileError>(flock(lock_, LOCK_EX | LOCK_NB) == 0,
                     "{}: another process is training in this folder", shown);
    if (fresh) check_no_run(directory_);
  } catch (...) {
    close(lock_);
    throw;
  }
}

void RunFolder::check_unused(const fs::path& directory) {
  const int lock = open((directory / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (lock >= 0) {
    const bool free = flock(lock, LOCK_SH | LOCK_NB) == 0;
    close(lock);
    check<FileError>(free, "{}: another process is training in this folder", directory.string());
  }
  check_no_run(directory);
}

RunFolder::~RunFolder() { close(lock_); }

json RunFolder::settings() const { return read_json(settings_file()); }

void RunFolder::save_settings(const json& settings) {
  write_file_atomically(settings_file(), settings.dump(2) + "\n");
}

void RunFolder::save(const ModelFiles& write_model, const Optimizer& optimizer,
                     const TrainerState& state, int64_t keep) {
  const std::string name = step_name(state.step);
  const fs::path final = checkpoints() / name;
  or_file_error(final.string(), [&] {
    fs::create_directories(checkpoints());
    remove_unfinished();
    const fs::path temporary = checkpoints() / (".tmp-" + name);
    try {
      fs::create_directory(temporary);
      write_model(temporary);
      save_optimizer(optimizer, temporary / "optimizer.safetensors");
      write_file_atomically(temporary / "trainer_state.json", to_json(state).dump(2) + "\n");
      write_file_atomically(temporary / "manifest.json", manifest_of(temporary).dump(2) + "\n");
      sync_directory(temporary);
    } catch (...) {
      remove_unfinished();  // gives a full disk its room back
      throw;
    }
    if (same_contents(final, temporary)) {
      fs::remove_all(temporary);  // saved twice at one step: `latest` may name it, so it stays
    } else {
      fs::remove_all(final);
      fs::rename(temporary, final);
    }
    sync_directory(checkpoints());
    write_file_atomically(checkpoints() / "latest", name + "\n");
    publish(final / "config.json", directory_ / "config.json");
    publish(final / "model.safetensors", directory_ / "model.safetensors");
    prune(name, keep);
  });
}

// What a failed or killed save left behind.
void RunFolder::remove_unfinished() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(checkpoints(), ignored)) {
    if (entry.path().filename().string().starts_with(".")) fs::remove_all(entry.path(), ignored);
  }
}

// Removes all but the newest `keep` checkpoints, and never the `latest`.
void RunFolder::prune(const std::string& latest, int64_t keep) const {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(checkpoints())) {
    if (entry.path().filename().string().starts_with("step-")) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  std::error_code ignored;  // an old checkpoint that stays does no harm
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) {
    if (all[i].filename() != latest) fs::remove_all(all[i], ignored);
  }
}

// Checkpoints of steps that the resumed run will do again.
void RunFolder::remove_later_than(const std::string& latest) const {
  std::vector<fs::path> later;
  for (const auto& entry : fs::directory_iterator(checkpoints())) {
    const std::string name = entry.path().filename();
    if (name.starts_with("step-") && name > latest) later.push_back(entry.path());
  }
  for (const fs::path& directory : later) fs::remove_all(directory);
}

bool RunFolder::has_checkpoint() const {
  return fs::exists(checkpoints() / "latest") || fs::exists(directory_ / "model.safetensors");
}

TrainerState RunFolder::restore(const ModelFiles& read_model, Optimizer& optimizer) const {
  std::string name = read_file(checkpoints() / "latest");
  name.erase(std::remove(name.begin(), name.end(), '\n'), name.end());
  check<FileError>(name.starts_with("step-") && name.find('/') == std::string::npos,
                   "{}: '{}' is not the name of a checkpoint", (checkpoints() / "latest").string(),
                   name);
  const fs::path directory = checkpoints() / name;
  check_manifest(directory);
  read_model(directory);
  restore_optimizer(optimizer, directory / "optimizer.safetensors");
  const fs::path file = directory / "trainer_state.json";
  const TrainerState state = state_from(read_json(file), file);
  or_file_error(checkpoints().string(), [&] { remove_later_than(name); });
  return state;
}

void RunFolder::append_metrics(const std::string& json_line) {
  std::ofstream file(directory_ / "metrics.jsonl", std::ios::app);
  file << json_line << "\n" << std::flush;
  check<FileError>(file.good(), "{}: cannot write", (directory_ / "metrics.jsonl").string());
}

void RunFolder::rewind_metrics(int64_t step) {
  const fs::path file = directory_ / "metrics.jsonl";
  if (!fs::exists(file)) return;
  std::ifstream lines(file);
  std::string kept, line;
  while (std::getline(lines, line)) {
    const json entry = json::parse(line, nullptr, false);
    const bool measured =
        entry.is_object() && entry.contains("step") && entry["step"].is_number_integer();
    if (measured && entry["step"].get<int64_t>() <= step) kept += line + "\n";
  }
  write_file_atomically(file, kept);
}

void RunFolder::save_sample(int64_t step, const std::string& text) {
  write_file_atomically(directory_ / "samples" / (step_name(step) + ".txt"), text);
}

}  // namespace gradus
