"""Three window lengths on the same text, and three amounts of text: what each does to a character RNN."""

import json
from pathlib import Path

import torch

from groundup.course.lessons.parts import load_part
from groundup.text.storyworld import stories

WINDOWS, TOKENS = (2, 8, 32), 512  # characters a window; characters a step of training, whatever the window
AMOUNTS = (4, 20, 100)  # kB
HELD_OUT = 6000

small = load_part(Path(__file__).parents[1] / "1.2-char-rnn-line-by-line" / "experiments.py")


def make(folder: Path) -> None:
    """Train six models (about 20 s on one core)."""
    folder.mkdir(parents=True, exist_ok=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with several, sums are rounded in another order
    try:
        windows = [
            {"window": time, **curve(100, width=96, steps=480, tells=8, time=time, batch=TOKENS // time)}
            for time in WINDOWS
        ]
        amounts = [
            {"kilobytes": size, **curve(size, width=96, steps=600, tells=12, characters=200)}
            for size in AMOUNTS
        ]
    finally:
        torch.set_num_threads(threads)
    for name, rows in (("windows", windows), ("amounts", amounts)):
        (folder / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def curve(kilobytes: int, **settings) -> dict:
    told = list(small.training(story(kilobytes), held_out=held_out(), **settings))
    return {
        "steps": [one["step"] for one in told], "bits": [round(one["bits"], 3) for one in told],
        "held_out_bits": [round(one["held_out_bits"], 3) for one in told], "sample": told[-1]["sample"],
    }  # fmt: skip


def story(kilobytes: int) -> str:
    return "".join(stories(1000 * kilobytes, seed=1))


def held_out() -> str:
    return "".join(stories(HELD_OUT, seed=2))
