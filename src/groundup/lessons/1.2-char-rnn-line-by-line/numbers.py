"""The numbers in the text and on the cards of lesson 1.2, and what its pictures share with them."""

import json
import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.cells import Weights, backward, forward, rnn_step
from groundup.models.char_rnn import CharRNN, CharRNNConfig

toy = load_part(Path(__file__).parents[1] / "1.1-characters-and-time" / "experiments.py")
WINDOW = 32
"""`training.sequence_length` of the model that the rung looks at."""
GIVEN = ("0.36", "0.64", "0.75", "1.2", "2.8", "16%")


def three_steps() -> dict[str, list[float]]:
    """h = tanh(0.5 h + x) over x = 1, 0, 0, and back from the last state."""
    x = np.array([1.0, 0.0, 0.0])
    w = Weights(np.eye(1), np.array([[0.5]]), np.zeros(1), np.zeros(1))
    states, _, caches = forward(rnn_step, x[:, None, None], (np.zeros((1, 1)),), w)
    h = [0.0, *states.ravel().tolist()]
    d_h, parts, arriving = [], [], [1.0]
    for step in (2, 1, 0):  # one step at a time: what arrives, what it adds to w's gradient, what goes on
        _, (before,), d_w = backward(rnn_step, np.array([[[arriving[-1]]]]), caches[step : step + 1])
        parts.insert(0, float(d_w.hh[0, 0]))
        d_h.insert(0, float(before[0, 0]))
        arriving.append(d_h[0])
    return {"x": x.tolist(), "h": h, "d_h": d_h, "parts": parts}


@lru_cache
def fading() -> np.ndarray:
    """The share of the gradient's length that arrives 1, 2, ..., 64 characters back: the mean over 30 places of
    stories that the model has not seen."""
    from groundup.lenses import gradient_flow
    from groundup.lenses.hooked_model import hooked_model
    from groundup.text.storyworld import stories

    hooked, text = hooked_model(toy.CHAR_RNN), "".join(stories(3000, seed=99))
    rows = []
    for at in range(100, 1600, 50):
        lengths = gradient_flow.trace(hooked, text[at - 64 : at + 1], of="logit").inputs[::-1]
        rows.append(lengths / lengths.sum())
    return np.mean(rows, axis=0)


def numbers() -> dict[str, str]:
    from groundup.lenses.gradient_flow import decay
    from groundup.lenses.hooked_model import hooked_model

    model = hooked_model(toy.CHAR_RNN).model
    config, vocabulary = model.config, model.vocab_size
    double = CharRNN(CharRNNConfig(width=2 * config.width, embedding=config.embedding), vocabulary)
    parts = {name: p.numel() for name, p in model.named_parameters()}
    total = model.parameter_count()
    steps = three_steps()
    shares = fading()
    factor, _ = decay(shares[:40][::-1])
    rows = json.loads((Path(__file__).parent / "fixtures" / "widths.json").read_text(encoding="utf-8"))
    best = {row["width"]: row["bpb"][-1] for row in rows}
    count = {row["width"]: row["parameters"] for row in rows}
    gradient = np.array([3.0, 4.0])
    clipped = gradient / max(1.0, np.linalg.norm(gradient))
    return {
        "vocabulary": str(vocabulary), "embedding": str(config.embedding), "width": str(config.width),
        "p_embedding": f"{parts['embedding.weight']:,}", "p_ih": f"{parts['cells.weight_ih_l0']:,}",
        "p_hh": f"{parts['cells.weight_hh_l0']:,}",
        "p_biases": f"{parts['cells.bias_ih_l0'] + parts['cells.bias_hh_l0']:,}",
        "p_lm_head": f"{parts['lm_head.weight'] + parts['lm_head.bias']:,}",
        "total": f"{total:,}", "hh_share": f"{parts['cells.weight_hh_l0'] / total:.0%}",
        "doubled": f"{double.parameter_count():,}", "doubled_times": f"{double.parameter_count() / total:.1f}",
        "h1": f"{steps['h'][1]:.2f}", "h2": f"{steps['h'][2]:.2f}", "h3": f"{steps['h'][3]:.2f}",
        "slope3": f"{1 - steps['h'][3] ** 2:.2f}", "slope2": f"{1 - steps['h'][2] ** 2:.2f}",
        "slope1": f"{1 - steps['h'][1] ** 2:.2f}",
        "part3": f"{steps['parts'][2]:.2f}", "part2": f"{steps['parts'][1]:.2f}", "part1": f"{steps['parts'][0]:.0f}",
        "to_h2": f"{steps['d_h'][2]:.2f}", "to_h1": f"{steps['d_h'][1]:.2f}",
        "d_w": f"{sum(steps['parts']):.2f}",
        "window": str(WINDOW), "factor": f"{factor:.2f}", "last8": f"{shares[:8].sum():.0%}",
        "last16": f"{shares[:16].sum():.0%}", "beyond": f"{shares[WINDOW:].sum():.1%}",
        "after_ten": f"{factor**10:.2f}",
        "half_life": f"{math.log(0.5) / math.log(factor):.1f}",
        "norm": f"{np.linalg.norm(gradient):.0f}", "clipped": f"({clipped[0]:.1f}, {clipped[1]:.1f})",
        "bpb4": f"{best[4]:.2f}", "bpb16": f"{best[16]:.2f}", "bpb64": f"{best[64]:.2f}", "bpb256": f"{best[256]:.2f}",
        "count16": f"{count[16]:,}", "count256": f"{count[256]:,}",
        "gain_first": f"{best[4] - best[16]:.2f}", "gain_last": f"{best[64] - best[256]:.2f}",
    }  # fmt: skip
