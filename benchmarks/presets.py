"""Train the five presets as a user would, each in a process of its own, and write down what came out.

Writes src/groundup/training/presets/measured.toml (what `groundup doctor` and the studio's ladder show),
docs/ladder.png, and the table of README.md between its two marks. Nothing in those is typed by hand.

    python benchmarks/presets.py                                        # about six minutes
    python benchmarks/presets.py --samples ~/.groundup/runs/climb-1     # only what the models write

The second takes what the models of a climb wrote, and keeps it beside the numbers that are there. The climb's recipes
have to be the presets as they are.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from datetime import date
from pathlib import Path

import tomli_w

from groundup.doctor.machine import look_at_machine
from groundup.training.budget import DEFAULT_BUDGET
from groundup.training.recipe import Recipe, preset_names

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "src" / "groundup" / "training" / "presets" / "measured.toml"
README = ROOT / "README.md"
TITLES = {
    "char-rnn": "character RNN",
    "word-gru": "word GRU",
    "lstm-attention": "LSTM with attention",
    "transformer": "transformer",
    "gpt": "GPT",
}


def groundup(*arguments: str, home: str) -> tuple[dict, float]:
    """What a command printed as JSON, and the most memory its process took, in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "groundup", *arguments, "--json"],
            env={**os.environ, "GROUNDUP_HOME": home},
            stdout=out,
        )
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        if status:
            raise SystemExit(f"groundup {' '.join(arguments)} failed")
        return json.loads(out.read()), used.ru_maxrss / 1000


def table(rows: list[dict], machine: str) -> str:
    lines = [
        f"Trained {DEFAULT_BUDGET} each on the complete Shakespeare, on {machine}; "
        f"measured {date.today().isoformat()} by `make presets`. Fewer bits per byte is better.",
        "",
        "| | model | bits per byte | parameters | tokens read per second | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    for number, row in enumerate(rows, start=1):
        lines.append(
            f"| {number} | {TITLES[row['name']]} | **{row['bpb']:.3f}** | {row['parameters']:,} "
            f"| {row['tokens_per_second']:,} | {row['peak_memory_mb']:.0f} MB |"
        )
    return "\n".join(lines)


def measure() -> None:
    result = look_at_machine()
    machine = f"{result.cores} cores of {result.processor}"
    rows = []
    with tempfile.TemporaryDirectory() as home:
        for model in preset_names():
            row, memory = groundup("train", model, "--name", model, home=home)
            rows.append({**row, "peak_memory_mb": memory})
            print(f"{model}: {row['bpb']:.3f} bits per byte, {memory:.0f} MB", flush=True)
        groundup("compare", *preset_names(), "--out", f"{home}/out", home=home)
        (ROOT / "docs" / "ladder.png").write_bytes(Path(home, "out", "ladder.png").read_bytes())
    keys = (
        "bpb",
        "loss",
        "seconds",
        "steps",
        "parameters",
        "tokens_per_second",
        "precision",
        "peak_memory_mb",
        "sample",
    )
    measured = {row["name"]: {key: row[key] for key in keys} | {"machine": machine} for row in rows}
    write(
        f"# Measured {date.today().isoformat()} by benchmarks/presets.py. Not to be edited by hand.\n",
        measured,
    )
    text = README.read_text(encoding="utf-8")
    between = f"<!-- ladder -->\n{table(rows, machine)}\n<!-- /ladder -->"
    text = re.sub(r"<!-- ladder -->.*?<!-- /ladder -->", lambda _: between, text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")


def write(note: str, measured: dict[str, dict]) -> None:
    MEASURED.write_text(f"{note}\n{tomli_w.dumps(measured, multiline_strings=True)}", encoding="utf-8")


def samples(climb: Path) -> None:
    """Keep what the five models of a climb wrote, with the bits per byte of the run that wrote it."""
    text = MEASURED.read_text(encoding="utf-8")
    note, measured = text.partition("\n")[0], tomllib.loads(text)
    for model in preset_names():
        run = climb.with_name(f"{climb.name}-{model}")
        if Recipe.from_toml((run / "recipe.toml").read_text(encoding="utf-8")) != Recipe.preset(model):
            raise SystemExit(f"{run} was not trained by the preset {model} as it is now.")
        events = [
            json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        best = min(
            (event for event in events if event["event"] == "evaluation"), key=lambda item: item["bpb"]
        )
        measured[model] |= {"sample": best["sample"], "sample_bpb": best["bpb"]}
    write(
        f"{note}\n# The samples are those of another run of the same recipes, which reached sample_bpb.\n",
        measured,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--samples", type=Path, metavar="CLIMB", help="runs/NAME of a climb: take its samples alone"
    )
    asked = parser.parse_args()
    samples(asked.samples) if asked.samples else measure()
