"""The gradient flow of one model, and of several, drawn with a logarithmic axis. The numbers: gradient_flow.py."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.common.brand import rung_of
from groundup.common.charts import spread_labels
from groundup.lenses.drawing import (
    MONO,
    SANS,
    fonts,
    headline,
    model_colour,
    new_figure,
    on_model_colour,
    paper,
    shorten,
    style,
    token_axis,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from groundup.lenses.gradient_flow import GradientFlowComparison, GradientFlowTrace


LINES = 8


def draw_one(found: "GradientFlowTrace", dark: bool) -> "Figure":
    """Dots for what goes into the model at each token, a line for what each layer passes on."""
    colours, time = paper(dark), len(found.labels)
    wide = min(14.0, max(6.4, 0.17 * time + 2.6))
    figure = new_figure(wide, 4.6, dark=dark)
    headline(
        figure,
        f"{found.name}: what “{shorten(found.target.strip() or found.target, 14)}” was predicted from",
        dark=dark,
        under=f"Length of the gradient of its {found.of} ({found.value:.2f}). {found.sentence()}",
    )
    axes = figure.subplots()
    names = list(found.states)
    # Of a deep model, so many layers as have room for their names.
    names = [
        names[i] for i in sorted(set(np.linspace(0, len(names) - 1, LINES).round().astype(int).tolist()))
    ]
    some = f" ({len(names)} of {len(found.states)})" if len(names) < len(found.states) else ""
    style(axes, dark=dark, title=f"dots: what goes in; lines: what each layer passes on{some}")
    low, high = _axis(axes, [found.inputs, *found.states.values()])
    axes.set_xlim(-0.8, time - 0.2)
    there = np.flatnonzero(found.inputs > low)
    axes.plot(there, found.inputs[there], "o", markersize=4.5, color=model_colour(found.kind, dark))

    label: dict[str, Any] = {"textcoords": "offset points", "va": "center", "ha": "right", "fontsize": 8.5,
                             "color": colours.ink_2, "family": fonts(MONO)[:1], "annotation_clip": False}  # fmt: skip
    begins = {}
    for name in names:
        norms = found.states[name]
        there = np.flatnonzero(norms > low)
        dashes = (0, (4, 1.5)) if name.endswith("_c") else "-"
        axes.plot(there, norms[there], linewidth=1.3, linestyle=dashes, color=colours.ink_2,
                  marker="o" if len(there) == 1 else "", markersize=3)  # fmt: skip
        if len(there) > 1:
            begins[name] = math.log(norms[there[0]])
        elif len(there):  # what the top layer of a transformer passes on counts at the last token alone
            axes.annotate(short_name(name), (there[0], norms[there[0]]), xytext=(-7, 0), **label)
    gap = 11 / (4.6 * 72 * 0.6) * math.log(high / low)
    for name, place in zip(begins, spread_labels(list(begins.values()), gap), strict=True):
        axes.annotate(short_name(name), (-0.8, math.exp(place)), xytext=(-6, 0), **label)
    size = min(8.5, 72 * 0.8 * (wide - 2.6) / time)
    if size >= 3.5:
        token_axis(axes.xaxis, found.labels, dark=dark, size=size)
    else:
        axes.set_xticks([])
    return figure


def draw_several(found: "GradientFlowComparison", dark: bool) -> "Figure":
    """A line for each model, over the distance in characters, which all tokenizers have in common."""
    colours = paper(dark)
    figure = new_figure(9.2, 5.0, dark=dark)
    headline(
        figure,
        "How far back a prediction reaches",
        dark=dark,
        under="Length of the gradient at each token, as a share of the last one's (log). "
        f"Read: “{shorten(found.text, 60)}”",
    )
    axes = figure.subplots()
    style(axes, dark=dark)
    lines = [(trace, trace.inputs / max(trace.inputs[-1], 1e-38)) for trace in found.traces]
    low, high = _axis(axes, [norms for _, norms in lines], least=1e-8)
    longest = max(max(trace.back) for trace, _ in lines)
    axes.set(xlim=(longest * 1.42, 0), xlabel="characters before the predicted token")
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= longest])
    gap = 17 / (5.0 * 72 * 0.68) * math.log(high / low)
    ends = []
    for trace, norms in lines:
        there = np.flatnonzero(norms > low)
        back = np.array(trace.back)[there]
        axes.plot(
            back,
            norms[there],
            color=model_colour(trace.kind, dark),
            linewidth=1.8,
            marker="o",
            markersize=2.6,
        )
        ends.append((back[0], math.log(norms[there[0]])) if len(there) else (0, math.log(low)))
    # Where a line ends far back its label stands in the margin; where it leaves the picture, beside it.
    margin = [0.85 * longest <= far for far, _ in ends]
    apart = iter(spread_labels([end for (_, end), out in zip(ends, margin, strict=True) if out], gap))
    for (trace, _), (far, end), out in zip(lines, ends, margin, strict=True):
        place = next(apart) if out else max(end, math.log(low) + 0.7 * gap)
        edge = longest * 1.06 if out else far + longest * 0.03
        if out:
            axes.annotate("", (far, math.exp(end)), xytext=(edge, math.exp(place)), annotation_clip=False,
                          arrowprops={"arrowstyle": "-", "color": colours.edge, "linewidth": 0.8,
                                      "linestyle": (0, (1, 2))})  # fmt: skip
        at = edge + longest * 0.02
        _number(axes, trace.kind, (at, math.exp(place)), dark)
        axes.text(at + longest * 0.045, math.exp(place), shorten(trace.name, 20), ha="right", va="center_baseline",
                  fontsize=9.5, color=colours.ink, family=fonts(SANS))  # fmt: skip
    return figure


def _axis(axes: Any, lines: Sequence[np.ndarray], least: float = 1e-12) -> tuple[float, float]:
    """A logarithmic axis on the right for all that is above the `least` share of the highest; where it ends."""
    values = np.concatenate(lines)
    values = values[values > 0]
    high = float(values.max()) if len(values) else 1.0
    low = max(float(values.min()) if len(values) else 0.1, high * least) / 1.5
    axes.set_yscale("log")
    axes.set_ylim(low, high * 1.5)
    axes.yaxis.tick_right()
    axes.tick_params(axis="both", which="both", length=0)
    return low, high * 1.5


def _number(axes: Any, kind: str, place: tuple[float, float], dark: bool) -> None:
    """A model's number on its colour."""
    colour = model_colour(kind, dark)
    axes.text(*place, str(rung_of(kind).number or "·"), ha="right", va="center_baseline", fontsize=8.5, weight="bold",
              color=on_model_colour(kind, dark), family=fonts(MONO)[:1],
              bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": colour, "ec": colour})  # fmt: skip


def short_name(name: str) -> str:
    """An activation's name for a label.

    >>> short_name("cells.0.hook_h"), short_name("blocks.3.hook_resid_post")
    ('L0 h', 'L3 out')
    """
    layer, what = name.split(".")[1], name.rsplit("hook_", 1)[-1]
    return f"L{layer} {'out' if what == 'resid_post' else what}"
