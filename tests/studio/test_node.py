"""The unit tests of the front end, which node runs: Python computes what they expect, and hands it over in a file."""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.common.charts import spread_labels, ticks
from groundup.common.formatting import format_count, format_duration
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.parts import load_part

NODE = shutil.which("node")
TESTS = Path(__file__).parent / "node"
COURSE = load_course()
TIMES = 40


def uniform(low: float, high: float) -> Callable[[random.Random], float]:
    return lambda chance: chance.uniform(low, high)


def power(low: float, high: float) -> Callable[[random.Random], float]:
    return lambda chance: 10 ** chance.uniform(low, high)


def among(*values: Any) -> Callable[[random.Random], Any]:
    return lambda chance: chance.choice(values)


def whole(low: int, high: int) -> Callable[[random.Random], int]:
    return lambda chance: chance.randint(low, high)


def shuffled(*words: str) -> Callable[[random.Random], str]:
    return lambda chance: " ".join(chance.sample(words, len(words)))


WEIGHTS = ("a1", "a2", "a_bias", "b1", "b2", "b_bias", "out_a", "out_b", "out_bias")
WEIGHT = ("w1", "w2", "bias")
WORDS = ("the", "cat", "saw", "a", "dog", "run")
CASES = {  # lesson, module, function: what its settings may be, some of them out of bounds
    ("0.1", "slope", "drag"): {"x": uniform(-8, 8), "h": power(-7, 1)},
    ("0.1", "slope", "step"): {"digits": whole(-1, 18), "both_sides": among(True, False)},
    ("0.2", "plane", "plane"): dict.fromkeys("abcd", lambda some: among(uniform(-120, 120)(some), 0.0, 1.0)(some)),
    ("0.2", "plane", "two_moves"): {"stretch_first": among(True, False)},
    ("0.3", "descent", "bowl"): {"learning_rate": power(-4, 1)},
    ("0.3", "descent", "valley"): {"learning_rate": power(-4, 1), "keep": uniform(-0.2, 1.2)},
    ("0.4", "playground", "one_neuron"): dict.fromkeys(WEIGHT, uniform(-4, 4)) | {"task": among("and", "or", "xor")},
    ("0.4", "playground", "two_neurons"): dict.fromkeys(WEIGHTS, uniform(-4, 4)),
    ("0.4", "surprise", "forecaster"): {"p": uniform(-0.1, 1.1)},
    ("0.5", "backprop", "walk"): {"step": whole(0, 7), "guess": among(0.0, 1.0, 0.786, 0.79, 2.0, -0.5, 0.5)},
    ("1.1", "unroll", "two_numbers"): {"word": lambda chance: "".join(chance.choices("abn", k=chance.randint(1, 12)))},
    ("3.2", "attention", "by_hand"): dict.fromkeys(("scaled", "masked"), among(True, False)) | {"query": among(*WORDS)},
    ("3.2", "attention", "reorder"): {"order": shuffled(*WORDS), "masked": among(True, False)},
}  # fmt: skip
NODES = (
    "nodes"  # of the walk: they hang on no setting, and come with the fixture (see test_widgets_numbers.py)
)


def widget_cases() -> list[dict[str, Any]]:
    """For each widget's function: settings, and the state that the lesson's function makes of them."""
    chance = random.Random(5)
    groups = []
    for (identity, module, name), kinds in CASES.items():
        function = getattr(load_part(COURSE.lesson(identity).folder / "experiments.py"), name)
        without = [NODES] if name == "walk" else []
        cases = []
        for _ in range(TIMES):
            settings = {key: draw(chance) for key, draw in kinds.items()}
            state = {key: value for key, value in function(**settings).state.items() if key not in without}
            cases.append({"settings": settings, "state": state})
        groups.append({"module": module, "name": name, "without": without, "cases": cases})
    return groups


def kit_cases() -> dict[str, Any]:
    chance = random.Random(6)
    ends = [(low, low + 10 ** chance.uniform(-3, 4)) for low in (chance.uniform(-50, 50) for _ in range(60))]
    labels = [
        ([chance.uniform(0, 300) for _ in range(n)], chance.uniform(5, 40)) for n in (1, 2, 3, 5, 8) * 6
    ]
    counts = (0, 999, 4200, 9999, 12_345, 812_300, 999_600, 1_210_000, 3_000_000_000)
    durations = (0.42, 9.94, 9.96, 55, 99.4, 99.6, 275, 3599, 3720, 90_000)
    return {
        "ticks": [
            {"low": low, "high": high, "most": most, "values": ticks(low, high, most)}
            for low, high in ends
            for most in (3, 5, 6)
        ],
        "spread": [
            {"places": places, "gap": gap, "spread": spread_labels(places, gap)} for places, gap in labels
        ],
        "counts": [(number, format_count(number)) for number in counts],
        "durations": [(seconds, format_duration(seconds)) for seconds in durations],
    }


@pytest.mark.skipif(NODE is None, reason="there is no node: the front end's unit tests need it")
def test_the_front_end_computes_what_python_computes(tmp_path: Path) -> None:
    assert NODE is not None
    reference = tmp_path / "reference.json"
    reference.write_text(json.dumps({"widgets": widget_cases(), **kit_cases()}), encoding="utf-8")
    files = sorted(str(file) for file in TESTS.glob("*.test.mjs"))
    run = subprocess.run(
        [NODE, "--test", *files],
        env=os.environ | {"GROUNDUP_REFERENCE": str(reference)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert f"tests {8 + len(CASES)}" in run.stdout
