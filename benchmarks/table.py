"""What the benchmarks share: timing two programs fairly, and printing what came out."""

import gc
import multiprocessing
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from statistics import median
from typing import Any


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


def medians_apart(
    makers: Mapping[str, tuple[Callable[..., Callable[[], object]], tuple[Any, ...]]], rounds: int = 5
) -> dict[str, float]:
    """As `medians`, with a process for each program: for what a whole process has or has not, such as its allocator.

    makers: each a function at the top of a module, and its arguments; it makes the program in the new process.
    """
    context = multiprocessing.get_context("spawn")
    with ExitStack() as ends:
        turns = {}
        for name, (make, arguments) in makers.items():
            here, there = context.Pipe()
            process = context.Process(target=_take_turns, args=(there, make, arguments), daemon=True)
            process.start()
            ends.callback(process.terminate)
            turns[name] = _turn(here)
            turns[name]()  # it is made, and has run once
        seconds: dict[str, list[float]] = {name: [] for name in makers}
        for _ in range(rounds):
            for name, turn in turns.items():
                seconds[name].append(turn())
    return {name: median(taken) for name, taken in seconds.items()}


def _turn(process: Connection) -> Callable[[], float]:
    def turn() -> float:
        process.send("go")
        return process.recv()

    return turn


def _take_turns(parent: Connection, make: Callable[..., Callable[[], object]], arguments: tuple) -> None:
    program = make(*arguments)
    for _ in range(2):
        program()
    while parent.recv():
        time.sleep(0.02)  # until the threads of the one before no longer wait for work at full speed
        gc.collect()
        started = time.perf_counter()
        program()
        parent.send(time.perf_counter() - started)


def print_rows(rows: list[dict]) -> None:
    print(f"{'what':60}{'ours':>10}  {'peer':>10}  {'unit':6}{'ratio':>9}  reach")
    for row in rows:
        peer = f"{row['peer']:>10.4g}  {row['unit']:6}{row['ratio']:>9.2g}"
        print(f"{row['what']:60}{row['ours']:>10.4g}  {peer}  {row['reach']}  ({row['peer_name']})")
