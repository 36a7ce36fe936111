"""A training step of our recurrent cells beside torch.nn's: forward, a loss on all outputs, backward.

Both have the same weights and read the same numbers, in turn, in memory that is kept as in our training.
"""

import torch

from groundup.models.recurrent import Recurrent
from groundup.training.storage import keep_freed_memory
from table import medians, print_rows

TIME, BATCH, WIDTH = 128, 32, 256
REACH = {"RNN": 1.3, "GRU": 1.3, "LSTM": 1.0}


def measure(rounds: int = 9) -> list[dict]:
    """One row for each cell with one and with two layers; times are milliseconds for a step."""
    keep_freed_memory()
    return [row(name, layers, rounds) for name in REACH for layers in (1, 2)]


def row(name: str, layers: int, rounds: int) -> dict:
    torch.manual_seed(0)
    peer = getattr(torch.nn, name)(WIDTH, WIDTH, layers)
    ours = Recurrent(name.lower(), WIDTH, WIDTH, layers)
    ours.load_state_dict(peer.state_dict())
    x = torch.randn(TIME, BATCH, WIDTH, requires_grad=True)
    weighting = torch.randn(TIME, BATCH, WIDTH)
    start = ours.start(BATCH, like=x)

    def step(module: torch.nn.Module, *memory) -> None:
        module.zero_grad()
        x.grad = None
        outputs, _ = module(x, *memory)
        (outputs * weighting).mean().backward()

    programs = {"ours": lambda: step(ours, start), "peer": lambda: step(peer)}
    medians(programs, rounds=3)  # warm up
    seconds = medians(programs, rounds)
    return {
        "what": f"{name} training step, {layers} layer{'s' * (layers > 1)}",
        "ours": 1000 * seconds["ours"],
        "peer": 1000 * seconds["peer"],
        "peer_name": f"torch.nn.{name}",
        "ratio": seconds["peer"] / seconds["ours"],
        "reach": f"at least {REACH[name]}",
        "unit": "ms",
    }


if __name__ == "__main__":
    print(f"batch {BATCH}, time {TIME}, width {WIDTH}, float32, {torch.get_num_threads()} threads")
    print_rows(measure())
