"""Each fast part of `models/fast/` alone, beside the plain model and beside `torch.compile` of the plain model.

A part earns its place with a fifth: a ratio of 1.2 over both peers in one of its rows. For training the program is a
training step (of a GPT: clear the gradients, forward and loss, backward, clip, fused AdamW; of cells: forward, a loss
on all outputs, backward), for the decoder it is one token of a text. All keep the memory that a step frees, as training
does (`training/machine.py`). Each runs in a process of its own, in turn. The fused block contains both parts above it.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from bench_gpt import SIZES, VOCAB
from groundup.models import fast
from groundup.models.attention import CausalSelfAttention
from groundup.models.cells import Recurrent
from groundup.models.gpt import GPT, Block
from groundup.models.linear import Linear
from groundup.training.machine import keep_freed_memory
from table import medians_apart, print_rows

PARTS: dict[str, tuple[type[nn.Module], ...]] = {
    "oneDNN linear": (Linear,),
    "attention by tiles": (CausalSelfAttention,),
    "fused block": (Linear, CausalSelfAttention, Block),
}
CASES = [  # part, size, precision; oneDNN multiplies in float32 alone
    ("oneDNN linear", "small", "float32"),
    ("attention by tiles", "small", "float32"),
    ("attention by tiles", "small", "bfloat16"),
    ("fused block", "small", "float32"),
    ("fused block", "small", "bfloat16"),
    ("fused block", "large", "float32"),
    ("fused block", "large", "bfloat16"),
]
CELLS = ("rnn", "gru", "lstm")
TIME, BATCH, WIDTH = 32, 32, 256  # of the cells; torch.compile unrolls all steps
PROMPT_TOKENS, NEW_TOKENS = 16, 47
FIFTH = "at least 1.2"


def measure(rounds: int = 7) -> list[dict]:
    """Two rows for each part, size and precision; times are milliseconds for a step or a token."""
    result = []
    for part, size, precision in CASES:
        title = f"{part}, GPT step, {SIZES[size][0].width} wide, {precision}"
        result += rows(title, gpt_step, (size, precision), part, rounds * (8 if size == "small" else 1))
    for cell in CELLS:
        title = f"{cell.upper()} cells, step, {WIDTH} wide, {TIME} tokens"
        result += rows(title, cell_step, (cell,), "fast", rounds * 4)
    for size in SIZES:
        result += rows(
            f"cached decoder, a token, {SIZES[size][0].width} wide", decode, (size,), "fast", rounds
        )
    return result


def rows(title: str, make: Callable, arguments: tuple, part: str, rounds: int) -> list[dict]:
    ways = {"ours": part, "the plain model": "plain", "torch.compile of it": "compile"}
    programs = {way: (make, (*arguments, name)) for way, name in ways.items()}
    seconds = medians_apart(programs, rounds)
    tokens = NEW_TOKENS if make is decode else 1
    return [
        {
            "what": title,
            "ours": 1000 * seconds["ours"] / tokens,
            "peer": 1000 * seconds[peer] / tokens,
            "peer_name": peer,
            "ratio": seconds[peer] / seconds["ours"],
            "reach": FIFTH,
            "unit": "ms",
        }
        for peer in ("the plain model", "torch.compile of it")
    ]


def one_way(model: nn.Module, way: str) -> Callable:
    """The model, plain, compiled or with the classes of one part replaced ("fast": all of them)."""
    keep_freed_memory()
    if way == "compile":
        return torch.compile(model)
    if way != "plain":
        if way != "fast":
            fast.FAST = {plain: fast.FAST[plain] for plain in PARTS[way]}
        return fast.accelerate(model)
    return model


def gpt_step(size: str, precision: str, way: str) -> Callable[[], None]:
    config, batch = SIZES[size]
    torch.manual_seed(0)
    plain = GPT(config, VOCAB)
    model = one_way(plain, way)
    text = torch.randint(VOCAB, (batch, config.context + 1), generator=torch.Generator().manual_seed(0))
    tokens, targets = text[:, :-1], text[:, 1:].flatten()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits, _ = model(tokens)
        F.cross_entropy(logits.flatten(0, 1).float(), targets).backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()

    return step


def cell_step(cell: str, way: str) -> Callable[[], None]:
    torch.manual_seed(0)
    plain = Recurrent(cell, WIDTH, WIDTH)
    model = one_way(plain, way)
    x = torch.randn(TIME, BATCH, WIDTH, requires_grad=True)
    weighting = torch.randn(TIME, BATCH, WIDTH)
    memory = plain.init_state(BATCH, like=x)

    def step() -> None:
        plain.zero_grad()
        x.grad = None
        outputs, _ = model(x, memory)
        (outputs * weighting).mean().backward()

    return step


def decode(size: str, way: str) -> Callable[[], None]:
    config, _ = SIZES[size]
    torch.manual_seed(0)
    plain = GPT(config, VOCAB).eval()
    model = one_way(plain, way)
    prompt = torch.randint(VOCAB, (1, PROMPT_TOKENS), generator=torch.Generator().manual_seed(0))

    def write() -> None:
        with torch.inference_mode():
            logits, memory = plain(prompt)
            for _ in range(NEW_TOKENS):
                logits, memory = model(logits[:, -1:].argmax(2), memory)

    return write


def main() -> None:
    print_rows(measure())


if __name__ == "__main__":
    main()
