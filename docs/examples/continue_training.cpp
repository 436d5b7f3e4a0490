// Trains a saved model further: continue_training [MODEL_DIRECTORY]
// Without a directory it saves a fresh model first, in the layout of Hugging Face's GPT-2.

#include <filesystem>

#include "gradus.h"

using namespace gradus;

namespace {

// Makes the model repeat 0 1 2 3 4 5 6 7 0 1 ... Returns the last loss.
real train(const GPT& model, int64_t steps) {
  std::vector<int32_t> text;
  for (int32_t i = 0; i < 400; ++i) text.push_back(i % 8);
  CausalLoader loader(text, {.batch_size = 4, .block_size = 16});
  AdamW optimizer(model.named_parameters(), {.lr = real(3e-3)});
  real last = 0;
  for (int64_t step = 0; step < steps; ++step) {
    const auto [ids, targets] = loader.next();
    const Tensor loss = model.loss(ids, targets);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    last = loss.item();
  }
  return last;
}

}  // namespace

int main(int argc, char** argv) {
  const bool given = argc > 1;
  const std::filesystem::path directory =
      given ? argv[1] : std::filesystem::temp_directory_path() / "gradus-continue-training";
  if (!given) {
    std::filesystem::create_directories(directory);
    const GPT fresh({.block_size = 16, .vocab_size = 8, .n_layer = 1, .n_head = 2, .n_embd = 16});
    fmt::print("fresh      loss {:.3f}\n", train(fresh, 30));
    save_gpt2(fresh, directory);
  }
  const GPT model = load_gpt2(directory);
  const real before = train(model, 1), after = train(model, 100);
  fmt::print("loaded     loss {:.3f}\ncontinued  loss {:.3f}\n", before, after);
  save_gpt2(model, directory);
  if (!given) std::filesystem::remove_all(directory);
  return after < before ? 0 : 1;
}
