"""The experiments of lesson 1.3: draw the next letter at several temperatures, and train on a text of your own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.course.lessons.parts import ExperimentResult, load_part

first = load_part(Path(__file__).parents[1] / "1.1-characters-and-time" / "experiments.py")
small = load_part(Path(__file__).parents[1] / "1.2-char-rnn-line-by-line" / "experiments.py")

DRAWS = 1000
TEMPERATURES = (0.5, 1.0, 2.0)
ROWS = 8
READ = 1_000_000  # characters of a learner's file; a model that trains for seconds learns no more from more


def sampler(text: str = "She ", temperature: float = 1.0, run: str | None = None) -> ExperimentResult:
    """Draw 1,000 next letters at 0.5, 1, 2 and a temperature of yours (0.05 to 5), and write on with yours.

    run: a run of yours of the kind char-rnn; without one, the small model that comes with the course.
    """
    temperature = max(0.05, min(5.0, float(temperature)))
    columns = [draws(text, one, run) for one in (*TEMPERATURES, temperature)]
    mine = columns[-1]
    letters = [int(one) for one in mine["order"][:ROWS]]
    heads = [f"T = {one:g}" for one in (*TEMPERATURES, temperature)]
    lines = [f"after “{text[-30:]}”: how often each of 1,000 draws gave it".replace("\n", "⏎"), ""]
    lines.append("       model" + "".join(f"{head:>11s}" for head in heads) + "  (yours)")
    for letter in letters:
        name = first.shown(mine["vocabulary"][letter])
        counts = "".join(f"{column['drawn'][letter]:11d}" for column in columns)
        lines.append(f"  {name:3s} {mine['model'][letter]:6.1%}{counts}")
    rest = "".join(f"{DRAWS - sum(int(column['drawn'][one]) for one in letters):11d}" for column in columns)
    kinds = "".join(f"{int((column['drawn'] > 0).sum()):11d}" for column in columns)
    lines += [f"{'  all others':12s}{rest}", f"{'  kinds':12s}{kinds}"]
    lines += ["", "it writes:  " + mine["written"][:62].replace("\n", "⏎")]
    state = {
        "text": text, "temperature": temperature, "letters": [mine["vocabulary"][one] for one in letters],
        "shares": [round(float(mine["shares"][one]), 4) for one in letters],
        "model": [round(float(mine["model"][one]), 4) for one in letters],
        "drawn": [[int(column["drawn"][one]) for one in letters] for column in columns],
        "temperatures": [*TEMPERATURES, temperature], "kinds": int((mine["drawn"] > 0).sum()),
        "likeliest": int(mine["drawn"].max()) / DRAWS, "written": mine["written"],
    }  # fmt: skip
    return ExperimentResult("\n".join(lines), state)


def draws(text: str, temperature: float, run: str | None = None) -> dict:
    """What the model gives, what is left of it at a temperature, 1,000 draws, and 60 characters written on."""
    from groundup.generation import Sampling, write
    from groundup.lenses import next_token
    from groundup.lenses.hooked_model import hooked_model

    hooked = hooked_model(run or first.CHAR_RNN)
    sampling = Sampling(temperature=temperature, seed=1)
    found = next_token.trace(hooked, text, sampling, draws=DRAWS)
    written = write(hooked.model, hooked.tokenizer, text, 60, sampling).text
    return {
        "vocabulary": found.vocabulary, "order": found.order, "model": found.stages[0].probabilities,
        "shares": found.probabilities, "drawn": found.drawn, "written": written,
    }  # fmt: skip


def own_text(file: str = "", kilobytes: int = 4, steps: int = 240) -> Iterator[ExperimentResult]:
    """Train on the first `kilobytes` (2 to 200) of a text file of yours, or of the stories, for 40 to 400 steps.

    The last tenth is held out. Files are read as UTF-8. Raises GroundupError for a file that is not there or too short.
    """
    kilobytes, steps = max(2, min(200, kilobytes)), max(40, min(400, steps))
    whole = _read(file) if file else "".join(small.stories(220_000, seed=1))
    text = whole[: 1000 * kilobytes]
    if len(text) < 2000:
        raise GroundupError(
            f"{file} has {len(text):,} characters.", "Give it 2,000 or more; 100,000 are better."
        )
    cut = len(text) - min(len(text) // 10, 4000)
    trained = small.training(
        text[:cut], held_out=text[cut:], steps=steps, tells=6, shows=small.SHOWS, prompt=text[0]
    )
    for told, curve in small.as_it_goes(trained):
        now, whole = told[-1], [one for one in told if "sample" in one]
        lines = [
            f"{cut:,} characters to learn from, {len(text) - cut:,} held out; luck costs {now['luck']:.2f} bits",
            "",
        ]
        lines.append("step   text it learns from      text held out")
        for one in whole:
            bars = [f"{one[key]:5.2f} {'█' * round(2.5 * one[key]):16s}" for key in ("bits", "held_out_bits")]
            lines.append(f"{one['step']:4d}  {'   '.join(bars)}")
        state: dict[str, Any] = {
            "steps": [one["step"] for one in told], "bits": [round(one["bits"], 4) for one in told],
            "held_out_bits": [round(one["held_out_bits"], 4) for one in whole],
            "characters": cut, "kilobytes": kilobytes, "luck": now["luck"], "curve": curve, "end": steps,
        }  # fmt: skip
        if whole:
            sample, gap = whole[-1]["sample"], whole[-1]["held_out_bits"] - whole[-1]["bits"]
            lines += ["", f"the gap is {gap:.2f} bits", "", "it writes:  " + sample[:60].replace("\n", "⏎")]
            state |= {"gap": round(gap, 4), "sample": sample}
        yield ExperimentResult("\n".join(lines), state, share=now["step"] / steps)


def _read(file: str) -> str:
    try:
        with open(Path(file).expanduser(), encoding="utf-8-sig") as opened:
            return opened.read(READ)
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise GroundupError(f"{file} cannot be read: {why}.", "Name a text file, saved as UTF-8.") from None


def entropy(shares: np.ndarray) -> float:
    """In bits."""
    kept = shares[shares > 0].astype(float)
    return -float((kept * np.log2(kept)).sum())


def longest_copy(written: str, source: str) -> str:
    """The longest stretch of what was written that stands in the source, letter for letter."""
    best = ""
    for start in range(len(written)):
        while start + len(best) < len(written) and written[start : start + len(best) + 1] in source:
            best = written[start : start + len(best) + 1]
    return best
