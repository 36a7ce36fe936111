"""The experiments of lesson 1.1: a network whose state is two numbers, and a trained one, letter by letter."""

from pathlib import Path
from typing import Any

import numpy as np

from groundup.common.errors import GroundupError
from groundup.course.lessons.parts import ExperimentResult
from groundup.foundations.cells import Weights, forward, rnn_step
from groundup.foundations.softmax import softmax
from groundup.lenses.drawing import token_labels

CHAR_RNN = Path(__file__).parent / "fixtures" / "char-rnn"
"""A run: 1,500 steps on stories. The other lessons of the rung look at it too."""

# A network small enough for a sheet of paper. Weights chosen by hand: it has learnt nothing, but it remembers.
LETTERS = "abn"
ROWS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])  # what each letter is read as
RECURRENT = np.array([[0.5, -0.5], [0.5, 0.5]])  # what the state hands on
OUT = np.array([[-1.0, 1.0], [-1.0, -1.0], [2.0, 0.0]])  # scores of a, b and n, from the state


def walk(word: str) -> tuple[np.ndarray, np.ndarray]:
    """The state after each letter (letters, 2), and the shares of a, b and n to come next (letters, 3)."""
    ids = [LETTERS.index(letter) for letter in word]
    cell = Weights(ROWS.T, RECURRENT, np.zeros(2), np.zeros(2))
    states, _, _ = forward(rnn_step, np.eye(3)[ids][:, None], (np.zeros((1, 2)),), cell)
    return states[:, 0], softmax(states[:, 0] @ OUT.T)


def two_numbers(word: str = "ban") -> ExperimentResult:
    """Read a word of a, b and n (1 to 12 letters) with the network of the text."""
    word = word.strip().lower()
    if not word or len(word) > 12 or set(word) - set(LETTERS):
        raise GroundupError(f"'{word}' cannot be read.", "Write 1 to 12 letters, each a, b or n.")
    states, shares = walk(word)
    lines = ["read   state                  then a    then b    then n", ""]
    for letter, (one, two), row in zip(word, states, shares, strict=True):
        lines.append(
            f"  {letter}    ({one:+.2f}, {two:+.2f})      ".replace("-", "−")
            + "".join(f"{share:10.0%}" for share in row)
        )
    lines += ["", f"After “{word}”, n has {shares[-1, 2]:.0%}."]
    state = {
        "letters": list(word), "states": states.round(4).tolist(), "vocabulary": list(LETTERS),
        "shares": shares.round(4).tolist(), "share_of_n": float(shares[-1, 2]), "length": len(word),
    }  # fmt: skip
    return ExperimentResult("\n".join(lines), state)


def remember(
    text: str = "She walked to the cellar.", step: int = 1, run: str | None = None
) -> ExperimentResult:
    """What a trained network expects after `step` letters of a text, and how much each letter read has to do with it.

    run: a run of yours of the kind char-rnn; without one, the small model that comes with the course.
    """
    text = text[:48]
    step = max(1, min(len(text) - 1, step))
    found = read(text, run)
    kept, shares = found["kept"][step - 1], found["shares"][step - 1]
    lines = [f"{text[:step]}▮{text[step:]}".replace("\n", "⏎"), ""]
    likely = three_likeliest(found["vocabulary"], shares)
    lines.append("expected next:  " + "   ".join(f"{shown(letter)} {share:.0%}" for letter, share in likely))
    lines.append(f"it was {shown(text[step])}:  {found['bits'][step - 1]:.2f} bits")
    lines += ["", "how much its score hangs on each letter read (share of the gradient)"]
    first = max(0, step - 12)
    if first:
        lines.append(f"  the {first} before   {sum(kept[:first]):4.0%}")
    for place in range(first, step):
        lines.append(f"  {shown(text[place]):4s} {kept[place]:4.0%}  {'█' * round(40 * kept[place])}")
    state = {
        "letters": list(text), "step": step, "bits": found["bits"][step - 1], "worst": max(found["bits"]),
        "mean_bits": sum(found["bits"]) / len(found["bits"]), "all_bits": found["bits"], "kept": found["kept"],
        "expected": [three_likeliest(found["vocabulary"], row) for row in found["shares"][:-1]],
        "of": "your run" if run else "the course's model",
    }  # fmt: skip
    return ExperimentResult("\n".join(lines), state)


def read(text: str, run: str | None = None) -> dict[str, Any]:
    """For each place of a text but the last: the shares of what may come, the bits that the next letter costs, and
    the share of each letter read so far in the gradient of the next one's score."""
    import torch

    from groundup.lenses import gradient_flow
    from groundup.lenses.hooked_model import hooked_model

    hooked = hooked_model(run or CHAR_RNN)
    if hooked.hook_points.recurrent is None:
        raise GroundupError(f"{hooked.name} carries no state from letter to letter.", "Choose a char-rnn.")
    reading = hooked.read(text, least=2)
    with torch.no_grad():
        shares = hooked.hook_points.run(reading.tokens)[0].softmax(-1).double().numpy()
    following = reading.tokens[0, 1:].tolist()
    bits = [-np.log2(shares[place, token]) for place, token in enumerate(following)]
    kept = []
    for at in range(1, len(reading.labels)):
        lengths = gradient_flow.trace(hooked, text, at=at, of="logit").inputs
        kept.append((lengths / max(float(lengths.sum()), 1e-12)).round(4).tolist())
    return {"shares": shares, "bits": [round(float(b), 4) for b in bits], "kept": kept,
            "vocabulary": hooked.vocabulary()}  # fmt: skip


def three_likeliest(vocabulary: list[str], shares: np.ndarray) -> list[tuple[str, float]]:
    return [(vocabulary[one], round(float(shares[one]), 4)) for one in np.argsort(-shares)[:3]]


def shown(character: str) -> str:
    """A character as a person can see it."""
    return token_labels([character])[0]
