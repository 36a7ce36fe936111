"""What a model is made of: every part with its size, and what its matrices look like from outside.

Nothing is read by the model here; the weights themselves are looked at. It works on a run, on any
`torch.nn.Module` and on a .safetensors file.

Weights start as a cloud of random numbers, whose singular values are known beforehand. Training pulls some of
them out of the cloud: few directions that matter much. So the picture shows what chance would give beside what
is there (Martin and Mahoney 2021, "Implicit Self-Regularization in Deep Neural Networks", section 3).
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_count
from groundup.lenses.drawing import MONO, SANS, fonts, headline, model_colour, new_figure, paper, style
from groundup.lenses.hooked_model import HookedModel
from groundup.lenses.registry import Lens
from groundup.lenses.trace import Trace
from groundup.models.contract import LanguageModel
from groundup.training.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGMAS = 6  # of a billion normal numbers two are farther out than this; trained weights have many more
BINS = 61
LARGEST_SPECTRUM = 4096  # the shorter side of a matrix; beyond it, singular values would take minutes


@dataclass
class Weight:
    """One tensor of weights, in numbers. A tied one has its name and size, and the rest under `tied_to`."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    count: int
    bytes: int
    tied_to: str | None = None
    mean: float = math.nan
    std: float = math.nan
    norm: float = math.nan
    """The root of the sum of squares."""
    largest: float = math.nan
    """The largest size of a weight."""
    not_finite: int = 0
    """Weights that are no numbers, or infinite: there should be none."""
    outliers: int = 0
    """Weights farther than six standard deviations from the mean."""
    outlier_share: float = 0.0
    histogram: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(61,) how many weights lie in each of as many equal steps from -largest to +largest."""
    singular_values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """(shorter side,) the largest first; of matrices alone."""
    effective_rank: float | None = None
    """How many directions the matrix really uses: exp(entropy) of its singular values, as shares of their sum
    (Roy and Vetterli 2007, definition 1)."""


@dataclass
class ModuleSize:
    """A module and all that is in it."""

    name: str
    """`blocks.0.attention`; the whole model has no name."""
    kind: str
    """Its class, where it is known."""
    depth: int
    count: int
    """Weights in it; tied ones count once, where they come first."""
    bytes: int


@dataclass
class WeightsTrace(Trace):
    """The weights of one model."""

    name: str
    kind: str
    """Which of our models: gpt, char-rnn, ...; empty for any other."""
    parts: list[ModuleSize]
    """The tree, each module before those in it."""
    weights: list[Weight]

    @property
    def count(self) -> int:
        return self.parts[0].count

    @property
    def bytes(self) -> int:
        return self.parts[0].bytes

    def largest(self, number: int = 6) -> list[Weight]:
        """The matrices with most weights, in the model's order."""
        matrices = [weight for weight in self.weights if len(weight.singular_values)]
        chosen = sorted(matrices, key=lambda weight: -weight.count)[:number]
        return [weight for weight in matrices if any(weight is one for one in chosen)]

    def plot(self, *, dark: bool = False) -> "Figure":
        """A row for each of the six largest matrices: how its weights are spread, and its singular values."""
        return draw(self, dark)


def trace(what: "nn.Module | Run | str | Path", *, spectra: bool = True, name: str = "") -> WeightsTrace:
    """Look at the weights of a model, a run (name, folder or `Run`), or a .safetensors file.

    spectra: False leaves out the singular values, which take most of the time. name: what to call it.
    Raises GroundupError for a file that cannot be read and a run without weights.
    """
    kinds: dict[str, str] = {}
    tensors: dict[str, Tensor]
    if isinstance(what, str | Path) and str(what).endswith(".safetensors"):
        name, kind, tensors = name or Path(what).name, "", _read_file(Path(what))
        tied = _equal_ones(tensors)
    else:
        if isinstance(what, nn.Module):
            name, model = name or type(what).__name__, what
        else:
            run = what if isinstance(what, Run) else Run.open(what)
            name, model = name or run.name, run.model()
        kind = model.name if isinstance(model, LanguageModel) else ""
        tensors = dict(model.named_parameters(remove_duplicate=False))
        tied = _same_ones(tensors)
        kinds = {key: type(module).__name__ for key, module in model.named_modules()}
    if not tensors:
        raise GroundupError(f"'{name}' has no weights.", "Give a model, a run or a .safetensors file.")
    weights = [_weigh(key, tensor, tied.get(key), spectra) for key, tensor in tensors.items()]
    return WeightsTrace(name, kind, _tree(weights, kinds), weights)


# ---- numbers -----------------------------------------------------------------------------------------------


def _weigh(name: str, tensor: Tensor, tied_to: str | None, spectra: bool) -> Weight:
    weight = Weight(
        name=name, shape=tuple(tensor.shape), dtype=str(tensor.dtype).removeprefix("torch."),
        count=tensor.numel(), bytes=tensor.numel() * tensor.element_size(), tied_to=tied_to,
    )  # fmt: skip
    if tied_to is not None or tensor.numel() == 0:
        return weight
    numbers = tensor.detach().cpu().double()
    finite = numbers[numbers.isfinite()]
    weight.not_finite = weight.count - len(finite)
    if not len(finite):
        return weight
    weight.mean, weight.std = finite.mean().item(), finite.std(correction=0).item()
    weight.norm, weight.largest = finite.norm().item(), finite.abs().max().item()
    far = (finite - weight.mean).abs() > SIGMAS * weight.std
    weight.outliers = int(far.sum()) if weight.std > 0 else 0
    weight.outlier_share = weight.outliers / weight.count
    edge = weight.largest or 1.0
    weight.histogram = np.histogram(finite.numpy(), bins=BINS, range=(-edge, edge))[0]
    matrix = numbers.flatten(1) if numbers.dim() >= 2 else None
    if spectra and matrix is not None and not weight.not_finite and min(matrix.shape) <= LARGEST_SPECTRUM:
        weight.singular_values = singular_values(matrix)
        weight.effective_rank = effective_rank(weight.singular_values)
    return weight


def singular_values(matrix: Tensor) -> np.ndarray:
    """Of a matrix (m, n), the largest first, as the roots of the eigenvalues of the smaller of W Wᵀ and Wᵀ W.

    That is many times quicker than a whole decomposition where one side is long, as a vocabulary is. Values
    below a ten-millionth of the largest drown in rounding.
    """
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    values = torch.linalg.eigvalsh(tall.T @ tall).clamp(min=0).sqrt()
    return values.flip(0).numpy()


def effective_rank(singular: np.ndarray) -> float:
    """
    >>> round(effective_rank(np.array([2.0, 2.0, 2.0, 0.0])), 6)
    3.0
    """
    if singular.sum() == 0:
        return 0.0
    shares = singular / singular.sum()
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def random_spectrum(shape: tuple[int, int], std: float) -> np.ndarray:
    """The singular values that independent random weights of this deviation have, the largest first.

    For a long side m and a short side n they fill the stretch from std (√m - √n) to std (√m + √n), with the
    density of Marchenko and Pastur (1967); here are n of them, at equal steps of probability.
    """
    long, short = max(shape), min(shape)
    low, high = std * (math.sqrt(long) - math.sqrt(short)), std * (math.sqrt(long) + math.sqrt(short))
    x = np.linspace(low, high, 4001)[1:-1]
    density = np.sqrt(np.maximum((high**2 - x**2) * (x**2 - low**2), 0)) / x
    below = np.cumsum(density)
    at = (np.arange(short) + 0.5) / short
    return np.interp(at, below / below[-1], x)[::-1]


# ---- the tree ----------------------------------------------------------------------------------------------


def _tree(weights: list[Weight], kinds: dict[str, str]) -> list[ModuleSize]:
    """Every module that has weights, with what is below it."""
    parts: dict[str, ModuleSize] = {}
    for weight in weights:
        for name in _ancestors(weight.name):
            depth = name.count(".") + 1 if name else 0
            part = parts.setdefault(name, ModuleSize(name, kinds.get(name, ""), depth, 0, 0))
            if weight.tied_to is None:
                part.count += weight.count
                part.bytes += weight.bytes
    return list(parts.values())


def _ancestors(name: str) -> Iterator[str]:
    """
    >>> list(_ancestors("blocks.0.norm.weight"))
    ['', 'blocks', 'blocks.0', 'blocks.0.norm']
    """
    pieces = name.split(".")
    return (".".join(pieces[:end]) for end in range(len(pieces)))


def _same_ones(tensors: dict[str, Tensor]) -> dict[str, str]:
    """Names of a parameter that has another name before."""
    first: dict[int, str] = {}
    return {name: one for name, t in tensors.items() if (one := first.setdefault(id(t), name)) != name}


def _equal_ones(tensors: dict[str, Tensor]) -> dict[str, str]:
    """In a file tied weights are written twice: matrices that are equal, number for number."""
    tied: dict[str, str] = {}
    matrices = [name for name, tensor in tensors.items() if tensor.dim() >= 2]
    for place, name in enumerate(matrices):
        for other in matrices[:place]:
            if other not in tied and torch.equal(tensors[name], tensors[other]):
                tied[name] = other
                break
    return tied


def _read_file(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file; of our checkpoints, the model's alone."""
    try:
        with safe_open(path, framework="pt") as file:
            ours = str((file.metadata() or {}).get("format", "")).startswith("groundup-checkpoint")
            names: Iterable[str] = file.keys()
            names = [name for name in names if not ours or name.startswith("model.")]
            return {name.removeprefix("model.") if ours else name: file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise GroundupError(f"There is no file {path}.", "Check the path.") from None
    except (SafetensorError, OSError) as error:
        raise GroundupError(
            f"{path} is damaged, or is no .safetensors file ({error}).", "Copy it again from where it came."
        ) from None


# ---- the picture -------------------------------------------------------------------------------------------


def draw(trace: WeightsTrace, dark: bool) -> "Figure":
    shown = trace.largest() or [w for w in trace.weights if w.tied_to is None][:6]
    figure = new_figure(9.2, 1.2 + 1.15 * len(shown), dark=dark)
    headline(
        figure, f"{trace.name}: {format_count(trace.count)} weights, {format_count(trace.bytes)}B", dark=dark
    )
    colour = model_colour(trace.kind, dark)
    grid = figure.subplots(len(shown), 3, squeeze=False, width_ratios=(0.8, 1.2, 1.2))
    widest = max(SIGMAS + 0.5, *(weight.largest / weight.std for weight in shown if weight.std > 0))
    for place, (weight, (facts, spread, spectrum)) in enumerate(zip(shown, grid, strict=True)):
        _draw_facts(facts, weight, dark)
        _draw_spread(spread, weight, widest, colour, dark)
        _draw_spectrum(spectrum, weight, colour, dark)
        if place == 0:
            titles = ((spread, "how many weights, by distance in σ"), (spectrum, "singular values, by rank"))
            for axes, title in titles:
                axes.set_title(title, loc="left", fontsize=10, color=paper(dark).ink, family=fonts(SANS))
        if place < len(shown) - 1:
            spread.tick_params(labelbottom=False)
        else:
            spread.set_xlabel("dotted: a normal distribution as wide")
            spectrum.set_xlabel("dotted: random weights as wide")
    return figure


def _draw_facts(axes: Any, weight: Weight, dark: bool) -> None:
    axes.axis("off")
    colours = paper(dark)
    rank = "" if weight.effective_rank is None else f"effective rank {weight.effective_rank:.0f}"
    full = f" of {len(weight.singular_values)}" if rank else ""
    outliers = (
        f"{format_count(weight.outliers)} beyond {SIGMAS}σ" if weight.outliers else f"none beyond {SIGMAS}σ"
    )
    lines = [f"{' × '.join(map(str, weight.shape))}, σ {weight.std:.3g}", outliers, rank + full]
    name = weight.name if len(weight.name) <= 34 else f"…{weight.name[-33:]}"
    axes.text(0, 0.98, name, transform=axes.transAxes, va="top", fontsize=9, color=colours.ink,
              family=fonts(SANS))  # fmt: skip
    text = "\n".join(lines).rstrip()
    axes.text(
        0,
        0.72,
        text,
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
        color=colours.ink_3,
        linespacing=1.5,
        family=fonts(SANS),
    )


def _draw_spread(axes: Any, weight: Weight, widest: float, colour: str, dark: bool) -> None:
    """Counts on a log axis, so that a single weight far out is seen beside a million near zero."""
    colours = paper(dark)
    reach = weight.largest / weight.std if weight.std > 0 else 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    middle, step = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    axes.bar(middle, weight.histogram, width=step, color=colour, linewidth=0)
    if weight.std > 0:
        share = np.exp(-((middle - weight.mean / weight.std) ** 2) / 2) / math.sqrt(2 * math.pi)
        axes.plot(
            middle, share * step * weight.count, color=colours.ink_2, linewidth=1, linestyle=(0, (1, 1.5))
        )
    top = 3 * max(int(weight.histogram.max(initial=1)), 1)
    axes.set(yscale="log", ylim=(0.5, top), xlim=(-1.03 * widest, 1.03 * widest))
    if widest < 4 * SIGMAS:
        axes.set_xticks([-SIGMAS, -3, 0, 3, SIGMAS])
    style(axes, dark=dark)
    _quiet_ticks(axes, dark)


def _draw_spectrum(axes: Any, weight: Weight, colour: str, dark: bool) -> None:
    colours = paper(dark)
    values = weight.singular_values
    if not len(values):
        axes.axis("off")
        return
    rank = np.arange(1, len(values) + 1)
    chance = random_spectrum((weight.count // min(_sides(weight)), min(_sides(weight))), weight.std)
    axes.plot(rank, chance, color=colours.ink_2, linewidth=1, linestyle=(0, (1, 1.5)))
    axes.plot(rank, values, color=colour, linewidth=1.8)
    lowest = max(min(values[values > 0].min(initial=1.0), chance.min()), values[0] / 1000)
    axes.set(
        yscale="log", xlim=(0, len(values) * 1.02), ylim=(min(lowest / 1.5, values[0] / 15), values[0] * 1.6)
    )
    style(axes, dark=dark)
    _quiet_ticks(axes, dark)


def _sides(weight: Weight) -> tuple[int, int]:
    return weight.shape[0], weight.count // weight.shape[0]


def _quiet_ticks(axes: Any, dark: bool) -> None:
    axes.minorticks_off()
    axes.tick_params(labelsize=8, labelfontfamily=fonts(MONO)[0])


def trace_of_run(model: HookedModel) -> WeightsTrace:
    return trace(model.require_run())


LENS = Lens(
    "weights",
    title="Weights",
    question="What is it made of?",
    order=90,
    trace="trace_of_run",
    reads=False,
    real=False,
    widgets=(("weights", "weights", "c12"),),
    views={"weights": {"weight": 0}},
)
