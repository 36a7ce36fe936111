"""What looking costs: all heads of a GPT beside a plain forward pass, and a training step without a lens.

The GPT has 6 layers of 6 heads, is 384 wide and reads 256 tokens. The peer of the trace is the same forward pass
with nothing hung on it, and then a copy of the arrays that the trace gives back. The training step is that of
bench_gpt.py; before it, every activation of one of two equal models was looked at once.
"""

import torch
import torch.nn.functional as F

from groundup.lenses import attention
from groundup.lenses.activations import record
from groundup.lenses.hook_points import hook_points
from groundup.lenses.hooked_model import HookedModel, hooked_model
from groundup.models.gpt import GPT, GPTConfig
from groundup.text.characters import Characters
from table import medians, print_rows

LARGE = GPTConfig(context=256, layers=6, heads=6, width=384)
LETTERS = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?\n"


def hooked(config: GPTConfig) -> HookedModel:
    torch.manual_seed(0)
    tokenizer = Characters.train([LETTERS])
    return hooked_model((GPT(config, tokenizer.vocab_size), tokenizer))


def measure(rounds: int = 15, config: GPTConfig = LARGE, batch: int = 8) -> list[dict]:
    """Two rows; times are milliseconds."""
    return [tracing(rounds, config), training(rounds, config, batch)]


def tracing(rounds: int, config: GPTConfig) -> dict:
    """The lens as it is called, summaries included."""
    ours = hooked(config)
    generator = torch.Generator().manual_seed(1)
    text = "".join(LETTERS[i] for i in torch.randint(len(LETTERS), (config.context,), generator=generator))
    tokens, arrays = ours.read(text).tokens, attention.trace(ours, text)

    def plain() -> object:
        with torch.no_grad():
            return ours.model(tokens), arrays.pattern.copy()

    programs = {"ours": lambda: attention.trace(ours, text), "peer": plain}
    medians(programs, rounds=2)  # warm up
    seconds = medians(programs, rounds)
    return {
        "what": f"trace all {config.layers * config.heads} heads, {config.width} wide, {config.context} tokens",
        "ours": 1000 * seconds["ours"],
        "peer": 1000 * seconds["peer"],
        "peer_name": "plain forward pass and copy of the arrays",
        "ratio": seconds["ours"] / seconds["peer"],
        "reach": "at most 2",
        "unit": "ms",
    }


def training(rounds: int, config: GPTConfig, batch: int) -> dict:
    """The same step of two equal models; a lens was used on one before, and none is used now."""

    def stepping(model: torch.nn.Module):
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
        generator = torch.Generator().manual_seed(2)
        text = torch.randint(len(LETTERS), (batch, config.context + 1), generator=generator)

        def step() -> torch.Tensor:
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(text[:, :-1])[0].flatten(0, 1), text[:, 1:].flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            return loss.detach()

        return step

    seen, unseen = hooked(config).model, hooked(config).model
    hooks = hook_points(seen)
    record(hooks.points, ["*"], lambda: hooks.run(torch.zeros(1, config.context, dtype=torch.long)))
    programs = {"ours": stepping(seen), "peer": stepping(unseen)}
    assert torch.equal(programs["ours"](), programs["peer"]())  # the same work, to the bit
    medians(programs, rounds=2)
    seconds = medians(programs, 3 * rounds)  # a difference of 1% asks for more of them
    return {
        "what": f"GPT training step after a lens was used, {config.layers} layers, {config.width} wide",
        "ours": 1000 * seconds["ours"],
        "peer": 1000 * seconds["peer"],
        "peer_name": "the model without a lens",
        "ratio": seconds["ours"] / seconds["peer"],
        "reach": "under 1.01",
        "unit": "ms",
    }


if __name__ == "__main__":
    torch.set_num_threads(2)
    print_rows(measure())
