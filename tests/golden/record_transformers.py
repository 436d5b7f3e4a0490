"""Records logits of Hugging Face's own T5, BART, Llama and Mistral, at random weights.

    python3 tests/golden/record_transformers.py

Needs the packages torch and transformers. See README.md here for what the files hold.
"""

import torch
import transformers
from transformers import (BartConfig, BartForConditionalGeneration, LlamaConfig, LlamaForCausalLM,
                          MistralConfig, MistralForCausalLM, T5Config, T5ForConditionalGeneration)

from record_gpt import GOLDEN, randomise, write_safetensors

B, S, T, V, C = 2, 24, 20, 29, 16
SIDES = {"vocab_size": V, "d_model": C}
GPT = {"vocab_size": V, "hidden_size": C, "intermediate_size": 40, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": T,
       "pad_token_id": None, "bos_token_id": 1, "eos_token_id": 2}


def t5_gated():
    """T5 1.1. Since version 5, transformers ties the head to the embeddings and does not scale it."""
    return T5ForConditionalGeneration(T5Config(
        **SIDES, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=1, num_heads=4,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0))


def t5_v1_1():
    """The same with a head of its own, as the published files have it."""
    model = t5_gated()
    model.lm_head.weight = torch.nn.Parameter(torch.empty(V, C))
    return model


MODELS = {
    "t5": lambda: T5ForConditionalGeneration(T5Config(
        **SIDES, d_kv=4, d_ff=24, num_layers=2, num_heads=4, decoder_start_token_id=0)),
    "t5_gated": t5_gated,
    "t5_v1_1": t5_v1_1,
    "bart": lambda: BartForConditionalGeneration(BartConfig(
        **SIDES, encoder_layers=2, decoder_layers=1, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=24, decoder_ffn_dim=24,
        max_position_embeddings=S)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**GPT)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**GPT, sliding_window=5)),
}


def inputs_of(name, model):
    """Ids of a source, of which the second ends early, and of a target; GPTs read a target alone."""
    target = torch.randint(3, V, (B, T))
    if name in ("llama", "mistral"):
        return {"input_ids": target}
    mask = torch.ones(B, S)
    mask[1, 15:] = 0
    target[:, 0] = model.config.decoder_start_token_id
    source = torch.randint(3, V, (B, S)).masked_fill(mask == 0, model.config.pad_token_id)
    return {"input_ids": source, "attention_mask": mask, "decoder_input_ids": target}


def record(name, make_model, seed):
    torch.manual_seed(seed)
    model, folder = make_model(), GOLDEN / "transformers" / name
    randomise(model)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    model = type(model).from_pretrained(folder).eval()
    inputs = inputs_of(name, model)
    with torch.no_grad():
        logits = model(**inputs).logits
    tensors = {key: x if x.is_floating_point() else x.int() for key, x in inputs.items()}
    write_safetensors(folder / "logits.safetensors", tensors | {"logits": logits},
                      {"torch": torch.__version__, "transformers": transformers.__version__})
    print(name, logits.abs().mean().item())


if __name__ == "__main__":
    torch.set_num_threads(1)
    for i, (name, make_model) in enumerate(MODELS.items()):
        record(name, make_model, seed=11 + i)
