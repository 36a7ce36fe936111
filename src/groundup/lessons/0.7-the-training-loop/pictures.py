"""Noise against batch size; a run that over-fits; its boundary at the best step and at the end."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundup.lenses.drawing import headline, new_figure, paper, signed, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _run(name: str) -> dict:
    file = Path(__file__).parent / "fixtures" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def noise(dark: bool = False) -> "Figure":
    away = {int(size): value for size, value in _run("noise")["away"].items()}
    figure, colours = new_figure(6.4, 3.6, dark=dark), paper(dark)
    axes: Any = figure.subplots()
    headline(figure, "Sixteen times the batch, a quarter of the noise", dark=dark)
    style(axes, dark=dark)
    sizes = np.array(list(away))
    axes.plot(sizes, away[1] / np.sqrt(sizes), color=colours.ink_3, linewidth=1.2, linestyle="--")
    axes.plot(sizes, list(away.values()), color=colours.ink, marker="o", markersize=6, linewidth=0)
    axes.set(
        xscale="log", yscale="log", xlabel="rows in a batch", ylabel="distance / length of the whole gradient"
    )
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_yticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
    axes.minorticks_off()
    axes.set_ylim(0.09, 3.4)
    for size, value in away.items():
        axes.annotate(f"{value:.2f}", (size, value), xytext=(6, 6), textcoords="offset points", fontsize=9,
                      color=colours.ink_2)  # fmt: skip
    axes.annotate("1/√n", (128, away[1] / np.sqrt(128)), xytext=(-14, -16), textcoords="offset points", fontsize=9.5,
                  color=colours.ink_3)  # fmt: skip
    return figure


def two_losses(dark: bool = False) -> "Figure":
    run = _run("overfit")
    figure, colours = new_figure(6.4, 3.6, dark=dark), paper(dark)
    axes: Any = figure.subplots()
    headline(figure, "From one step on, it only learns its own 30 points", dark=dark)
    style(axes, dark=dark)
    axes.plot(run["step"], run["validation"], color=colours.ink, linewidth=2.2)
    axes.plot(run["step"], run["training"], color=colours.ink, linewidth=1.6, linestyle=(0, (4, 2)))
    place = run["validation"].index(min(run["validation"]))
    best, low = run["step"][place], run["validation"][place]
    axes.axvline(best, color=colours.edge, linewidth=1)
    axes.plot([best], [low], marker="o", color=colours.ink, markersize=7)
    axes.annotate(f"lowest: {low:.2f} bits at step {best}", (best, low), xytext=(7, 70), textcoords="offset points",
                  fontsize=9.5, color=colours.ink_2)  # fmt: skip
    axes.annotate("validation", (run["step"][-1], run["validation"][-1]), xytext=(-4, 4), textcoords="offset points",
                  ha="right", va="bottom", fontsize=10, color=colours.ink)  # fmt: skip
    axes.annotate("training", (run["step"][-1], run["training"][-1]), xytext=(-4, 8), textcoords="offset points",
                  ha="right", fontsize=10, color=colours.ink)  # fmt: skip
    axes.set(xlabel="step", ylabel="loss (cross-entropy, bits)", xlim=(0, run["step"][-1]), ylim=(0, 1.65))
    return figure


def two_boundaries(dark: bool = False) -> "Figure":
    run = _run("overfit")
    figure, colours = new_figure(7.2, 4.5, dark=dark), paper(dark)
    headline(figure, "The same network, near its best step and at the end", dark=dark)
    x, labels = np.array(run["points"]["training"]["x"]), np.array(run["points"]["training"]["labels"])
    place = run["validation"].index(min(run["validation"]))
    near = min((int(step) for step in run["maps"]), key=lambda step: abs(step - run["step"][place]))
    for axes, step in zip(figure.subplots(1, 2, sharey=True), (near, run["step"][-1]), strict=True):
        score = np.array(run["maps"][str(step)])
        validation = run["validation"][run["step"].index(step)]
        style(axes, dark=dark, grid=False, title=f"step {step}: validation loss {validation:.2f} bits")
        axes.imshow(np.tanh(score / 4), origin="lower", extent=run["extent"], cmap=signed(dark), vmin=-2.2, vmax=2.2,
                    aspect="equal", interpolation="bilinear")  # fmt: skip
        left, right, bottom, top = run["extent"]
        axes.contour(np.linspace(left, right, score.shape[1]), np.linspace(bottom, top, score.shape[0]), score,
                     levels=[0], colors=[colours.ink], linewidths=1.6)  # fmt: skip
        for label, marker in ((0, "o"), (1, "s")):
            here = labels == label
            axes.scatter(x[here, 0], x[here, 1], s=34, marker=marker, linewidth=1.3, edgecolor=colours.ink,
                         facecolor=colours.sheet if label == 0 else colours.ink)  # fmt: skip
        axes.set(xlabel="first input", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        if step == near:
            axes.set_ylabel("second input")
    return figure
