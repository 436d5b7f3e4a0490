"""BERT's pre-training in plain PyTorch, 1.13 or later: the reference that gradus is compared with.

    python3 bench/pytorch_bert.py --threads 2 --steps 30

Devlin et al. 2019, in Hugging Face's form: masked tokens and next sentences of BERT-mini.
Dimension key: B batch, T time, C channels, V vocabulary, NH heads, hs head size.
"""

from pytorch_gpt import parse_arguments, restart_with_environment

if __name__ == "__main__":
    ARGUMENTS = parse_arguments(["bert-mini"])
    restart_with_environment(ARGUMENTS.threads, ARGUMENTS.tuned)

import torch
import torch.nn as nn
import torch.nn.functional as F

from pytorch_gpt import Timer, attention, main, make_optimizer

LAYERS, NH, C, V, B, T = 4, 4, 256, 30522, 16, 128
TARGETS_PER_ROW = 19  # round(0.15 T)


class Layer(nn.Module):
    """A post-norm block: LayerNorm(x + attention(x)), LayerNorm(x + MLP(x))."""

    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.fc, self.fc_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.ln_1, self.ln_2 = nn.LayerNorm(C, eps=1e-12), nn.LayerNorm(C, eps=1e-12)

    def forward(self, x):
        q, k, v = (y.view(B, T, NH, C // NH).transpose(1, 2)  # (B, NH, T, hs)
                   for y in self.qkv(x).split(C, dim=2))
        x = self.ln_1(x + self.proj(attention(q, k, v).transpose(1, 2).reshape(B, T, C)))
        return self.ln_2(x + self.fc_proj(F.gelu(self.fc(x))))


class BERT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe, self.wtt = nn.Embedding(V, C), nn.Embedding(512, C), nn.Embedding(2, C)
        self.ln_e, self.ln_mlm = nn.LayerNorm(C, eps=1e-12), nn.LayerNorm(C, eps=1e-12)
        self.h = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.dense, self.pooler, self.nsp = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, 2)
        self.bias = nn.Parameter(torch.zeros(V))
        for p in self.parameters():
            if p.dim() >= 2:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, types, positions):
        """Logits of the tokens at `positions` of all B T, (N, V), and of the pairs, (B, 2)."""
        x = self.ln_e(self.wte(ids) + self.wpe.weight[:T] + self.wtt(types))
        for layer in self.h:
            x = layer(x)
        masked = F.gelu(self.dense(x.view(B * T, C)[positions]))
        masked = self.ln_mlm(masked.float())  # 1.13's norm does not mix bfloat16 and float32
        return (F.linear(masked, self.wte.weight, self.bias),
                self.nsp(torch.tanh(self.pooler(x[:, 0]))))


class BERTTimer(Timer):
    """Runs training steps on one fixed random batch."""

    def __init__(self):
        torch.manual_seed(1)
        self.model = BERT()
        self.optimizer = make_optimizer(self.model, 1e-4, (0.9, 0.999), 0.01, 1e-6)
        self.ids, self.types = torch.randint(V, (B, T)), torch.zeros(B, T, dtype=torch.long)
        places = torch.arange(TARGETS_PER_ROW) * T // TARGETS_PER_ROW
        self.positions = (torch.arange(B)[:, None] * T + places).flatten()
        self.targets = torch.randint(V, self.positions.shape)
        self.is_random = torch.randint(2, (B,))
        self.tokens = self.ids.numel()

    def step(self):
        masked, pairs = self.model(self.ids, self.types, self.positions)
        loss = F.cross_entropy(masked, self.targets) + F.cross_entropy(pairs, self.is_random)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        loss.item()


if __name__ == "__main__":
    main(ARGUMENTS, lambda preset: BERTTimer())
