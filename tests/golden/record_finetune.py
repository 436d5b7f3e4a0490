"""Records ten steps of fine-tuning the tiny BERT of record_bert.py on three kinds of task.

    python3 tests/golden/record_finetune.py

One linear layer on [CLS] for pairs of texts, and one on every token for tags and for spans (Devlin
et al. 2019, §4), in plain PyTorch. A batch holds all examples of a task. See README.md here.
"""

import json
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_

from record_bert import C, CONFIG, initial_model
from record_gpt import GOLDEN, IGNORE_INDEX, write_safetensors

STEPS, EXAMPLES, LR, WARMUP, WEIGHT_DECAY, CLIP, LAYER_DECAY = 10, 6, 1e-2, 0.2, 0.01, 1.0, 0.8
CLS, SEP, FIRST_WORD, LAST_WORD = 2, 3, 4, CONFIG["vocab_size"] - 1


def texts(shortest, longest):
    """Lists of words; the word w9 has the id 9."""
    return [[f"w{random.randint(FIRST_WORD, LAST_WORD)}" for _ in range(
        random.randint(shortest, longest))] for _ in range(EXAMPLES)]


def framed(*parts):
    """Ids and types of [CLS] A [SEP] B [SEP]."""
    ids, types = [CLS], [0]
    for segment, words in enumerate(parts):
        ids += [int(word[1:]) for word in words] + [SEP]
        types += [segment] * (len(words) + 1)
    return ids, types


def padded(rows, value):
    """Lists of different lengths -> (B, T)"""
    longest = max(map(len, rows))
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


class Task:
    """Examples as JSON, the sequences that are read, and a loss of the logits."""

    def __init__(self, outputs, examples, sequences):
        self.examples, self.outputs = examples, outputs
        self.ids = padded([ids for ids, _ in sequences], CONFIG["pad_token_id"])
        self.types = padded([types for _, types in sequences], 0)
        self.mask = padded([[1] * len(ids) for ids, _ in sequences], 0)


class Pairs(Task):
    def __init__(self):
        pairs = list(zip(texts(1, 3), texts(1, 2)))
        self.classes = [i % 3 for i in range(EXAMPLES)]
        examples = [{"text": " ".join(a), "second": " ".join(b), "label": str(label)}
                    for (a, b), label in zip(pairs, self.classes)]
        super().__init__(3, examples, [framed(a, b) for a, b in pairs])

    def loss(self, head, states, pooled):
        return F.cross_entropy(head(pooled), torch.tensor(self.classes))


class Tags(Task):
    def __init__(self):
        sentences = texts(2, 6)
        tags = [[random.randrange(3) for _ in words] for words in sentences]
        self.targets = padded([[IGNORE_INDEX, *row, IGNORE_INDEX] for row in tags], IGNORE_INDEX)
        examples = [{"words": words, "tags": [str(tag) for tag in row]}
                    for words, row in zip(sentences, tags)]
        super().__init__(3, examples, [framed(words) for words in sentences])

    def loss(self, head, states, pooled):
        return F.cross_entropy(head(states).flatten(0, 1), self.targets.flatten(),
                               ignore_index=IGNORE_INDEX)


class Spans(Task):
    def __init__(self):
        questions, contexts = texts(1, 1), texts(2, 4)
        begins = [random.randrange(len(words)) for words in contexts]
        ends = [random.randrange(begin, len(words)) for begin, words in zip(begins, contexts)]
        examples = [{"question": q[0], "context": " ".join(words),
                     "answer": " ".join(words[b:e + 1]), "start": len(" ".join(words[:b] + [""]))}
                    for q, words, b, e in zip(questions, contexts, begins, ends)]
        self.begins, self.ends = (torch.tensor(x) + 3 for x in (begins, ends))  # [CLS] q [SEP]
        super().__init__(2, examples, [framed(q, words) for q, words in zip(questions, contexts)])

    def loss(self, head, states, pooled):
        scores = head(states).masked_fill(self.mask[:, :, None] == 0, float("-inf"))
        return (F.cross_entropy(scores[:, :, 0], self.begins)
                + F.cross_entropy(scores[:, :, 1], self.ends)) / 2


def lr_scale(name):
    """What is nearer to the text learns more slowly (Clark et al. 2020, ELECTRA)."""
    layers = CONFIG["num_hidden_layers"]
    if name.startswith("bert.embeddings."):
        return LAYER_DECAY ** (layers + 1)
    if name.startswith("bert.encoder.layer."):
        return LAYER_DECAY ** (layers - int(name.split(".")[3]))
    return 1.0


def make_optimizer(parameters):
    groups = [{"params": [p], "scale": lr_scale(name), "lr": 0.0,
               "weight_decay": WEIGHT_DECAY if p.dim() >= 2 else 0.0}
              for name, p in parameters]
    return torch.optim.AdamW(groups)


def lr_at(step):
    """Linear warm-up, then linear decay to 0."""
    warmup = int(WARMUP * STEPS)
    return LR * (step / warmup if step < warmup else (STEPS - step) / (STEPS - warmup))


def states_of(model, task):
    x = model.bert["embeddings"](task.ids, task.types)
    for layer in model.bert["encoder"]["layer"]:
        x = layer(x, task.mask)
    return x


def fine_tune(model, head, task):
    backbone = [(name, p) for name, p in model.named_parameters() if name.startswith("bert.")]
    parameters = backbone + list(head.named_parameters())
    optimizer = make_optimizer(parameters)
    losses = []
    for step in range(STEPS):
        states = states_of(model, task)
        loss = task.loss(head, states, torch.tanh(model.bert["pooler"]["dense"](states[:, 0])))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        clip_grad_norm_([p for _, p in parameters], CLIP)
        for group in optimizer.param_groups:
            group["lr"] = group["scale"] * lr_at(step)
        optimizer.step()
        losses.append(loss.item())
    return losses


def record(folder, seed):
    torch.manual_seed(seed)
    random.seed(seed)
    tasks = {"pairs": Pairs(), "tags": Tags(), "spans": Spans()}
    heads = {name: nn.Linear(C, task.outputs) for name, task in tasks.items()}
    weights, runs = {}, {}
    for name, task in tasks.items():
        head = heads[name]
        weights |= {f"{name}.{key}": p.detach().clone() for key, p in head.named_parameters()}
        losses = fine_tune(initial_model(), head, task)
        runs[name] = {"examples": task.examples, "losses": losses}
        print(name, [f"{loss:.4f}" for loss in losses])
    write_safetensors(folder / "heads.safetensors", weights, {"torch": torch.__version__})
    runs |= {"lr": LR, "warmup": WARMUP, "weight_decay": WEIGHT_DECAY, "clip": CLIP,
             "layer_decay": LAYER_DECAY}
    (folder / "finetune.json").write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(GOLDEN / "bert", seed=4)
