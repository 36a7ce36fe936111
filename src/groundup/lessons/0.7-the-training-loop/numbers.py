"""Every number of this lesson: read from the runs in fixtures/, which fixtures.py makes anew."""

import json
import math
from pathlib import Path

from groundup.foundations.network import batches

GIVEN = ("31.25", "0.86", "0.89", "0.71", "99 %", "8.1")  # of a question; of a friend; a section of a book


def _run(name: str) -> dict:
    file = Path(__file__).parent / "fixtures" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def numbers() -> dict[str, str]:
    return _of_batches() | _of_coins() | _of_the_run() | _of_help()


def _of_batches() -> dict[str, str]:
    run = _run("noise")
    away, ten = run["away"], run["ten_epochs"]
    stream = batches([[0.0]] * 10, [0] * 10, size=4)
    sizes = [len(part) for _, part, _ in (next(stream) for _ in range(3))]
    return {f"away_{size}": f"{away[size]:.2f}" for size in ("1", "4", "64", "256")} | {
        "away_quarter": f"{away['4'] / 4:.2f}",
        "sizes": ", ".join(map(str, sizes)),
        "steps_small": f"{ten['20']['steps']:,}",
        "steps_whole": str(ten["2000"]["steps"]),
        "loss_small": f"{ten['20']['loss']:.2f}",
        "loss_whole": f"{ten['2000']['loss']:.2f}",
    }


def _of_coins() -> dict[str, str]:
    run = _run("coins")
    return {
        "coin_learn": _percent(run["honest"]["learn"]),
        "coin_test": _percent(run["honest"]["test"]),
        "leak_test": _percent(run["leaked"]["test"]),
        "leak_fresh": _percent(run["leaked"]["fresh"]),
        "many_mean": _percent(run["mean"]),
        "chosen_test": _percent(run["chosen"]["test"]),
        "chosen_fresh": _percent(run["chosen"]["fresh"]),
        "spread": _percent(math.sqrt(0.25 / 50)),
    }


def _of_the_run() -> dict[str, str]:
    run = _run("overfit")
    place = run["validation"].index(min(run["validation"]))
    curve = [
        [step, round(v, 2)] for step, v in zip(run["step"], run["validation"], strict=True) if step % 50 == 0
    ]
    validation = len(run["points"]["validation"]["labels"])
    return {
        "best_step": str(run["step"][place]),
        "best_validation": f"{run['validation'][place]:.2f}",
        "first_validation": f"{run['validation'][0]:.2f}",
        "last_validation": f"{run['validation'][-1]:.2f}",
        "last_training": f"{run['training'][-1]:.2f}",
        "last_training_3": f"{run['training'][-1]:.3f}",
        "times_worse": f"{run['validation'][-1] / run['validation'][place]:.1f}",
        "last_step": f"{run['step'][-1]:,}",
        "wrong_best": _percent(run["wrong_validation"][place] / validation),
        "wrong_last": _percent(run["wrong_validation"][-1] / validation),
        "curve": json.dumps(curve),
    }


def _of_help() -> dict[str, str]:
    found = {}
    for name, row in _run("helps").items():
        found[f"{name}_training"] = f"{row['training']:.2f}"
        found[f"{name}_test"] = f"{row['test']:.2f}"
        found[f"{name}_wrong"] = _percent(row["wrong"])
    return found
