"""A tree of continuations: what could come next, and after each of those, with probabilities.

A model gives one distribution at a time, but a text is a path through many. The probability of a path is the
product along it: after "The", " cat" at 0.4 and then " sat" at 0.5 make 0.2. Greedy choice follows the widest branch at
each fork, and can miss the likeliest path.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.generation.sampling import UNFILTERED, Sampling, probabilities, require_numbers
from groundup.lenses.drawing import headline, machine, model_colour, new_figure, paper, token_labels
from groundup.lenses.hooked_model import HookedModel, ModelSource, hooked_model
from groundup.lenses.next_token import in_line, percent
from groundup.lenses.registry import Lens, Option
from groundup.lenses.trace import Trace
from groundup.models.contract import LanguageModel, Memory, pick_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LEAVES = 1000


@dataclass
class Node:
    """One token that could come, and what could come after it."""

    token: int
    label: str
    """As it is shown to a person."""
    probability: float
    """After all that stands before it."""
    path: float
    """Of the whole way from the text to here: the product of the probabilities along it."""
    children: list["Node"] = field(default_factory=list)
    """The likeliest first."""

    @property
    def others(self) -> float:
        """What the tokens that are not among the children hold together."""
        return max(0.0, 1.0 - sum(child.probability for child in self.children))

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, each before its children."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class TreeTrace(Trace):
    """The tree that grows from a text. Made by `trace`."""

    model: str
    kind: str
    text: str
    tokens: list[str]
    breadth: int
    depth: int
    sampling: dict[str, Any]
    root: Node
    """The last token of the text, with probability 1."""

    def paths(self) -> list[tuple[list[Node], float]]:
        """From each leaf its path and its probability, the likeliest first."""

        def below(node: Node) -> Iterator[list[Node]]:
            for child in node.children:
                yield from ([child, *rest] for rest in below(child)) if child.children else [[child]]

        return sorted(((path, path[-1].path) for path in below(self.root)), key=lambda item: -item[1])

    def plot(self, *, dark: bool = False) -> "Figure":
        """The text at the left; branches as wide as they are likely; the likeliest path in the model's colour."""
        return _plot(self, dark)


def trace(
    what: ModelSource, text: str, *, breadth: int = 3, depth: int = 3, sampling: Sampling = UNFILTERED
) -> TreeTrace:
    """The `breadth` likeliest next tokens, those after each of them, and so on, `depth` tokens far.

    The probabilities are the sampler's: a filter in `sampling` cuts branches, and those left share the whole.
    Raises GroundupError for a tree of nothing, or of more than 1,000 leaves, or beyond the model's context.
    """
    hooked = hooked_model(what)
    reading = hooked.read(text)
    _check(hooked, reading.tokens.shape[1], breadth, depth)
    labels = hooked.vocabulary()
    root = Node(int(reading.tokens[0, -1]), reading.labels[-1], 1.0, 1.0)
    level, texts, memory = [root], reading.tokens, None  # one row of `texts` for each node of the level
    for _ in range(depth):
        logits, memory = _read(hooked, texts, memory)
        require_numbers(logits.amax(-1))
        shares = probabilities(logits, sampling, texts)
        best = shares.topk(min(breadth, shares.shape[1]))
        rows: list[int] = []
        following: list[Node] = []
        ranked = zip(level, best.values.tolist(), best.indices.tolist(), strict=True)
        for row, (node, held, tokens) in enumerate(ranked):
            for share, token in zip(held, tokens, strict=True):
                if share > 0:  # what a filter cut off cannot come
                    node.children.append(Node(token, labels[token], share, node.path * share))
                    rows.append(row)
            following += node.children
        level = following
        picked = torch.tensor(rows, device=texts.device)
        new = torch.tensor([[node.token] for node in level], device=texts.device)
        texts = torch.cat((texts[picked], new), dim=1)
        memory = None if memory is None else pick_rows(memory, picked)
    return TreeTrace(
        hooked.name, hooked.hook_points.kind, text, reading.labels, breadth, depth, asdict(sampling), root
    )


def _read(hooked: HookedModel, texts: Tensor, memory: Memory | None) -> tuple[Tensor, Memory | None]:
    """Logits (rows, vocab) after each row's last token, and the memory of all that was read.

    Our models read the text once and then one token for each branch, by the memory of what came before. A model
    without the contract, such as transformers', reads its rows whole each time.
    """
    with torch.no_grad():
        if not isinstance(hooked.model, LanguageModel):
            return hooked.hook_points.run(texts)[:, -1], None
        logits, memory = hooked.model(texts if memory is None else texts[:, -1:], memory)
    return logits[:, -1], memory


def _check(hooked: HookedModel, length: int, breadth: int, depth: int) -> None:
    if breadth < 1 or depth < 1:
        raise GroundupError(
            f"A tree of breadth {breadth} and depth {depth} has no branches.", "Both must be at least 1."
        )
    if depth > MOST_LEAVES or breadth**depth > MOST_LEAVES:
        raise GroundupError(
            f"A tree of breadth {breadth} and depth {depth} has more than {MOST_LEAVES:,} leaves.",
            "It would be too large to read: choose fewer, such as breadth 3 and depth 4.",
        )
    context = hooked.hook_points.context
    if context is not None and length + depth - 1 > context:
        raise GroundupError(
            f"The text has {length} tokens, the tree reads {depth - 1} more, and {hooked.name} holds {context}.",
            "Give a shorter text, or a smaller depth.",
        )


# ---- the picture --------------------------------------------------------------------------------------------


def _plot(trace: TreeTrace, dark: bool) -> "Figure":
    colours, colour = paper(dark), model_colour(trace.kind, dark)
    places = _places(trace.root)
    leaves = max(1, sum(not node.children for node in trace.root.walk()))
    longest = max(len(token_labels([node.label], 12)[0]) for node in trace.root.walk())
    level_width = 1.6 + 0.1 * longest  # inches, from fork to fork
    figure = new_figure(max(7.0, 2.6 + level_width * trace.depth), max(2.8, 1.4 + 0.26 * leaves), dark=dark)
    axes = figure.subplots()
    right = trace.depth + 0.28 + 0.95 / level_width
    axes.set(xlim=(-0.5, right), ylim=(leaves - 0.4, -1.0))
    axes.set_axis_off()
    best = {id(node) for node in trace.paths()[0][0]}

    def draw(node: Node, level: int) -> None:
        for child in node.children:
            start, end = level + (0.3 if level else 0.02), level + 0.66  # from label to label
            at, on_it = places[id(child)], id(child) in best
            axes.plot(*_bend((start, places[id(node)]), (end, at)), color=colour if on_it else colours.edge,
                      solid_capstyle="round", linewidth=0.6 + 7 * child.probability,
                      alpha=1.0 if on_it else 0.6)  # fmt: skip
            label = token_labels([child.label], 12)[0]
            axes.text(end + 0.04, at, label, color=colours.ink, fontsize=10, va="center_baseline",
                      family=machine(), parse_math=False, weight="bold" if on_it else "normal")  # fmt: skip
            axes.annotate(percent(child.probability), (end + 0.04, at), xytext=(6.2 * len(label) + 5, 0),
                          fontsize=8.5, textcoords="offset points", color=colours.ink_3,
                          va="center_baseline")  # fmt: skip
            if not child.children:
                axes.text(right, at, chance(child.path), color=colours.ink, fontsize=9, ha="right",
                          va="center_baseline", family=machine())  # fmt: skip
            draw(child, level + 1)

    draw(trace.root, 0)
    axes.text(0, places[id(trace.root)], in_line(trace.text, 14), color=colours.ink, fontsize=10,
              ha="right", va="center_baseline", parse_math=False)  # fmt: skip
    axes.text(right, -0.9, "whole path", color=colours.ink_3, fontsize=8.5, ha="right")
    likeliest, held = trace.paths()[0]
    words = "".join(node.label for node in likeliest)
    headline(
        figure, f"{trace.model}: the {trace.breadth} likeliest after “{in_line(trace.text)}”, {trace.depth} tokens far",
        under=f"The likeliest path is “{in_line(words)}”, {chance(held)}. Branches are as wide as they are likely.",
        dark=dark,
    )  # fmt: skip
    return figure


def _bend(start: tuple[float, float], end: tuple[float, float]) -> tuple[list[float], list[float]]:
    """A line from fork to label, flat at both ends."""
    steps = [step / 20 for step in range(21)]
    x = [start[0] + (end[0] - start[0]) * t for t in steps]
    return x, [start[1] + (end[1] - start[1]) * (3 * t**2 - 2 * t**3) for t in steps]


def _places(root: Node) -> dict[int, float]:
    """Each node's height: leaves one below the other, each other node in the middle of its children."""
    places: dict[int, float] = {}
    free = 0

    def place(node: Node) -> float:
        nonlocal free
        if node.children:
            heights = [place(child) for child in node.children]
            places[id(node)] = (heights[0] + heights[-1]) / 2
        else:
            places[id(node)], free = float(free), free + 1
        return places[id(node)]

    place(root)
    return places


def chance(share: float) -> str:
    """A small probability for people: 7.1%, 1 in 240.

    >>> chance(0.071), chance(0.00421)
    ('7.1%', '1 in 238')
    """
    return percent(share) if share >= 0.01 or share <= 0 else f"1 in {1 / share:,.0f}"


LENS = Lens(
    "tree",
    title="Tree",
    question="Where could it go?",
    order=50,
    options=(
        Option("breadth", 3, "Branches at each fork.", least=1, most=6),
        Option("depth", 3, "How many tokens far.", least=1, most=5),
    ),
    widgets=(("tree", "tree", "c12"),),
    views={"tree": {"path": ""}},
)
