"""What the benchmarks share: timing two programs fairly, and printing what came out."""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median


def medians(programs: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Seconds each program takes: the median of some rounds, in each of which every program runs once.

    Taking turns, what slows the machine for a moment slows all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            gc.collect()
            started = time.perf_counter()
            program()
            seconds[name].append(time.perf_counter() - started)
    return {name: median(taken) for name, taken in seconds.items()}


def print_rows(rows: list[dict]) -> None:
    print(f"{'what':60}{'ours':>10}  {'peer':>10}  {'unit':6}{'ratio':>9}  reach")
    for row in rows:
        peer = f"{row['peer']:>10.4g}  {row['unit']:6}{row['ratio']:>9.2g}"
        print(f"{row['what']:60}{row['ours']:>10.4g}  {peer}  {row['reach']}  ({row['peer_name']})")
