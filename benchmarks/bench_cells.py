"""A training step of our recurrent cells beside torch.nn's: forward, a loss on all outputs, backward.

Both have the same weights and read the same numbers, in turn, each in a process of its own. Ours keeps the memory
that a step frees, as our training does (`training/machine.py`). In the rows that count torch.nn keeps it too: the
ratio is the cells' part. In the rows below torch.nn runs as it comes. The LSTM is torch's own operator, layer by layer.
"""

from collections.abc import Callable

import torch

from groundup.models.cells import Recurrent
from groundup.models.fast import accelerate
from groundup.training.machine import keep_freed_memory
from table import medians_apart, print_rows

TIME, BATCH, WIDTH = 128, 32, 256
REACH = {"RNN": 1.2, "GRU": 1.2, "LSTM": 1.0}  # with memory kept for both


def measure(rounds: int = 15) -> list[dict]:
    """Two rows for each cell with one and with two layers; times are milliseconds for a step."""
    pairs = [rows(name, layers, rounds) for name in REACH for layers in (1, 2)]
    return [row for which in (0, 1) for row in (pair[which] for pair in pairs)]


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

    return (
        row("peer, memory kept", f"at least {REACH[name]}", ", memory kept for both"),
        row("peer", "no mark", ", the peer as it comes"),
    )


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
