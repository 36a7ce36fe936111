"""The pictures of lesson 0.4."""

from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.foundations.network import Layer, Network, neuron_maps
from groundup.foundations.operations import relu, sigmoid, tanh
from groundup.foundations.points import corners
from groundup.lenses.drawing import SANS, fonts, new_figure, paper, signed, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def line(dark: bool = False) -> "Figure":
    """The plane as the cyclist's neuron sees it: its score, the line where that is 0, the weights as an arrow."""
    ink, figure = paper(dark), new_figure(5.6, 4.4, dark=dark)
    axes = figure.subplots()
    layer = Layer(2, 1, None, np.random.default_rng(0))
    layer.weights.data, layer.biases.data = np.array([[2.0], [-1.0]]), np.array([1.0])
    across = np.linspace(-1.2, 1.2, 121)
    plane = np.stack(np.meshgrid(across, across), axis=-1)
    score = layer(plane.reshape(-1, 2)).data.reshape(121, 121)
    shown = axes.imshow(
        score, extent=(-1.2, 1.2, -1.2, 1.2), origin="lower", cmap=signed(dark), vmin=-5, vmax=5
    )
    axes.contour(across, across, score, levels=[0.0], colors=[ink.ink], linewidths=2)
    words: dict[str, Any] = {"color": ink.ink, "fontsize": 9.5, "family": fonts(SANS)}
    axes.annotate("", (0.3, -0.4), (-0.5, 0.0), arrowprops={"arrowstyle": "-|>", "color": ink.ink, "lw": 1.6})
    axes.text(0.34, -0.43, "the weights\n(2, −1)", va="center", **words)
    axes.text(-0.06, 1.06, "score 0", ha="right", va="center", **words)
    axes.text(-0.95, 0.5, "−", ha="center", va="center", **(words | {"fontsize": 26}))
    axes.text(0.95, 0.1, "+", ha="center", va="center", **(words | {"fontsize": 26}))
    axes.plot([0.5], [1.0], "o", color=ink.ink, markersize=7)
    axes.text(0.5, 0.9, "today: score 1", ha="center", va="top", **words)
    axes.set(xlabel="sun, from pouring (−1) to bright (1)", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    style(axes, dark=dark, title="how tired, from fresh (−1) to worn out (1)", grid=False)
    bar = figure.colorbar(shown, ax=axes, shrink=0.8)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9, colors=ink.ink_3)
    bar.set_label("score", color=ink.ink_2, fontsize=9.5, family=fonts(SANS))
    return figure


def bends(dark: bool = False) -> "Figure":
    """Four activations, each on its own axes."""
    ink, figure = paper(dark), new_figure(7.4, 2.6, dark=dark)
    x = np.linspace(-4, 4, 401)
    curves = {
        "step": np.where(x > 0, 1.0, np.where(x < 0, 0.0, np.nan)),
        "sigmoid": sigmoid(x).data,
        "tanh": tanh(x).data,
        "ReLU": relu(x).data,
    }
    for axes, (name, y) in zip(figure.subplots(1, 4), curves.items(), strict=True):
        axes.plot(x, y, color=ink.ink, linewidth=2)
        axes.axvline(0, color=ink.line, linewidth=0.8, zorder=0)
        axes.set(ylim=(-1.3, 4.2 if name == "ReLU" else 1.6), xticks=[-4, 0, 4], xlabel="score",
                 yticks=[0, 1, 2, 3, 4] if name == "ReLU" else [-1, 0, 1])  # fmt: skip
        style(axes, dark=dark, title=name)
    return figure


def xor(dark: bool = False) -> "Figure":
    """One hand-made solution of XOR: what each hidden neuron says over the plane, and the score."""
    ink, figure = paper(dark), new_figure(7.4, 3.0, dark=dark)
    network = Network([2, 2, 1])
    network.layers[0].weights.data, network.layers[0].biases.data = (
        np.full((2, 2), 2.0),
        np.array([2.0, -2.0]),
    )
    network.layers[1].weights.data, network.layers[1].biases.data = (
        np.array([[1.0], [-1.0]]),
        np.array([-1.0]),
    )
    edge = 1.6
    (a, b), (score,) = neuron_maps(network, (-edge, edge, -edge, edge), resolution=121)
    across = np.linspace(-edge, edge, 121)
    titles = ("A: at least one is on", "B: both are on", "score: A − B − 1")
    for axes, values, title in zip(figure.subplots(1, 3), (a, b, score), titles, strict=True):
        shown = axes.imshow(
            values, extent=(-edge, edge, -edge, edge), origin="lower", cmap=signed(dark), vmin=-2, vmax=2
        )
        axes.contour(across, across, values, levels=[0.0], colors=[ink.ink], linewidths=1.6)
        for (x1, x2), label in zip(*corners(), strict=True):
            axes.plot(
                [x1], [x2], "o", color=ink.ink, markerfacecolor=ink.ink if label else ink.sheet, markersize=9
            )
            value = values[np.abs(across - x2).argmin(), np.abs(across - x1).argmin()]
            axes.text(x1, x2 - 0.24, f"{value:+.1f}".replace("-", "−"), ha="center", va="top", color=ink.ink,
                      fontsize=9.5, family=fonts(SANS))  # fmt: skip
        axes.set(xlabel="x₁", ylabel="x₂", xticks=[-1, 1], yticks=[-1, 1])
        style(axes, dark=dark, title=title, grid=False)
    bar = figure.colorbar(shown, ax=figure.axes, shrink=0.75, pad=0.01)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9, colors=ink.ink_3)
    return figure


def losses(dark: bool = False) -> "Figure":
    """Surprise and squared error, against the probability that the right answer got."""
    ink, figure = paper(dark), new_figure(6.4, 3.6, dark=dark)
    axes = figure.subplots()
    p = np.linspace(0.004, 1, 500)
    axes.plot(p, -np.log2(p), color=ink.ink, linewidth=2)
    axes.plot(p, (1 - p) ** 2, color=ink.ramp[3], linewidth=2, linestyle="dashed")
    for one_in, name in ((2, "1/2: 1 bit"), (4, "1/4: 2 bits"), (8, "1/8: 3 bits"), (64, "1/64: 6 bits")):
        share = 1 / one_in
        axes.plot([share], [-np.log2(share)], "o", color=ink.ink, markersize=6)
        axes.text(
            share + 0.02, -np.log2(share) + 0.12, name, color=ink.ink_2, fontsize=9.5, family=fonts(SANS)
        )
    axes.text(0.02, 1.18, "squared error, never above 1", color=ink.ramp[3], fontsize=9.5, family=fonts(SANS))
    axes.text(0.06, 5.0, "surprise, −log₂ p", color=ink.ink, fontsize=9.5, family=fonts(SANS))
    axes.set(xlabel="probability p that the right answer got", xlim=(0, 1.02), ylim=(0, 8),
             xticks=[0, 0.25, 0.5, 0.75, 1], yticks=[0, 2, 4, 6, 8])  # fmt: skip
    style(axes, dark=dark, title="loss (surprise in bits)")
    return figure
