"""A training step of our GPT beside transformers' GPT2LMHeadModel: the same weights, batch and loop.

The loop is our trainer's, memory that is kept included: clear the gradients, forward and loss, backward, clip,
fused AdamW. In bfloat16 both run under torch.autocast: the inputs of matrix products are rounded, weights and
optimiser are not.
"""

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from groundup.models.gpt import GPT, GPTConfig, gpt2_name
from groundup.training.storage import keep_freed_memory
from table import medians, print_rows

VOCAB = 65
SIZES = {  # and the batch
    "small": (GPTConfig(context=64, layers=4, heads=4, width=128), 12),
    "large": (GPTConfig(context=256, layers=6, heads=6, width=384), 8),
}
REACH = {
    ("small", "float32"): 1.3,
    ("small", "bfloat16"): 1.3,
    ("large", "float32"): 1.05,
    ("large", "bfloat16"): 1.3,
}


def pair(config: GPTConfig) -> tuple[GPT, GPT2LMHeadModel]:
    """Our model and transformers', with the same weights."""
    torch.manual_seed(0)
    ours = GPT(config, VOCAB)
    sizes = {"n_positions": config.context, "n_layer": config.layers, "n_head": config.heads}
    dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    tokens = {"bos_token_id": None, "eos_token_id": None}
    peer = GPT2LMHeadModel(GPT2Config(vocab_size=VOCAB, n_embd=config.width, **sizes, **dropout, **tokens))
    peer.load_state_dict({gpt2_name(name): w for name, w in ours.state_dict().items()}, strict=False)
    return ours, peer


def measure(rounds: int = 9) -> list[dict]:
    """One row for each size and precision; times are milliseconds for a step."""
    keep_freed_memory()
    # Small steps are short: more of them for the same certainty.
    return [row(size, precision, rounds * (3 if size == "small" else 1)) for size, precision in REACH]


def row(size: str, precision: str, rounds: int) -> dict:
    config, batch = SIZES[size]
    ours, peer = pair(config)
    generator = torch.Generator().manual_seed(0)
    text = torch.randint(VOCAB, (batch, config.context + 1), generator=generator)
    tokens, targets = text[:, :-1], text[:, 1:].flatten()

    def training(model: torch.nn.Module, logits_of):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

        def step() -> torch.Tensor:
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
                logits = logits_of()
            loss = F.cross_entropy(logits.flatten(0, 1).float(), targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            return loss.detach()

        return step

    programs = {
        "ours": training(ours, lambda: ours(tokens)[0]),
        "peer": training(peer, lambda: peer(tokens, use_cache=False).logits),
    }
    torch.testing.assert_close(programs["ours"](), programs["peer"](), rtol=1e-2, atol=0)  # the same work
    medians(programs, rounds=2)  # warm up
    seconds = medians(programs, rounds)
    return {
        "what": f"GPT training step, {config.layers} layers, {config.width} wide, {precision}",
        "ours": 1000 * seconds["ours"],
        "peer": 1000 * seconds["peer"],
        "peer_name": "transformers GPT2LMHeadModel",
        "ratio": seconds["peer"] / seconds["ours"],
        "reach": f"at least {REACH[size, precision]}",
        "unit": "ms",
    }


def main() -> None:
    torch.set_num_threads(2)
    print(f"{', '.join(f'{n}: {c.context} tokens, batch {b}' for n, (c, b) in SIZES.items())}; 2 threads")
    print_rows(measure())


if __name__ == "__main__":
    main()
