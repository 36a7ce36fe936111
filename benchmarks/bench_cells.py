"""A training step of our recurrent cells beside torch.nn's: forward, a loss on all outputs, backward.

Both have the same weights and read the same numbers, in turn, each in a process of its own. Ours keeps the memory
that a step frees, as our training does (`training/storage.py`); torch.nn runs as it comes, and in the rows below
with memory kept as well, to show what is the cells' part.
"""

from collections.abc import Callable

import torch

from groundup.models.cells import Recurrent
from groundup.models.fast import accelerate
from groundup.training.storage import keep_freed_memory
from table import medians_apart, print_rows

TIME, BATCH, WIDTH = 128, 32, 256
REACH = {"RNN": 1.3, "GRU": 1.3, "LSTM": 1.0}


def measure(rounds: int = 15) -> list[dict]:
    """Two rows for each cell with one and with two layers; times are milliseconds for a step."""
    rowses = [rows(name, layers, rounds) for name in REACH for layers in (1, 2)]
    return [as_it_comes for as_it_comes, _ in rowses] + [remaining for _, remaining in rowses]


def rows(name: str, layers: int, rounds: int) -> tuple[dict, dict]:
    programs = {
        "ours": (training, (name, layers, True, True)),
        "peer": (training, (name, layers, False, False)),
        "peer, memory kept": (training, (name, layers, False, True)),
    }
    seconds = medians_apart(programs, rounds)

    def row(peer: str, reach: str, more: str = "") -> dict:
        return {
            "what": f"{name} training step, {layers} layer{'s' * (layers > 1)}{more}",
            "ours": 1000 * seconds["ours"],
            "peer": 1000 * seconds[peer],
            "peer_name": f"torch.nn.{name}",
            "ratio": seconds[peer] / seconds["ours"],
            "reach": reach,
            "unit": "ms",
        }

    line = row("peer, memory kept", "no mark", ", memory kept for both")
    return row("peer", f"at least {REACH[name]}"), line


def training(name: str, layers: int, ours: bool, keeps_memory: bool) -> Callable[[], None]:
    """One step, to be called again and again."""
    if keeps_memory:
        keep_freed_memory()
    torch.manual_seed(0)
    module: torch.nn.Module = getattr(torch.nn, name)(WIDTH, WIDTH, layers)
    memory = ()
    x = torch.randn(TIME, BATCH, WIDTH, requires_grad=True)
    weighting = torch.randn(TIME, BATCH, WIDTH)
    if ours:
        weights = module.state_dict()
        module = accelerate(Recurrent(name.lower(), WIDTH, WIDTH, layers))
        module.load_state_dict(weights)
        memory = (module.init_state(BATCH, like=x),)

    def step() -> None:
        module.zero_grad()
        x.grad = None
        outputs, _ = module(x, *memory)
        (outputs * weighting).mean().backward()

    return step


if __name__ == "__main__":
    print(f"batch {BATCH}, time {TIME}, width {WIDTH}, float32, {torch.get_num_threads()} threads")
    print_rows(measure())
