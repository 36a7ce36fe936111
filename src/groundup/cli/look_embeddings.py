"""`groundup look embeddings`: the vectors of tokens on a plane, who is near whom, and arithmetic with them."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundup.cli.look_shared import (
    CheckpointOption,
    DarkOption,
    OutOption,
    RowsOption,
    RunArgument,
    bar,
    cut,
    give,
    look_at,
    print_table,
    table,
)
from groundup.cli.shared import JsonOption, console, examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.lenses.embeddings import EmbeddingsTrace, SeedsTrace
    from groundup.lenses.neighbours import NeighboursTrace

EMBEDDINGS_EXAMPLES = examples(
    ("look embeddings word-gru-1", "the 60 most frequent tokens on a plane (PCA)"),
    ("look embeddings word-gru-1 --method tsne --count 200 --out words.png", "by neighbourhood"),
    ("look embeddings word-gru-1 --seeds 4 --out seeds.png", "the same vectors, four seeds of t-SNE"),
    ("look embeddings word-gru-1 --nearest king", "which vectors point the same way"),
    ("look embeddings word-gru-1 --analogy 'king - man + woman'", "arithmetic with words"),
    ("look embeddings gpt-1 --of positions", "the vectors that say where a token stands"),
)


def add_to(group: typer.Typer) -> None:
    group.command(epilog=EMBEDDINGS_EXAMPLES)(embeddings)


def embeddings(
    run: RunArgument,
    tokens: Annotated[
        list[str] | None, typer.Argument(help="Which tokens.", show_default="the most frequent")
    ] = None,
    *,
    count: Annotated[int, typer.Option(help="How many of the most frequent.")] = 60,
    of: Annotated[
        Literal["tokens", "positions"], typer.Option(help="Vectors of tokens or of positions.")
    ] = "tokens",
    method: Annotated[Literal["pca", "tsne"], typer.Option(help="How to draw them on a plane.")] = "pca",
    perplexity: Annotated[
        float, typer.Option(help="t-SNE: about how many neighbours each point keeps.")
    ] = 15.0,
    seed: Annotated[int, typer.Option(help="t-SNE: same seed, same picture.")] = 0,
    seeds: Annotated[int, typer.Option(min=0, max=9, help="t-SNE from so many seeds, side by side.")] = 0,
    nearest: Annotated[str | None, typer.Option(help="Only the nearest to this token.")] = None,
    analogy: Annotated[str | None, typer.Option(help="Only the nearest to a - b + c.")] = None,
    rows: RowsOption = 10,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """The vectors that stand for tokens: on a plane, who is near whom, and arithmetic with them."""
    from groundup.lenses import embeddings as lens
    from groundup.lenses import neighbours

    words = None if analogy is None else _analogy(analogy)
    hooked = look_at(run, checkpoint)
    if nearest is not None:
        near = neighbours.nearest(hooked, nearest, rows, of=of)
        give(near, lambda: _show_near(near), out=out, dark=dark, json=json)
    elif words is not None:
        near = neighbours.analogy(hooked, *words, n=rows)
        give(near, lambda: _show_near(near), out=out, dark=dark, json=json)
    elif seeds:
        several = lens.compare_seeds(
            hooked, seeds=range(1, seeds + 1), of=of, tokens=tokens or count, perplexity=perplexity
        )
        give(several, lambda: _show_seeds(several), out=out, dark=dark, json=json)
    else:
        found = lens.trace(
            hooked, of=of, tokens=tokens or count, method=method, perplexity=perplexity, seed=seed
        )
        give(found, lambda: _show_plane(found), out=out, dark=dark, json=json)


def _analogy(asked: str) -> tuple[str, str, str]:
    """The three words of "king - man + woman"."""
    match = re.fullmatch(r"\s*(\S+)\s+[-−]\s+(\S+)\s+\+\s+(\S+)\s*", asked)
    if match is None:
        raise GroundupError(f"'{asked}' is no analogy.", "Write it as 'king - man + woman', with the spaces.")
    return match[1], match[2], match[3]


def _show_near(found: "NeighboursTrace") -> None:
    print_line(f"Nearest to {found.asked}")
    made = table("token", "cosine", "", right=("cosine",))
    for label, cosine in zip(found.labels, found.cosines, strict=True):
        made.add_row(cut(label, 20), f"{cosine:.3f}", bar(float(cosine), 1.0, 20))
    print_table(made)


def _show_seeds(found: "SeedsTrace") -> None:
    print_line(f"t-SNE of {found.traces[0].selection}: how far the neighbours agree between seeds, of 1")
    names = [f"seed {one.seed}" for one in found.traces]
    made = table("", *names, "trustworthiness", right=[*names, "trustworthiness"])
    for name, one, row in zip(names, found.traces, found.agreement, strict=True):
        made.add_row(name, *(f"{share:.2f}" for share in row), f"{one.trustworthiness:.2f}")
    print_table(made)


def _show_plane(found: "EmbeddingsTrace") -> None:
    from groundup.lenses.drawing import token_labels

    width, height = min(console().width, 100), 24
    print_line(f"{found.model}: {found.selection}")
    for line in _plane(token_labels(found.labels, 12), found.places, width, height):
        print_line(line)
    console().print(found.caption, style="dim")


def _plane(labels: list[str], places: Any, width: int, height: int) -> list[str]:
    """Names on a sheet of characters, the first ones first; where there is no room for a name, a dot."""
    from rich.cells import cell_len

    sheet = [[" "] * width for _ in range(height)]
    low, span = places.min(axis=0), (places.max(axis=0) - places.min(axis=0)).clip(min=1e-9)
    crowded = []
    for label, (right, up) in zip(labels, (places - low) / span, strict=True):
        row, size = round((1 - up) * (height - 1)), cell_len(label)
        start = min(max(0, round(right * (width - 1)) - size // 2), width - size)
        room = sheet[row][max(0, start - 1) : start + size + 1]
        if size == len(label) and set(room) == {" "}:
            sheet[row][start : start + size] = label
        else:
            crowded.append((row, round(right * (width - 1))))
    for row, column in crowded:
        if sheet[row][column] == " ":
            sheet[row][column] = "·"
    return ["".join(line).rstrip() for line in sheet]
