"""Tune the five presets with equal effort: the same number of trials each, the same text, the same time.

    python benchmarks/tune.py                 run every trial that has not been run yet
    python benchmarks/tune.py --model gpt     only those of one model
    python benchmarks/tune.py --table         only write docs/experiments.md again

Each trial is a recipe: the preset with a few keys changed. Its outcome is appended to docs/experiments.jsonl,
failures too, and docs/experiments.md is written from that file. Nothing there is typed by hand.
"""

import argparse
import gc
import json
import sys
import tomllib
from pathlib import Path

from groundup.common.errors import GroundupError
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run

ROOT = Path(__file__).parents[1]
TRIALS = ROOT / "benchmarks" / "trials.toml"
RESULTS = ROOT / "docs" / "experiments.jsonl"
PAGE = ROOT / "docs" / "experiments.md"


def recipe_of(model: str, trial: dict) -> Recipe:
    """A trial stands on its own, so that a later change of a preset does not change what was tried."""
    base = tomllib.loads(TRIALS.read_text(encoding="utf-8"))["base"]
    return Recipe.from_dict({**base, "model": {"kind": model}}).override(trial)


def trials() -> dict[str, list[dict]]:
    data = tomllib.loads(TRIALS.read_text(encoding="utf-8"))
    return {model: data[model]["trials"] for model in data if model != "base"}


def results() -> list[dict]:
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def run_trial(model: str, trial: dict) -> dict:
    outcome: dict = {"model": model, "changes": trial}
    try:
        run = Run.create(recipe_of(model, trial))
        if train_run(run) == "interrupted":
            raise KeyboardInterrupt
        row = run.summary()
        outcome |= {
            key: row[key] for key in ("bpb", "loss", "parameters", "steps", "tokens_per_second", "precision")
        }
        outcome["last_bpb"] = list(run.events("evaluation"))[-1]["bpb"]
    except GroundupError as error:
        outcome["failed"] = str(error)
    gc.collect()
    return outcome


def write_page() -> None:
    base = tomllib.loads(TRIALS.read_text(encoding="utf-8"))["base"]
    lines = [
        "# Experiments: how the five presets were tuned",
        "",
        f"Every model got the same number of trials on the same text ({base['corpus']}) for the same training time "
        f"({base['budget']}, two processor cores). The trials are in `benchmarks/trials.toml`; this page is written by "
        "`benchmarks/tune.py` from what they gave. The best trial of each model (marked) became its preset. "
        "bpb is bits per byte on the whole validation split; lower is better.",
        "",
    ]
    done = results()
    for model in trials():
        rows = [row for row in done if row["model"] == model]
        best = min((row["bpb"] for row in rows if row.get("bpb")), default=None)
        lines += [
            f"## {model}",
            "",
            "| what was tried | bpb | parameters | steps | tokens/s | precision |",
            "|---|---|---|---|---|---|",
        ]
        for row in rows:
            changes = ", ".join(f"{key.split('.')[-1]} {value}" for key, value in row["changes"].items())
            if "failed" in row:
                lines.append(f"| {changes} | failed: {row['failed']} | | | | |")
                continue
            mark = "**" if row["bpb"] == best else ""
            lines.append(
                f"| {changes} | {mark}{row['bpb']:.3f}{mark} | {row['parameters']:,} | {row['steps']:,} "
                f"| {row['tokens_per_second']:,} | {row['precision']} |"
            )
        lines.append("")
    notes = ROOT / "docs" / "experiments_notes.md"
    if notes.exists():
        lines += [notes.read_text(encoding="utf-8")]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=list(trials()))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        known = [(row["model"], row["changes"]) for row in results()]
        for model, target in trials().items():
            if asked.model not in (None, model):
                continue
            for trial in target:
                if (model, trial) in known:
                    continue
                outcome = run_trial(model, trial)
                print(json.dumps(outcome), file=sys.stderr, flush=True)
                with open(RESULTS, "a", encoding="utf-8") as file:
                    file.write(json.dumps(outcome) + "\n")
    write_page()


if __name__ == "__main__":
    main()
