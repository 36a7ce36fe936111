"""Experiments of the lesson on attention: six words by hand, how wide scores spread, and words in another order."""

from pathlib import Path

import numpy as np

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.lessons.parts import ExperimentResult, load_part
from groundup.foundations.attention import causal_mask, dot_scores, mix, worked_example

worked = load_part(Path(__file__).with_name("worked.py"))


def by_hand(query: str = "run", scaled: bool = True, masked: bool = True) -> ExperimentResult:
    """One row of the attention of six words, every number of it."""
    e = worked_example(causal=masked, scaled=scaled)
    t = _place(query, e.words)
    powers = np.where(e.mask[t], np.exp(e.scores[t]), 0.0)
    lines = [
        f"{query} asks:  query {_pair(e.q[t])}",
        "",
        f"{'word':6}{'key':>10}{'q·k':>7}{'÷√2' if scaled else '÷1':>8}{'e^score':>10}{'share':>8}{'value':>25}",
    ]
    for s, word in enumerate(e.words):
        hidden = not e.mask[t, s]
        score = "hidden" if hidden else f"{e.scores[t, s]:.2f}"
        share = float(e.weights[t, s])
        lines.append(
            f"{word:6}{_pair(e.k[s]):>10}{e.products[t, s]:7.0f}{score:>8}{powers[s]:10.2f}{share:8.2f}  "
            f"{'█' * round(share * 14):14}{_pair(e.v[s]):>9}"
        )
    lines += [
        f"{'sum':6}{'':25}{powers.sum():10.2f}{1:8.2f}",
        "",
        f"context = the values, mixed by the shares = ({e.context[t, 0]:.1f}, {e.context[t, 1]:.1f})",
        "The two numbers of a vector: how much of a thing, how much of a doing.",
    ]
    state = {
        "words": list(e.words),
        "query": query,
        "scaled": scaled,
        "masked": masked,
        "q": e.q.tolist(),
        "k": e.k.tolist(),
        "v": e.v.tolist(),
        "products": e.products.tolist(),
        "scores": e.scores.round(4).tolist(),
        "allowed": e.mask.tolist(),
        "weights": e.weights.round(4).tolist(),
        "context": e.context.round(4).tolist(),
        "on_dog": round(float(e.weights[t, e.words.index("dog")]), 4),
    }
    return ExperimentResult("\n".join(lines), state)


def spread(d: int = 256, divide_by: float = 1.0) -> ExperimentResult:
    """How far apart scores lie, and how sure of itself the softmax is then."""
    if not 1 <= d <= 1024:
        raise GroundupError(f"d is {d}.", "Choose from 1 to 1024 numbers in a vector.")
    if not divide_by > 0:
        raise GroundupError(f"divide_by is {divide_by:g}.", "Choose a number above 0.")
    rows = {size: worked.measure(size, float(divide_by)) for size in sorted({4, 64, 256, d})}
    lines = [
        f"Random vectors; scores divided by {divide_by:g}; shares among {worked.CHOICES} keys.",
        "",
        f"{'d':>6}{'spread of scores':>20}{'largest share':>17}{'p (1 − p)':>14}",
    ]
    for size, (width, largest, slope) in rows.items():
        mark = "  <- yours" if size == d else ""
        lines.append(f"{size:6}{width:20.2f}{largest:17.2f}{slope:14.3f}{mark}")
    lines += [
        "",
        f"Sixteen equal shares would be {1 / worked.CHOICES:.2f} each.",
        "p (1 − p): how much that share p moves for a little more score.",
    ]
    width, largest, slope = rows[d]
    return ExperimentResult(
        "\n".join(lines),
        {
            "d": d,
            "divide_by": float(divide_by),
            "spread": round(width, 3),
            "largest_share": round(largest, 3),
            "slope": round(slope, 4),
            "rows": [
                {"d": size, "spread": round(a, 3), "largest_share": round(b, 3), "slope": round(c, 4)}
                for size, (a, b, c) in rows.items()
            ],
        },
    )


def reorder(order: str = "run dog a saw cat the", masked: bool = False) -> ExperimentResult:
    """The six words in another order: what changes for each of them."""
    e = worked_example(causal=masked)
    words = order.split()
    if sorted(words) != sorted(e.words):
        raise GroundupError(
            f"'{order}' is not the same six words.", f"Each of them once: {' '.join(e.words)}."
        )
    places = [e.words.index(word) for word in words]
    allowed = causal_mask(len(words)) if masked else None
    context, _ = mix(dot_scores(e.q[places], e.k[places], e.scale), e.v[places], allowed)
    changes = np.abs(context - e.context[places]).max(axis=1)
    lines = [
        f"before:  {' '.join(e.words)}",
        f"now:     {' '.join(words)}",
        f"mask:    {'on: each word sees itself and what stands before it' if masked else 'off: each sees all'}",
        "",
        f"{'word':8}{'context before':>18}{'context now':>18}{'change':>10}",
    ]
    for place, word, now, change in zip(places, words, context, changes, strict=True):
        lines.append(f"{word:8}{_pair(e.context[place], 1):>18}{_pair(now, 1):>18}{change:10.1f}")
    return ExperimentResult(
        "\n".join(lines),
        {
            "words": words,
            "masked": masked,
            "moved": sum(a != b for a, b in zip(words, e.words, strict=True)),
            "before": e.context[places].round(4).tolist(),
            "now": context.round(4).tolist(),
            "largest_change": round(float(changes.max()), 4),
        },
    )


def _pair(vector: np.ndarray, digits: int = 0) -> str:
    return f"({', '.join(f'{number:.{digits}f}' for number in vector)})"


def _place(word: str, words: tuple[str, ...]) -> int:
    if word not in words:
        raise GroundupError(f"'{word}' is none of the six words.", did_you_mean(word, words))
    return words.index(word)
