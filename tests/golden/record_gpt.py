"""Records ten training steps of two tiny GPTs, the references of the golden tests.

    python3 tests/golden/record_gpt.py

The model is bench/pytorch_gpt.py's; see README.md here for what the files hold.
"""

import json
import struct
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent
sys.path.insert(0, str(GOLDEN.parents[1] / "bench"))

import torch
import torch.nn.functional as F

from pytorch_gpt import GPT, Config, make_optimizer, train_step

STEPS, B, T = 10, 4, 8
LR, BETAS, EPS, WEIGHT_DECAY, CLIP = 1e-3, (0.9, 0.95), 1e-8, 0.1, 1.0
IGNORE_INDEX = -100
DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.int32: "I32"}


def write_safetensors(path, tensors, metadata):
    """u64 length of the header, JSON header, data; wide types first, so each is aligned."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for name, t in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        chunk = t.contiguous().numpy().tobytes()
        end = offset + len(chunk)
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape),
                        "data_offsets": [offset, end]}
        chunks.append(chunk)
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def randomise(model):
    """Weights large enough, biases and scales uneven enough, that a wrong gradient shows."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            scale = name.endswith("weight") and p.dim() == 1
            p.normal_(mean=1.0 if scale else 0.0, std=0.2)


def record(path, config, label_smoothing, seed):
    torch.manual_seed(seed)
    model = GPT(config)
    randomise(model)
    optimizer = make_optimizer(model, LR, BETAS, WEIGHT_DECAY, EPS)
    ids = torch.randint(config.vocab_size, (STEPS, B, T))
    targets = torch.randint(config.vocab_size, (STEPS, B, T))
    targets[torch.rand(STEPS, B, T) < 0.1] = IGNORE_INDEX

    tensors = {f"init.{name}": p.detach().clone() for name, p in model.named_parameters()}
    F.cross_entropy(model(ids[0]).flatten(0, 1), targets[0].flatten(), ignore_index=IGNORE_INDEX,
                    label_smoothing=label_smoothing).backward()
    tensors |= {f"grad.{name}": p.grad.clone() for name, p in model.named_parameters()}
    optimizer.zero_grad(set_to_none=True)

    history = [train_step(model, optimizer, ids[i], targets[i], label_smoothing, CLIP)
               for i in range(STEPS)]
    losses, norms = torch.tensor(history, dtype=torch.float64).unbind(dim=1)
    tensors |= {"ids": ids.int(), "targets": targets.int(), "losses": losses, "grad_norms": norms}
    settings = vars(config) | {
        "batch": B, "time": T, "steps": STEPS, "lr": LR, "beta1": BETAS[0], "beta2": BETAS[1],
        "eps": EPS, "weight_decay": WEIGHT_DECAY, "clip": CLIP, "ignore_index": IGNORE_INDEX,
        "label_smoothing": label_smoothing, "torch": torch.__version__}
    metadata = {"format": "pt"}
    for key, value in settings.items():
        metadata[key] = json.dumps(value) if isinstance(value, bool) else str(value)
    write_safetensors(path, tensors, metadata)
    print(path.name, [f"{loss:.4f}" for loss in losses.tolist()])


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(GOLDEN / "gpt.safetensors", seed=1, label_smoothing=0.0,
           config=Config(n_layer=2, n_head=2, n_embd=16, block_size=8, vocab_size=29, bias=True))
    record(GOLDEN / "gpt_variant.safetensors", seed=2, label_smoothing=0.1,
           config=Config(n_layer=1, n_head=4, n_embd=16, block_size=8, vocab_size=29, bias=False))
