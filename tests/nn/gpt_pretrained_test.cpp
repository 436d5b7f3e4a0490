// A GPT on disk, whichever family's names its folder has.

#include "nn/pretrained/gpt.h"

#include "nn/pretrained/gpt2.h"
#include "nn/pretrained/llama.h"
#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("load_gpt reads gpt2, gradus-gpt, llama and mistral, each as its own function does") {
  GPTConfig config{.block_size = 6, .vocab_size = 7, .n_layer = 1, .n_head = 2, .n_embd = 8};
  const auto check_read = [](const GPT& model, auto save) {
    const TemporaryFolder folder;
    save(model, folder.path());
    CHECK(load_gpt_config(folder.path()) == model.config);
    const GPT again = load_gpt(folder.path());
    for (const NamedTensor& p : model.named_parameters()) {
      CHECK(bit_difference(again.find(p.name), p.tensor) == "");
    }
  };
  check_read(GPT(config), save_gpt2);
  config.bias = config.tie_weights = false;
  config.positions = Positions::rope;
  config.norm = NormKind::rms;
  config.activation = Activation::swiglu;
  check_read(GPT(config), save_gpt2);  // as gradus-gpt
  check_read(GPT(config), save_llama);
  config.window = 3;
  check_read(GPT(config), save_llama);
}

TEST_CASE("load_gpt: a model that is no GPT is refused with the names of those that are") {
  const TemporaryFolder folder;
  const std::string file = folder.file("config.json", R"({"model_type": "gemma"})").string();
  const std::string sentence =
      file + ": model_type 'gemma' is no GPT's: gpt2, gradus-gpt, llama, mistral";
  CHECK(message_of<FileError>([&] { load_gpt(folder.path()); }) == sentence);
  CHECK(message_of<FileError>([&] { load_gpt_config(folder.path()); }) == sentence);
}
