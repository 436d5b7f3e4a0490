#include "data/safetensors_set.h"

#include <sys/stat.h>

#include "support.h"
#include "tensor/creation.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

std::string index_of(const std::string& weight_map) {
  return fmt::format(R"({{"metadata":{{"total_size":12}},"weight_map":{}}})", weight_map);
}

// A folder with two shards: a (1, 2) and b (3) in the first, c (4) in the second.
struct Shards {
  testing::TemporaryFolder folder;
  Shards() {
    write_safetensors(folder.path() / "one.safetensors",
                      {.tensors = {{"a", from_data({2}, {1, 2})}, {"b", scalar(3)}}});
    write_safetensors(folder.path() / "two.safetensors", {.tensors = {{"c", scalar(4)}}});
  }
  std::filesystem::path index(const std::string& weight_map) const {
    return folder.file("model.safetensors.index.json", index_of(weight_map));
  }
  std::string refusal(const std::string& weight_map) const {
    return sentence_of<FileError>([&] { const SafetensorsSet set(index(weight_map)); });
  }
};

}  // namespace

TEST_CASE("safetensors set: shards are read as one file, from the index or from its folder") {
  const Shards shards;
  const std::filesystem::path index =
      shards.index(R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"})");
  for (const std::filesystem::path& path : {index, shards.folder.path()}) {
    const SafetensorsSet set(path);
    CHECK(set.names() == std::vector<std::string>{"a", "b", "c"});
    CHECK(set.files().size() == 2);
    CHECK(set.tensor("a").to_vector() == std::vector<real>{1, 2});
    CHECK(set.tensor("c").item() == 4);
    CHECK(set.file_of("b").path().filename() == "one.safetensors");
    CHECK(!set.contains("d"));
    CHECK(contains(sentence_of<SafetensorsError>([&] { set.tensor("d"); }), "no tensor 'd'"));
  }
}

TEST_CASE("safetensors set: a single file needs no index") {
  const Shards shards;
  CHECK(SafetensorsSet(shards.folder.path() / "two.safetensors").tensor("c").item() == 4);
  std::filesystem::rename(shards.folder.path() / "two.safetensors",
                          shards.folder.path() / "model.safetensors");
  CHECK(SafetensorsSet(shards.folder.path()).names() == std::vector<std::string>{"c"});
}

TEST_CASE("safetensors set: an index may name only files that stand beside it") {
  const Shards shards;
  const std::filesystem::path& folder = shards.folder.path();
  std::filesystem::create_directory(folder / "a");
  const std::string absolute = (folder / "two.safetensors").string();
  for (const std::string& name :
       {std::string("../two.safetensors"), absolute, std::string("a/../../x"),
        std::string("a/../two.safetensors"), std::string("./two.safetensors"), std::string(".."),
        std::string("."), std::string(""), std::string("/dev/zero"),
        std::string("two.safetensors\\u0000"), std::string("..\\\\two.safetensors")}) {
    CAPTURE(name);
    CHECK(contains(shards.refusal("{\"c\":\"" + name + "\"}"), "not a bare file name"));
  }
  CHECK(contains(shards.refusal(R"({"c":1})"), "not a bare file name"));
}

TEST_CASE("safetensors set: a shard must be a regular file, not a link, a pipe or a folder") {
  const Shards shards;
  const std::filesystem::path& folder = shards.folder.path();
  std::filesystem::create_symlink(folder / "two.safetensors", folder / "link");
  std::filesystem::create_symlink("/dev/zero", folder / "zero");
  std::filesystem::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(contains(shards.refusal(R"({"c":"link"})"), "is a symbolic link"));
  CHECK(contains(shards.refusal(R"({"c":"zero"})"), "is a symbolic link"));
  CHECK(contains(shards.refusal(R"({"c":"folder"})"), "is a directory"));
  CHECK(contains(shards.refusal(R"({"c":"pipe"})"), "is a pipe"));
  CHECK(contains(shards.refusal(R"({"c":"none"})"), "No such file"));
}

TEST_CASE("safetensors set: index and files must agree on who holds what") {
  const Shards shards;
  CHECK(contains(shards.refusal(R"({"c":"two.safetensors","d":"two.safetensors"})"), "'d'"));
  CHECK(contains(shards.refusal(R"({"a":"one.safetensors","c":"two.safetensors"})"),
                 "does not name 'b'"));
  CHECK(contains(shards.refusal(R"({"a":"one.safetensors","b":"two.safetensors",)"
                                R"("c":"two.safetensors"})"),
                 "'b'"));
  std::filesystem::copy(shards.folder.path() / "two.safetensors",
                        shards.folder.path() / "copy.safetensors");
  CHECK(contains(shards.refusal(R"({"c":"two.safetensors","d":"copy.safetensors"})"),
                 "two files hold a tensor 'c'"));
}

TEST_CASE("safetensors set: an index that is no index is refused") {
  const Shards shards;
  for (const char* text : {"[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})", "{",
                           R"({"weight_map":{"c":"two.safetensors","c":"two.safetensors"}})"}) {
    CAPTURE(text);
    const std::filesystem::path path = shards.folder.file("x.index.json", text);
    CHECK(contains(sentence_of<FileError>([&] { const SafetensorsSet set(path); }), path.string()));
  }
  const testing::TemporaryFolder empty;
  const auto open = [&] { const SafetensorsSet set(empty.path()); };
  CHECK(contains(sentence_of<FileError>(open), "has neither model.safetensors nor"));
}
