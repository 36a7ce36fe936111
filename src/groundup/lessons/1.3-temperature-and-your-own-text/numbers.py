"""The numbers in the text and on the cards of lesson 1.3."""

import json
from pathlib import Path

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.softmax import softmax

FOLDER = Path(__file__).parent
SCORES = np.array([0.5, 1.0, 2.0])
GIVEN = ("0.25", "5.8")


def numbers() -> dict[str, str]:
    experiments = load_part(FOLDER / "experiments.py")
    fixtures = load_part(FOLDER / "fixtures.py")
    shares = {temperature: softmax(SCORES, temperature) for temperature in (0.5, 1.0, 2.0)}
    drawn = {temperature: experiments.draws("She ", temperature) for temperature in (0.3, 0.5, 0.8, 1.0, 2.0)}
    likely, second = (int(one) for one in drawn[1.0]["order"][:2])
    windows = {
        row["window"]: row for row in json.loads((FOLDER / "fixtures" / "windows.json").read_text("utf-8"))
    }
    amounts = {
        row["kilobytes"]: row for row in json.loads((FOLDER / "fixtures" / "amounts.json").read_text("utf-8"))
    }
    small = amounts[4]
    best = int(np.argmin(small["held_out_bits"]))
    copied = {
        size: experiments.longest_copy(row["sample"], fixtures.story(size)) for size, row in amounts.items()
    }
    powers = np.exp(SCORES)
    return {
        "powers": ", ".join(f"{one:.2f}" for one in powers), "powers_sum": f"{powers.sum():.2f}",
        "at_half": row_of(shares[0.5]), "at_one": row_of(shares[1.0]), "at_two": row_of(shares[2.0]),
        "card_half": row_of(softmax(np.log([1.0, 3.0]), 0.5)), "card_two": row_of(softmax(np.log([1.0, 9.0]), 2.0)),
        "h_model": f"{drawn[1.0]['model'][likely]:.0%}", "w_model": f"{drawn[1.0]['model'][second]:.0%}",
        "h_two": f"{drawn[2.0]['shares'][likely]:.0%}",
        "kinds_one": str(int((drawn[1.0]["drawn"] > 0).sum())),
        "kinds_two": str(int((drawn[2.0]["drawn"] > 0).sum())),
        "bits_half": f"{experiments.entropy(drawn[0.5]['shares']):.1f}",
        "bits_one": f"{experiments.entropy(drawn[1.0]['shares']):.1f}",
        "bits_two": f"{experiments.entropy(drawn[2.0]['shares']):.1f}",
        **{f"writes_{name}": first_line(drawn[t]["written"]) for name, t in
           (("cold", 0.3), ("mild", 0.8), ("hot", 2.0))},
        "window2": f"{windows[2]['held_out_bits'][-1]:.2f}", "window8": f"{windows[8]['held_out_bits'][-1]:.2f}",
        "window32": f"{windows[32]['held_out_bits'][-1]:.2f}",
        "window_gap": f"{windows[2]['held_out_bits'][-1] - windows[32]['held_out_bits'][-1]:.2f}",
        "rows2": str(fixtures.TOKENS // 2), "rows8": str(fixtures.TOKENS // 8), "rows32": str(fixtures.TOKENS // 32),
        "small_best": f"{small['held_out_bits'][best]:.2f}", "small_best_step": str(small["steps"][best]),
        "small_end": f"{small['held_out_bits'][-1]:.2f}", "small_own": f"{small['bits'][-1]:.2f}",
        "middle_end": f"{amounts[20]['held_out_bits'][-1]:.2f}", "middle_own": f"{amounts[20]['bits'][-1]:.2f}",
        "large_end": f"{amounts[100]['held_out_bits'][-1]:.2f}", "large_own": f"{amounts[100]['bits'][-1]:.2f}",
        "copied": copied[4].strip(), "copied_length": str(len(copied[4])), "copied_large": str(len(copied[100])),
        "times_read": f"{600 * 512 / 4000:.0f}",
    }  # fmt: skip


def row_of(shares: np.ndarray) -> str:
    return ", ".join(f"{share:.2f}" for share in shares)


def first_line(written: str) -> str:
    return written[:56].replace("\n", "⏎").strip()
