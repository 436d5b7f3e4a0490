"""Records five training steps of tiny Llama, Mistral, T5, T5 1.1 and BART models.

    python3 tests/golden/record_variants.py

Plain PyTorch by the papers' formulas; modules have Hugging Face's names. See README.md here for
what the files hold. Dimension key: B batch, S source time, T target time, C channels, V vocabulary,
NH heads, NKV key/value heads, hs head size.
"""

import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from record_gpt import GOLDEN, IGNORE_INDEX, randomise, write_safetensors

STEPS, B, S, T = 5, 3, 24, 20
LR, BETAS, EPS, WEIGHT_DECAY, CLIP = 1e-3, (0.9, 0.98), 1e-8, 0.01, 1.0
V, C, NH = 29, 16, 4

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": V,
    "max_position_embeddings": T, "hidden_size": C, "intermediate_size": 40,
    "num_hidden_layers": 2, "num_attention_heads": NH, "num_key_value_heads": 2,
    "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
    "tie_word_embeddings": False, "attention_bias": False}
MISTRAL = LLAMA | {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                   "sliding_window": 5}
T5 = {
    "architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": V,
    "is_encoder_decoder": True, "d_model": C, "d_kv": 4, "d_ff": 24, "num_layers": 2,
    "num_decoder_layers": 2, "num_heads": NH, "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128, "feed_forward_proj": "relu", "dropout_rate": 0.0,
    "layer_norm_epsilon": 1e-6, "tie_word_embeddings": True, "pad_token_id": 0,
    "decoder_start_token_id": 0, "eos_token_id": 1}
T5_GATED = T5 | {"d_kv": 6, "num_decoder_layers": 1, "feed_forward_proj": "gated-gelu",
                 "tie_word_embeddings": False}
BART = {
    "architectures": ["BartForConditionalGeneration"], "model_type": "bart", "vocab_size": V,
    "is_encoder_decoder": True, "d_model": C, "encoder_layers": 2, "decoder_layers": 2,
    "encoder_attention_heads": NH, "decoder_attention_heads": NH, "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24, "activation_function": "gelu", "dropout": 0.0,
    "max_position_embeddings": S, "scale_embedding": False, "tie_word_embeddings": True,
    "pad_token_id": 1, "bos_token_id": 0, "decoder_start_token_id": 2, "eos_token_id": 2}


def heads(x, hs):
    """(B, T, NH hs) -> (B, NH, T, hs)"""
    return x.view(*x.shape[:2], -1, hs).transpose(1, 2)


def attend(q, k, v, hidden, scale, bias=0.0):
    """softmax(scale q kᵀ + bias) v (Vaswani et al. 2017, eq. 1) -> (B, T, NH hs).

    hidden, which broadcasts to (B, NH, T, S), is True where a query may not look.
    """
    scores = (scale * (q @ k.transpose(-2, -1)) + bias).masked_fill(hidden, float("-inf"))
    y = scores.softmax(dim=-1) @ v
    return y.transpose(1, 2).flatten(2)


def future(T):
    """True above the diagonal: (T, T)"""
    return torch.ones(T, T, dtype=torch.bool).triu(1)


class RMSNorm(nn.Module):
    """w x / √(mean x² + ε) (Zhang & Sennrich 2019)."""

    def __init__(self, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(C)), eps

    def forward(self, x):
        return self.weight * x / torch.sqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.eps)


def projection(inside, outside):
    return nn.Linear(inside, outside, bias=False)


# Llama and Mistral (Touvron et al. 2023; Jiang et al. 2023)


def turned(x, theta):
    """Rotary positions (Su et al. 2021), x (B, NH, T, hs): pairs (i, i + hs/2) turn by t θ^(-2i/hs)."""
    T, hs = x.shape[-2:]
    frequencies = theta ** (-torch.arange(0, hs, 2, dtype=torch.float64) / hs)
    angles = torch.arange(T, dtype=torch.float64)[:, None] * frequencies  # (T, hs/2)
    cos, sin = angles.cos().float(), angles.sin().float()
    a, b = x[..., :hs // 2], x[..., hs // 2:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class LlamaAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.hs = config, C // NH
        shared = config["num_key_value_heads"] * self.hs
        self.q_proj, self.o_proj = projection(C, C), projection(C, C)
        self.k_proj, self.v_proj = projection(C, shared), projection(C, shared)

    def forward(self, x):
        theta, window = self.config["rope_theta"], self.config.get("sliding_window")
        q = turned(heads(self.q_proj(x), self.hs), theta)
        k = turned(heads(self.k_proj(x), self.hs), theta)
        v = heads(self.v_proj(x), self.hs)
        group = NH // self.config["num_key_value_heads"]
        k, v = (y.repeat_interleave(group, dim=1) for y in (k, v))
        hidden = future(x.shape[1])
        if window is not None:
            hidden = hidden | ~torch.ones_like(hidden).triu(1 - window)
        return self.o_proj(attend(q, k, v, hidden, 1 / math.sqrt(self.hs)))


class LlamaMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        inner = config["intermediate_size"]
        self.gate_proj, self.up_proj = projection(C, inner), projection(C, inner)
        self.down_proj = projection(inner, C)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self_attn, self.mlp = LlamaAttention(config), LlamaMLP(config)
        self.input_layernorm = RMSNorm(config["rms_norm_eps"])
        self.post_attention_layernorm = RMSNorm(config["rms_norm_eps"])

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        layers = nn.ModuleList(LlamaLayer(config) for _ in range(config["num_hidden_layers"]))
        self.model = nn.ModuleDict({"embed_tokens": nn.Embedding(V, C), "layers": layers,
                                    "norm": RMSNorm(config["rms_norm_eps"])})
        self.lm_head = projection(C, V)

    def forward(self, batch):
        x = self.model["embed_tokens"](batch["inputs"])
        for layer in self.model["layers"]:
            x = layer(x)
        return self.lm_head(self.model["norm"](x))


# T5 (Raffel et al. 2020, §2.1)


def bucket(ahead, both_sides, count=32, max_distance=128):
    """Where the bias for a key so many places ahead of the query stands in the table."""
    side = 0
    if both_sides:
        count //= 2
        side = count if ahead > 0 else 0
    distance = abs(ahead) if both_sides else max(-ahead, 0)
    exact = count // 2
    if distance < exact:
        return side + distance
    steps = math.log(distance / exact) / math.log(max_distance / exact) * (count - exact)
    return side + min(exact + int(steps), count - 1)


class T5Attention(nn.Module):
    def __init__(self, config, has_table=False):
        super().__init__()
        self.hs = config["d_kv"]
        self.q, self.k, self.v = (projection(C, NH * self.hs) for _ in range(3))
        self.o = projection(NH * self.hs, C)
        if has_table:
            self.relative_attention_bias = nn.Embedding(32, NH)

    def bias(self, T, both_sides):
        """(NH, T, T)"""
        buckets = torch.tensor([[bucket(k - q, both_sides) for k in range(T)] for q in range(T)])
        return self.relative_attention_bias(buckets).permute(2, 0, 1)

    def forward(self, x, memory, hidden, bias):
        q, k, v = (heads(f(y), self.hs) for f, y in
                   ((self.q, x), (self.k, memory), (self.v, memory)))
        return self.o(attend(q, k, v, hidden, 1.0, bias))  # the scores are not scaled


class T5MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        inner, self.gated = config["d_ff"], config["feed_forward_proj"] == "gated-gelu"
        for name in ("wi_0", "wi_1") if self.gated else ("wi",):
            self.add_module(name, projection(C, inner))
        self.wo = projection(inner, C)

    def forward(self, x):
        if self.gated:  # Shazeer 2020, with gelu by tanh
            return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))
        return self.wo(F.relu(self.wi(x)))


class T5Part(nn.Module):
    """x + f(norm(x))"""

    def __init__(self, config, name, f):
        super().__init__()
        self.name, self.layer_norm = name, RMSNorm(config["layer_norm_epsilon"])
        self.add_module(name, f)

    def forward(self, x, *others):
        return x + getattr(self, self.name)(self.layer_norm(x), *others)


class T5SelfPart(T5Part):
    def forward(self, x, hidden, bias):
        normed = self.layer_norm(x)
        return x + self.SelfAttention(normed, normed, hidden, bias)


class T5Block(nn.Module):
    def __init__(self, config, decodes, has_table):
        super().__init__()
        parts = [T5SelfPart(config, "SelfAttention", T5Attention(config, has_table))]
        if decodes:
            parts.append(T5Part(config, "EncDecAttention", T5Attention(config)))
        parts.append(T5Part(config, "DenseReluDense", T5MLP(config)))
        self.layer = nn.ModuleList(parts)

    def forward(self, x, hidden, bias, *source):
        x = self.layer[0](x, hidden, bias)
        if source:
            memory, padding = source
            x = self.layer[1](x, memory, padding, 0.0)
        return self.layer[-1](x)


class T5Stack(nn.Module):
    def __init__(self, config, decodes):
        super().__init__()
        count = config["num_decoder_layers" if decodes else "num_layers"]
        self.block = nn.ModuleList(T5Block(config, decodes, i == 0) for i in range(count))
        self.final_layer_norm = RMSNorm(config["layer_norm_epsilon"])
        self.decodes = decodes

    def forward(self, x, hidden, *source):
        bias = self.block[0].layer[0].SelfAttention.bias(x.shape[1], not self.decodes)
        for block in self.block:
            x = block(x, hidden, bias, *source)
        return self.final_layer_norm(x)


class T5Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.shared = nn.Embedding(V, C)
        self.encoder, self.decoder = T5Stack(config, False), T5Stack(config, True)
        if not config["tie_word_embeddings"]:
            self.lm_head = projection(C, V)

    def forward(self, batch):
        padding = batch["mask"][:, None, None, :] == 0
        memory = self.encoder(self.shared(batch["source"]), padding)
        inputs = batch["inputs"]
        x = self.decoder(self.shared(inputs), future(inputs.shape[1]), memory, padding)
        if hasattr(self, "lm_head"):
            return self.lm_head(x)
        return F.linear(x / math.sqrt(C), self.shared.weight)


# BART (Lewis et al. 2020)


class BartAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(C, C) for _ in range(4))

    def forward(self, x, memory, hidden):
        hs = C // NH
        q, k, v = (heads(f(y), hs) for f, y in
                   ((self.q_proj, x), (self.k_proj, memory), (self.v_proj, memory)))
        return self.out_proj(attend(q, k, v, hidden, 1 / math.sqrt(hs)))


class BartLayer(nn.Module):
    """Each part is norm(x + f(x))."""

    def __init__(self, inner, decodes):
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = BartAttention(), nn.LayerNorm(C)
        if decodes:
            self.encoder_attn, self.encoder_attn_layer_norm = BartAttention(), nn.LayerNorm(C)
        self.fc1, self.fc2 = nn.Linear(C, inner), nn.Linear(inner, C)
        self.final_layer_norm = nn.LayerNorm(C)

    def forward(self, x, hidden, *source):
        x = self.self_attn_layer_norm(x + self.self_attn(x, x, hidden))
        if source:
            memory, padding = source
            x = self.encoder_attn_layer_norm(x + self.encoder_attn(x, memory, padding))
        return self.final_layer_norm(x + self.fc2(F.gelu(self.fc1(x))))


class BartStack(nn.Module):
    def __init__(self, config, decodes):
        super().__init__()
        side = "decoder" if decodes else "encoder"
        self.embed_positions = nn.Embedding(config["max_position_embeddings"] + 2, C)
        self.layernorm_embedding = nn.LayerNorm(C)
        self.layers = nn.ModuleList(BartLayer(config[f"{side}_ffn_dim"], decodes)
                                    for _ in range(config[f"{side}_layers"]))

    def forward(self, x, hidden, *source):
        places = torch.arange(x.shape[1]) + 2  # the first position is row 2
        x = self.layernorm_embedding(x + self.embed_positions(places))
        for layer in self.layers:
            x = layer(x, hidden, *source)
        return x


class Bart(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.model = nn.ModuleDict({"shared": nn.Embedding(V, C),
                                    "encoder": BartStack(config, False),
                                    "decoder": BartStack(config, True)})

    def forward(self, batch):
        shared, inputs = self.model["shared"], batch["inputs"]
        padding = batch["mask"][:, None, None, :] == 0
        memory = self.model["encoder"](shared(batch["source"]), padding)
        x = self.model["decoder"](shared(inputs), future(inputs.shape[1]), memory, padding)
        return F.linear(x, shared.weight)


# Recording


def make_batches(start):
    """Sources of 9 to 24 tokens; inputs are the targets behind the start token."""
    mask = torch.arange(S).expand(STEPS, B, S) < torch.randint(9, S + 1, (STEPS, B, 1))
    source = torch.randint(3, V, (STEPS, B, S)).masked_fill(~mask, 0)
    targets = torch.randint(3, V, (STEPS, B, T))
    inputs = torch.cat([torch.full((STEPS, B, 1), start), targets[..., :-1]], dim=-1)
    targets = targets.masked_fill(torch.rand(targets.shape) < 0.1, IGNORE_INDEX)
    return {"source": source, "mask": mask.float(), "inputs": inputs, "targets": targets}


def loss_of(model, batch):
    return F.cross_entropy(model(batch).flatten(0, 1), batch["targets"].flatten(),
                           ignore_index=IGNORE_INDEX)


def make_optimizer(model):
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": WEIGHT_DECAY},
                              {"params": others, "weight_decay": 0.0}],
                             lr=LR, betas=BETAS, eps=EPS)


def train_step(model, optimizer, batch):
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(model, batch)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    return loss.item(), norm.item()


def record(name, make_model, config, seed):
    torch.manual_seed(seed)
    model, folder = make_model(config), GOLDEN / name
    randomise(model)
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    write_safetensors(folder / "model.safetensors",
                      {name: p.detach().clone() for name, p in model.named_parameters()},
                      {"format": "pt"})
    batches, optimizer = make_batches(config.get("decoder_start_token_id", 0)), make_optimizer(model)
    step = [{key: x[i] for key, x in batches.items()} for i in range(STEPS)]
    logits = model(step[0]).detach()
    history = [train_step(model, optimizer, batch) for batch in step]
    losses, norms = torch.tensor(history, dtype=torch.float64).unbind(dim=1)
    tensors = {key: x if x.is_floating_point() else x.int() for key, x in batches.items()}
    tensors |= {"logits": logits, "losses": losses, "grad_norms": norms}
    settings = {"lr": LR, "beta1": BETAS[0], "beta2": BETAS[1], "eps": EPS,
                "weight_decay": WEIGHT_DECAY, "clip": CLIP, "torch": torch.__version__}
    write_safetensors(folder / "steps.safetensors", tensors,
                      {key: str(value) for key, value in settings.items()})
    print(name, [f"{loss:.4f}" for loss, _ in history])


if __name__ == "__main__":
    torch.set_num_threads(1)
    record("llama", Llama, LLAMA, seed=5)
    record("mistral", Llama, MISTRAL, seed=6)
    record("t5", T5Model, T5, seed=7)
    record("t5_v1_1", T5Model, T5_GATED, seed=8)
    record("bart", Bart, BART, seed=9)
