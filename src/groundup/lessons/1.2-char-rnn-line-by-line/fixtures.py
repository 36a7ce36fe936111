"""Model 1 at four widths, the same text and the same number of steps: what a wider state buys."""

import json
from pathlib import Path

import groundup as gu
from groundup.course.lessons.parts import load_part

WIDTHS = (4, 16, 64, 256)
SETTINGS = {
    "model.embedding": 16, "training.batch_size": 16, "training.sequence_length": 32, "training.learning_rate": 5e-3,
    "training.precision": "float32", "training.device": "cpu", "training.evaluations": 8,
}  # fmt: skip
STEPS = 480

character_rnn = load_part(Path(__file__).parents[1] / "1.1-characters-and-time" / "fixtures.py")


def make(folder: Path) -> None:
    """Train four models (about 15 s on one core) and keep what each scored on text it had not seen, and a sample."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    with character_rnn.own_home():
        for width in WIDTHS:
            settings = SETTINGS | {"model.width": width}
            run = gu.train(
                "char-rnn", corpus="storyworld:200kB", budget=f"{STEPS}steps", set=settings, progress=False
            )
            told = list(run.events("evaluation"))
            rows.append({
                "width": width, "parameters": run.summary()["parameters"], "steps": [event["step"] for event in told],
                "bpb": [round(event["bpb"], 3) for event in told], "sample": told[-1]["sample"],
            })  # fmt: skip
    (folder / "widths.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
