"""Records ten training steps of a tiny BERT, the reference of the golden test.

    python3 tests/golden/record_bert.py

Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", in plain PyTorch;
modules have Hugging Face's names. See README.md here for what the files hold.
Dimension key: B batch, T time, C channels, V vocabulary, NH heads, hs head size.
"""

import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from record_gpt import GOLDEN, IGNORE_INDEX, randomise, write_safetensors

STEPS, B, T, SHORTEST = 10, 4, 8, 5
LR, BETAS, EPS, WEIGHT_DECAY, CLIP = 1e-3, (0.9, 0.999), 1e-6, 0.01, 1.0
CONFIG = {
    "architectures": ["BertForPreTraining"], "model_type": "bert", "vocab_size": 29,
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
    "max_position_embeddings": T, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    "initializer_range": 0.02, "pad_token_id": 0}
V, C, NH, INNER = (CONFIG[key] for key in (
    "vocab_size", "hidden_size", "num_attention_heads", "intermediate_size"))


def norm():
    return nn.LayerNorm(C, eps=CONFIG["layer_norm_eps"])


class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(V, C)
        self.position_embeddings = nn.Embedding(CONFIG["max_position_embeddings"], C)
        self.token_type_embeddings = nn.Embedding(CONFIG["type_vocab_size"], C)
        self.LayerNorm = norm()

    def forward(self, ids, types):
        positions = torch.arange(ids.shape[1])
        return self.LayerNorm(self.word_embeddings(ids) + self.position_embeddings(positions)
                              + self.token_type_embeddings(types))


class SelfAttention(nn.Module):
    """softmax(q kᵀ / √hs + mask) v (Vaswani et al. 2017, eq. 1), without its projection."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, C)

    def forward(self, x, mask):
        B, T, _ = x.shape
        q, k, v = (f(x).view(B, T, NH, C // NH).transpose(1, 2)  # (B, NH, T, hs)
                   for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-2, -1) / math.sqrt(C // NH)  # (B, NH, T, T)
        weights = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf")).softmax(dim=-1)
        return (weights @ v).transpose(1, 2).reshape(B, T, C)


class Residual(nn.Module):
    """LayerNorm(x + W y + b): the norm stands after the sum."""

    def __init__(self, width):
        super().__init__()
        self.dense, self.LayerNorm = nn.Linear(width, C), norm()

    def forward(self, y, x):
        return self.LayerNorm(x + self.dense(y))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.ModuleDict({"self": SelfAttention(), "output": Residual(C)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(C, INNER)})
        self.output = Residual(INNER)

    def forward(self, x, mask):
        x = self.attention["output"](self.attention["self"](x, mask), x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)  # gelu with erf


class Predictions(nn.Module):
    """The head for masked tokens; its last weight is the token embedding."""

    def __init__(self):
        super().__init__()
        self.transform = nn.ModuleDict({"dense": nn.Linear(C, C), "LayerNorm": norm()})
        self.bias = nn.Parameter(torch.zeros(V))

    def forward(self, x, wte):
        x = self.transform["LayerNorm"](F.gelu(self.transform["dense"](x)))
        return F.linear(x, wte, self.bias)


class BertForPreTraining(nn.Module):
    def __init__(self):
        super().__init__()
        layers = nn.ModuleList(Layer() for _ in range(CONFIG["num_hidden_layers"]))
        self.bert = nn.ModuleDict({
            "embeddings": Embeddings(), "encoder": nn.ModuleDict({"layer": layers}),
            "pooler": nn.ModuleDict({"dense": nn.Linear(C, C)})})
        self.cls = nn.ModuleDict({"predictions": Predictions(),
                                  "seq_relationship": nn.Linear(C, 2)})

    def forward(self, ids, types, mask):
        """Logits of all tokens (B, T, V) and of the pairs (B, 2)."""
        x = self.bert["embeddings"](ids, types)
        for layer in self.bert["encoder"]["layer"]:
            x = layer(x, mask)
        pooled = torch.tanh(self.bert["pooler"]["dense"](x[:, 0]))
        wte = self.bert["embeddings"].word_embeddings.weight
        return self.cls["predictions"](x, wte), self.cls["seq_relationship"](pooled)


def make_batches():
    """Sequences of 5 to 8 tokens, of which every fourth or so is a target."""
    shape = (STEPS, B, T)
    position = torch.arange(T).expand(shape)
    mask = position < torch.randint(SHORTEST, T + 1, (STEPS, B, 1))
    ids = torch.randint(1, V, shape).masked_fill(~mask, CONFIG["pad_token_id"])
    types = (position >= torch.randint(1, SHORTEST, (STEPS, B, 1))) & mask
    targets = torch.randint(1, V, shape)
    targets[(torch.rand(shape) > 0.25) | ~mask] = IGNORE_INDEX
    return {"ids": ids, "types": types.long(), "mask": mask.float(), "targets": targets,
            "is_random": torch.randint(2, (STEPS, B))}


def make_optimizer(model):
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": WEIGHT_DECAY},
                              {"params": others, "weight_decay": 0.0}],
                             lr=LR, betas=BETAS, eps=EPS)


def train_step(model, optimizer, batch):
    """The loss of the masked tokens, that of the pairs, and the norm of their sum's gradient."""
    tokens, pairs = model(batch["ids"], batch["types"], batch["mask"])
    masked = F.cross_entropy(tokens.flatten(0, 1), batch["targets"].flatten(),
                             ignore_index=IGNORE_INDEX)
    following = F.cross_entropy(pairs, batch["is_random"])
    optimizer.zero_grad(set_to_none=True)
    (masked + following).backward()
    gradient_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    return masked.item(), following.item(), gradient_norm.item()


def initial_model():
    torch.manual_seed(3)
    model = BertForPreTraining()
    randomise(model)
    return model


def record(folder):
    model = initial_model()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    write_safetensors(folder / "model.safetensors",
                      {name: p.detach().clone() for name, p in model.named_parameters()},
                      {"format": "pt"})
    batches, optimizer = make_batches(), make_optimizer(model)
    history = [train_step(model, optimizer, {name: all_steps[i] for name, all_steps
                                             in batches.items()}) for i in range(STEPS)]
    masked, following, norms = torch.tensor(history, dtype=torch.float64).unbind(dim=1)
    tensors = {name: x if x.is_floating_point() else x.int() for name, x in batches.items()}
    tensors |= {"mlm_losses": masked, "nsp_losses": following, "grad_norms": norms}
    settings = {"lr": LR, "beta1": BETAS[0], "beta2": BETAS[1], "eps": EPS,
                "weight_decay": WEIGHT_DECAY, "clip": CLIP, "torch": torch.__version__}
    write_safetensors(folder / "steps.safetensors", tensors,
                      {key: str(value) for key, value in settings.items()})
    print(folder.name, [f"{a:.4f} + {b:.4f}" for a, b, _ in history])


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(GOLDEN / "bert")
