"""A training step of our GPT beside transformers' GPT2LMHeadModel: the same weights, batch and loop.

The loop is our trainer's: clear the gradients, forward and loss, backward, clip, fused AdamW. In bfloat16 both run
under torch.autocast: the inputs of matrix products are rounded, weights and optimiser are not. Each runs in a process
of its own, in turn. Ours keeps the memory that a step frees, as our training does (`training/machine.py`). In the rows
that count the peer keeps it too: the ratio is the model's part. In the rows below the peer runs as it comes.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from groundup.models.fast import accelerate
from groundup.models.gpt import GPT, GPTConfig, gpt2_name
from groundup.training.machine import keep_freed_memory
from table import medians_apart, print_rows

VOCAB = 65
SIZES = {  # and the batch
    "small": (GPTConfig(context=64, layers=4, heads=4, width=128), 12),
    "large": (GPTConfig(context=256, layers=6, heads=6, width=384), 8),
}
CASES = [(size, precision) for size in SIZES for precision in ("float32", "bfloat16")]
REACH = "at least 1.2"  # with memory kept for both


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
    """Two rows for each size and precision; times are milliseconds for a step."""
    # Small steps are short: more of them for the same certainty.
    pairs = [rows(*case, rounds * (12 if case[0] == "small" else 1)) for case in CASES]
    return [row for which in (0, 1) for row in (pair[which] for pair in pairs)]


def rows(size: str, precision: str, rounds: int) -> tuple[dict, dict]:
    both = [training(size, precision, ours=ours, keeps_memory=False)() for ours in (True, False)]
    torch.testing.assert_close(*both, rtol=1e-2, atol=0)  # the same work
    programs = {
        "ours": (training, (size, precision, True, True)),
        "peer": (training, (size, precision, False, False)),
        "peer, memory kept": (training, (size, precision, False, True)),
    }
    seconds = medians_apart(programs, rounds)
    config, _ = SIZES[size]

    def row(peer: str, reach: str, more: str = "") -> dict:
        return {
            "what": f"GPT training step, {config.layers} layers, {config.width} wide, {precision}{more}",
            "ours": 1000 * seconds["ours"],
            "peer": 1000 * seconds[peer],
            "peer_name": "transformers GPT2LMHeadModel",
            "ratio": seconds[peer] / seconds["ours"],
            "reach": reach,
            "unit": "ms",
        }

    return (
        row("peer, memory kept", REACH, ", memory kept for both"),
        row("peer", "no mark", ", the peer as it comes"),
    )


def training(size: str, precision: str, ours: bool, keeps_memory: bool) -> Callable[[], torch.Tensor]:
    """One step, to be called again and again; it gives the loss."""
    if keeps_memory:
        keep_freed_memory()
    config, batch = SIZES[size]
    gpt, peer = pair(config)
    model: torch.nn.Module = accelerate(gpt) if ours else peer
    generator = torch.Generator().manual_seed(0)
    text = torch.randint(VOCAB, (batch, config.context + 1), generator=generator)
    tokens, targets = text[:, :-1], text[:, 1:].flatten()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = model(tokens)[0] if ours else peer(tokens, use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1).float(), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    return step


def main() -> None:
    print(f"{', '.join(f'{n}: {c.context} tokens, batch {b}' for n, (c, b) in SIZES.items())}; 2 threads")
    print_rows(measure())


if __name__ == "__main__":
    main()
