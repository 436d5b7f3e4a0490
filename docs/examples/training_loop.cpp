// A character GPT with a training loop of your own: training_loop [FILE]

#include "gradus.h"

using namespace gradus;

int main(int argc, char** argv) {
  std::string text;
  if (argc > 1) text = read_corpus(argv[1]);
  for (int i = 0; text.size() < 4000; ++i) {
    text += fmt::format("{} plus {} is {}.\n", i % 10, i / 10 % 10, i % 10 + i / 10 % 10);
  }
  const CharTokenizer tokenizer = CharTokenizer::train(text);
  CausalLoader loader(tokenizer.encode(text), {.batch_size = 8, .block_size = 32});

  manual_seed(1);
  const GPT model({.block_size = 32,
                   .vocab_size = tokenizer.vocab_size(),
                   .n_layer = 2,
                   .n_head = 2,
                   .n_embd = 32});
  AdamW optimizer(model.named_parameters(), {.lr = real(3e-3), .weight_decay = real(0.1)});
  const Schedule schedule{.decay = Decay::cosine,
                          .lr = real(3e-3),
                          .min_lr = real(3e-4),
                          .warmup_steps = 20,
                          .decay_steps = 300};
  real last = 0;
  for (int64_t step = 0; step < 300; ++step) {
    optimizer.lr = schedule(step);
    const auto [ids, targets] = loader.next();     // (B, T), (B, T)
    const Tensor loss = model.loss(ids, targets);  // ()
    loss.backward();
    const double norm = clip_grad_norm(model.named_parameters(), 1.0);
    optimizer.step();
    optimizer.zero_grad();
    last = loss.item();
    if (step % 50 == 0) fmt::print("step {:>3}  loss {:.3f}  norm {:.2f}\n", step, last, norm);
  }
  const std::vector<int32_t> prompt = tokenizer.encode(text.substr(0, 1));
  const auto ids = generate(model, prompt, {.max_new_tokens = 60, .sampling = {.temperature = 0}});
  fmt::print("loss {:.3f}\n{}{}\n", last, tokenizer.decode(prompt), tokenizer.decode(ids));
  return argc > 1 || last < real(1) ? 0 : 1;
}
