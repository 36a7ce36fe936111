"""The run that over-fits, watched as far as the learner lets it go."""

import json
from pathlib import Path

from groundup.course.lessons.parts import ExperimentResult

WIDTH, HEIGHT, TOP = 60, 12, 1.65


def over_fit(stop_at: int = 20) -> ExperimentResult:
    """Both losses up to the step at which it is stopped. What lies beyond is not shown."""
    file = Path(__file__).parent / "fixtures" / "overfit.json"
    run = json.loads(file.read_text(encoding="utf-8"))
    last = max((i for i, step in enumerate(run["step"]) if step <= stop_at), default=0)
    steps, training, validation = (run[name][: last + 1] for name in ("step", "training", "validation"))
    longest = run["step"][-1]
    lowest, at = min(zip(validation, steps, strict=True))

    rows = [[" "] * (WIDTH + 1) for _ in range(HEIGHT)]
    for sign, losses in (("·", training), ("#", validation)):
        for step, loss in zip(steps, losses, strict=True):
            rows[min(HEIGHT - 1, round(loss / TOP * (HEIGHT - 1)))][round(step / longest * WIDTH)] = sign
    text = [
        f"loss in bits      · training, 30 points     # validation, {len(run['points']['validation']['x'])} points"
    ]
    for height in range(HEIGHT - 1, -1, -1):
        scale = f"{height / (HEIGHT - 1) * TOP:4.2f}" if height % 3 == 2 or height == 0 else "    "
        text.append(f"{scale} |{''.join(rows[height]).rstrip()}")
    text.append(f"     +{'-' * WIDTH}")
    text.append(f"      0{'step':^{WIDTH - 5}}{longest}")
    text += [
        f"stopped at step {steps[-1]}:  training {training[-1]:.3f} bits   validation {validation[-1]:.3f} bits",
        f"so far the lowest validation loss was {lowest:.3f} bits, at step {at}",
    ]
    state = {
        "stop_at": steps[-1], "training": training[-1], "validation": validation[-1],
        "lowest": min(run["validation"]), "steps": steps, "training_losses": training,
        "validation_losses": validation, "end": longest, "points": run["points"]["training"], "extent": run["extent"],
        "map": run["maps"][str(max(int(step) for step in run["maps"] if int(step) <= steps[-1]))],
    }  # fmt: skip
    return ExperimentResult("\n".join(text), state)
