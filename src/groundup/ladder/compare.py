"""Several runs side by side, in the one number that compares them: bits per byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from groundup.common.brand import rung_of
from groundup.common.errors import GroundupError
from groundup.common.formatting import (
    corpus_title,
    format_count,
    format_duration,
    format_or_dash,
    make_printable,
)
from groundup.generation import Sampling
from groundup.ladder.loss_curve import LossCurve
from groundup.text.corpora import Corpus, load_corpus
from groundup.training.run import Run
from groundup.training.view import name_tag

SAMPLE_TOKENS = 160
TEMPERATURE = 0.8


@dataclass
class Comparison:
    """What `compare` and `climb` found."""

    models: list[dict[str, Any]]
    """A row for each run, in the order given: name (of the model), run, corpus, budget, bpb, loss (nats per
    token on the whole validation text), perplexity, parameters, steps, seconds (training alone),
    tokens_per_second, precision, state, and sample: what the model makes of the prompt. What is not known is
    None."""
    prompt: str
    seed: int
    curves: list[LossCurve]
    """For each row, how it came down."""
    warnings: list[str] = field(default_factory=list)
    """What makes the numbers less comparable than they look."""
    failed: dict[str, str] = field(default_factory=dict)
    """Models of a climb that could not be trained, and why."""
    floor: float | None = None
    """The fewest bits per byte that any model can need, where the text is a random process that knows it."""

    @property
    def best(self) -> dict[str, Any] | None:
        """The row with the fewest bits per byte."""
        scored = [row for row in self.models if row["bpb"] is not None]
        return min(scored, key=lambda row: row["bpb"], default=None)

    def table(self, width: int = 100) -> Table:
        """The ladder as a rich table, with fewer columns where there is less room."""
        return ladder_table(self.models, self.best, width)

    def sentence(self) -> str:
        """The finding in one sentence."""
        best = self.best
        if best is None:
            return "None of these runs has been scored yet."
        opening = f"{rung_of(best['name']).title} needs {best['bpb']:.2f} bits a byte"
        others = [row for row in self.models if row is not best and row["bpb"] is not None]
        opening = opening[0].upper() + opening[1:]
        if not others:
            return f"{opening}."
        last = max(others, key=lambda row: row["bpb"])
        name = rung_of(last["name"]).title
        name = f"{name} ({last['run']})" if last["name"] == best["name"] else name
        return f"{opening}, {last['bpb'] - best['bpb']:.2f} fewer than {name}."

    def row_name(self, row: dict[str, Any]) -> str:
        """The model's name; the run's where a model comes twice."""
        twice = sum(other["name"] == row["name"] for other in self.models) > 1
        return row["run"] if twice else rung_of(row["name"]).title

    def to_json(self) -> dict[str, Any]:
        """Plain data: `models`, and what goes with them."""
        return {
            "models": self.models,
            "prompt": self.prompt,
            "seed": self.seed,
            "floor": self.floor,
            "warnings": self.warnings,
            "failed": self.failed,
        }


def compare(
    runs: Sequence[Run | str | Path], prompt: str | None = None, *, tokens: int = SAMPLE_TOKENS, seed: int = 1
) -> Comparison:
    """Put runs side by side, and let the best weights of each go on from the same prompt with the same seed.

    The numbers are those of each run's best evaluation, which scores the whole validation text. Without a
    prompt it is the first words of that text. A model that cannot read the prompt has no sample, and a
    warning.
    Raises GroundupError when there is nothing to compare, or a run does not exist.
    """
    if not runs:
        raise GroundupError(
            "There is nothing to compare.", "Name two runs or more; `groundup runs` lists them."
        )
    opened = [run if isinstance(run, Run) else Run.open(run) for run in runs]
    rows = [run.summary() for run in opened]
    warnings = mismatches(rows)
    corpus, floor = _text_of(rows)
    shared_prompt = prompt if prompt is not None else opening(corpus)
    sampling = Sampling(temperature=TEMPERATURE, seed=seed)
    for run, row in zip(opened, rows, strict=True):
        row["sample"] = None
        if row["bpb"] is None:
            warnings.append(f"{run.name} has not been scored yet: `groundup resume {run.name}` goes on.")
            continue
        try:
            row["sample"] = run.generate(shared_prompt, tokens, sampling=sampling).text
        except GroundupError as error:
            warnings.append(f"{run.name} wrote nothing: {error.what}")
    return Comparison(rows, shared_prompt, seed, [LossCurve.of(run) for run in opened], warnings, floor=floor)


def mismatches(rows: list[dict[str, Any]]) -> list[str]:
    """Sentences on what was not the same for all."""
    sentences = []
    corpora = sorted({row["corpus"] for row in rows})
    if len(corpora) > 1:
        names = ", ".join(map(corpus_title, corpora))
        sentences.append(
            f"These runs were trained and scored on different texts ({names}): "
            "their bits per byte do not compare. Score them on one: `groundup eval RUN --corpus TEXT`."
        )
    budgets = sorted({row["budget"] for row in rows})
    if len(budgets) > 1:
        sentences.append(
            f"These runs had different budgets ({', '.join(budgets)}): more training is an advantage."
        )
    return sentences


def ladder_table(rows: list[dict[str, Any]], best: dict[str, Any] | None, width: int) -> Table:
    """Rows of runs as a table. Where there is no room for all columns, the least important go."""
    columns = {
        "bits/byte": [format_or_dash(row["bpb"], ".3f") for row in rows],
        "loss": [format_or_dash(row["loss"], ".3f") for row in rows],
        "perplexity": [format_or_dash(row["perplexity"], ".1f") for row in rows],
        "parameters": [format_count(row["parameters"]) for row in rows],
        "trained": [format_duration(row["seconds"]) for row in rows],
        "tokens/s": [format_or_dash(row["tokens_per_second"], ",.0f") for row in rows],
        "run": [row["run"] for row in rows],
    }
    tags = [name_tag(row["name"]) for row in rows]
    room = width - max((tag.cell_len for tag in tags), default=0)
    chosen = []
    for title in ("bits/byte", "trained", "parameters", "run", "tokens/s", "loss", "perplexity"):
        room -= 2 + max(map(cell_len, [title, *columns[title]]))
        if room < 0:
            break
        chosen.append(title)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", no_wrap=True)
    for title in columns:
        if title in chosen:
            table.add_column(title, justify="left" if title == "run" else "right", no_wrap=True)
    for number, row in enumerate(rows):
        cells = [Text(values[number]) for title, values in columns.items() if title in chosen]
        if row is best:
            cells[0].stylize("bold underline")
        table.add_row(tags[number], *cells)
    return table


def opening(corpus: Corpus | None) -> str:
    """The first words of the validation text that say something: a prompt that no model was trained on."""
    if corpus is None:
        return "\n"
    start = next(iter(corpus.pieces("validation")), "")[:2000]
    lines = [line.strip() for line in make_printable(start).split("\n") if line.strip()]
    line = next((line for line in lines if len(line) >= 12), lines[0] if lines else "\n")
    return line[:33].rsplit(" ", 1)[0] if len(line) > 32 else line


def _text_of(rows: list[dict[str, Any]]) -> tuple[Corpus | None, float | None]:
    """The text that the runs share, if they do and it is still there, and its floor."""
    names = {row["corpus"] for row in rows}
    if len(names) > 1:
        return None, None
    try:
        corpus = load_corpus(names.pop())
    except GroundupError:
        return None, None
    if corpus.name != "storyworld":
        return corpus, None
    from groundup.text.storyworld import surprisal

    return corpus, surprisal(corpus.text("validation")) / corpus.size("validation")
