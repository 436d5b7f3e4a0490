"""GPT-2 in plain PyTorch, 1.13 or later: the reference that gradus is compared with.

    python3 bench/pytorch_gpt.py --preset nano --threads 2 --steps 30
    python3 bench/pytorch_gpt.py --preset nano --threads 2 --serve

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", in nanoGPT's form.
Dimension key: B batch, T time, C channels (n_embd), V vocabulary, NH heads, hs head size.
"""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
from dataclasses import dataclass


def parse_arguments(presets):
    parser = argparse.ArgumentParser(description="Time one training step in PyTorch.")
    parser.add_argument("--preset", choices=presets, default=presets[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32",
                        help="bf16: the forward pass under autocast")
    parser.add_argument("--compile", action="store_true", help="torch.compile the model (2.1 on)")
    parser.add_argument("--serve", action="store_true",
                        help="run N steps for each line N on stdin; 'quit' ends")
    parser.add_argument("--tuned", action="store_true",
                        help="let malloc keep freed memory, in huge pages")
    return parser.parse_args()


# glibc returns large freed blocks to the kernel, whose page faults then cost PyTorch up to a third
# of a step. With these settings (--tuned) all memory stays in the heap, in huge pages.
MALLOC = ":".join(f"glibc.malloc.{setting}" for setting in (
    "mmap_max=0", "trim_threshold=64000000000", "top_pad=268435456", "hugetlb=1"))


def restart_with_environment(threads, tuned):
    """OpenMP and malloc read their settings once, as the process starts."""
    wanted = {"OMP_NUM_THREADS": str(threads)}
    if tuned:
        wanted["GLIBC_TUNABLES"] = MALLOC
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})


if __name__ == "__main__":
    ARGUMENTS = parse_arguments(["nano", "baby", "gpt2"])
    restart_with_environment(ARGUMENTS.threads, ARGUMENTS.tuned)

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    n_layer: int
    n_head: int
    n_embd: int
    block_size: int
    vocab_size: int
    bias: bool


@dataclass
class Preset:
    config: Config
    batch: int
    time: int
    lr: float
    betas: tuple


PRESETS = {
    "nano": Preset(Config(4, 4, 128, 64, 65, False), 12, 64, 1e-3, (0.9, 0.99)),
    "baby": Preset(Config(6, 6, 384, 256, 65, False), 16, 256, 1e-3, (0.9, 0.99)),
    "gpt2": Preset(Config(12, 12, 768, 1024, 50257, True), 4, 64, 6e-4, (0.9, 0.95)),
}


class LayerNorm(nn.Module):
    """nn.LayerNorm has no switch for its bias in 1.13."""

    def __init__(self, C, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(C))
        self.bias = nn.Parameter(torch.zeros(C)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


def attention(q, k, v, future=None):
    """softmax(q kᵀ / √hs + mask) v (Vaswani et al. 2017, eq. 1), fused where PyTorch has it."""
    if hasattr(F, "scaled_dot_product_attention"):  # from 2.0 on
        return F.scaled_dot_product_attention(q, k, v, is_causal=future is not None)
    # scaling q and masking in place save two passes over the largest tensor
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)  # (B, NH, T, T)
    if future is not None:
        scores = scores.masked_fill_(future, float("-inf"))
    return scores.softmax(dim=-1) @ v


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, config):
        super().__init__()
        C, T = config.n_embd, config.block_size
        self.n_head = config.n_head
        self.c_attn = nn.Linear(C, 3 * C, bias=config.bias)
        self.c_proj = nn.Linear(C, C, bias=config.bias)
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)

    def forward(self, x):
        B, T, C = x.shape
        hs = C // self.n_head
        q, k, v = (y.view(B, T, self.n_head, hs).transpose(1, 2)  # (B, NH, T, hs)
                   for y in self.c_attn(x).split(C, dim=2))
        y = attention(q, k, v, self.future[:T, :T])
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = LayerNorm(config.n_embd, config.bias)
        self.attn = Attention(config)
        self.ln_2 = LayerNorm(config.n_embd, config.bias)
        self.mlp = MLP(config)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.h = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = LayerNorm(config.n_embd, config.bias)
        self.initialise(config.n_layer)

    def initialise(self, n_layer):
        """N(0, 0.02²), narrower by √(2L) for the projections that feed the residual stream."""
        for name, p in self.named_parameters():
            if p.dim() >= 2:
                residual = name.endswith("c_proj.weight")
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * n_layer) if residual else 0.02)
            elif not name.split(".")[-2].startswith("ln_"):
                nn.init.zeros_(p)

    def forward(self, ids):
        """ids (B, T) → logits (B, T, V); the head is tied to wte."""
        x = self.wte(ids) + self.wpe.weight[:ids.shape[1]]  # (B, T, C)
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def has_fused_adamw():
    """Whether AdamW updates all parameters in one pass on a CPU."""
    return tuple(int(n) for n in torch.__version__.split(".")[:2]) >= (2, 4)


def make_optimizer(model, lr, betas, weight_decay=0.1, eps=1e-8):
    """AdamW (Loshchilov & Hutter 2019) that decays matrices and embeddings only."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    if has_fused_adamw():
        return torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps, fused=True)
    small = sum(p.numel() for p in parameters) < 50e6  # foreach keeps temporaries of all at once
    return torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps, foreach=small)


def train_step(model, optimizer, ids, targets, label_smoothing=0.0, max_norm=1.0):
    """One step; returns (loss, norm of all gradients before clipping)."""
    logits = model(ids)
    loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1),
                           label_smoothing=label_smoothing)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item(), norm.item()


class Timer:
    """Runs training steps of a preset on one fixed random batch."""

    def __init__(self, preset):
        torch.manual_seed(1)
        self.model = GPT(preset.config)
        self.optimizer = make_optimizer(self.model, preset.lr, preset.betas)
        shape = (2, preset.batch, preset.time)
        self.ids, self.targets = torch.randint(preset.config.vocab_size, shape)
        self.tokens = self.ids.numel()

    def step(self):
        train_step(self.model, self.optimizer, self.ids, self.targets)

    def run(self, steps):
        """Milliseconds of each of the steps."""
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            self.step()
            times.append(1e3 * (time.perf_counter() - start))
        return times


def in_bf16(forward):
    """The same forward pass with bfloat16 matrix products; its results in float32."""
    def autocast_forward(*inputs):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = forward(*inputs)
        return tuple(part.float() for part in y) if isinstance(y, tuple) else y.float()
    return autocast_forward


def say(value):
    print(json.dumps(value), flush=True)


def peak_rss_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main(arguments, make_timer):
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    timer = make_timer(arguments.preset)
    if arguments.precision == "bf16":
        timer.model.forward = in_bf16(timer.model.forward)
    if arguments.compile:
        timer.model.compile()
    timer.run(3)  # the first steps allocate and warm the caches
    about = {"preset": arguments.preset, "precision": arguments.precision,
             "threads": arguments.threads}
    if arguments.serve:
        say({**about, "torch": torch.__version__, "peak_rss_mb": peak_rss_mb()})
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            say(timer.run(int(line)))
        return
    times = timer.run(arguments.steps)
    say({**about,
         "step_ms": round(min(times), 3),
         "step_ms_median": round(statistics.median(times), 3),
         "tokens_per_second": round(1e3 * timer.tokens / min(times)),
         "peak_rss_mb": peak_rss_mb(),
         "torch": torch.__version__})


if __name__ == "__main__":
    main(ARGUMENTS, lambda preset: Timer(PRESETS[preset]))
