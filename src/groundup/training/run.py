"""A run: the folder that one training leaves behind, and the unit that every other part takes.

`Run` opens it with its model, which takes torch; run_folder.py says what is in it, and reads it without.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import tomli_w
import torch
from filelock import FileLock, Timeout

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError, did_you_mean
from groundup.common.places import runs_folder
from groundup.evaluation import Evaluation, Validation
from groundup.generation import Generated, Sampling, write
from groundup.models import build
from groundup.models.contract import LanguageModel
from groundup.text.corpora import Corpus, load_corpus
from groundup.text.tokenizer import TOKENIZER_FILE, Tokenizer
from groundup.text.tokenizers import load_tokenizer, save_tokenizer
from groundup.training.budget import Budget
from groundup.training.checkpoint import load_checkpoint
from groundup.training.recipe import Recipe
from groundup.training.run_folder import RUN_FORMAT, RunFolder, run_names

Which = Literal["best", "last"]


@dataclass
class Run:
    """An open run. Make one with `Run.create`, find one with `Run.open`."""

    folder: Path
    recipe: Recipe

    # ---- finding and making -------------------------------------------------------------------------

    @classmethod
    def create(cls, recipe: Recipe, name: str | None = None) -> "Run":
        """A new, empty run. Without a name it is called after its model, with a number."""
        name = name or _free_name(recipe.model.kind)
        if not re.fullmatch(r"[\w][\w.\-]*", name):
            raise GroundupError(f"'{name}' cannot name a run.", "Use letters, digits, '-', '_' and '.'.")
        folder = runs_folder() / name
        if folder.exists():
            raise GroundupError(
                f"There is a run '{name}' already.",
                f"Choose another --name, go on with `groundup resume {name}`, "
                f"or delete it: `groundup runs --delete {name}`.",
            )
        run = cls(folder, recipe)
        write_text(folder / "recipe.toml", recipe.to_toml())
        return run

    @classmethod
    def open(cls, name: str | Path) -> "Run":
        """Find a run by its name, or by the path of its folder."""
        folder = Path(name)
        if not (folder / "recipe.toml").is_file():
            folder = runs_folder() / str(name)
        if not folder.is_dir():
            hint = did_you_mean(str(name), run_names()) or "Train one first: `groundup train gpt`."
            raise GroundupError(f"There is no run '{name}'.", f"{hint} `groundup runs` lists them.")
        try:
            text = (folder / "recipe.toml").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GroundupError(
                f"The run '{name}' is damaged: recipe.toml cannot be read ({error}).", "Train it again."
            ) from None
        return cls(folder, Recipe.from_toml(text, where=f"recipe.toml of the run '{name}'"))

    # ---- what is in it ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def files(self) -> RunFolder:
        """The folder, as what needs no model reads it."""
        return RunFolder(self.folder)

    @property
    def metrics_file(self) -> Path:
        return self.files.metrics_file

    def facts(self) -> dict[str, Any]:
        """The facts from the start of training: corpus fingerprint, precision, device, versions."""
        return self.files.facts()

    def write_facts(self, **facts: Any) -> None:
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        write_text(self.folder / "run.toml", tomli_w.dumps({"format": RUN_FORMAT, "started": stamp, **facts}))

    def events(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """The JSON form of the events so far, oldest first: see events.py."""
        yield from self.files.events(kind)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return load_tokenizer(self.folder / TOKENIZER_FILE)

    def save_tokenizer(self, tokenizer: Tokenizer) -> None:
        save_tokenizer(tokenizer, self.folder / TOKENIZER_FILE)
        self.__dict__["tokenizer"] = tokenizer

    def corpus(self) -> Corpus:
        """The text it was trained on. Raises GroundupError if that changed since."""
        corpus = load_corpus(self.recipe.corpus)
        known = self.facts().get("corpus_fingerprint")
        if known is not None and corpus.fingerprint != known:
            raise GroundupError(
                f"The text '{self.recipe.corpus}' has changed since the run '{self.name}' was trained on it.",
                "Put the old text back, or train a new run on the new one.",
            )
        return corpus

    @property
    def finished(self) -> bool:
        """Whether training came to its end: stopped early, or the budget is spent that it has by now."""
        return self.files.finished()

    def grow(self, budget: str) -> Budget:
        """Train for longer: "5min" is the new whole budget, "+2min" is added to the old. Returns the new one.

        It is written into recipe.toml. A training that is going on takes it up; else `groundup resume` does.
        The learning rate follows the new budget's curve from where the run stands: it rises again before it falls to
        its end, so the run is not the same as one that had this budget from its start.
        Raises GroundupError where nothing would be left to train.
        """
        at: dict[str, Any] = {"seconds": 0.0, "step": 0, "tokens": 0}
        for event in self.events():
            at.update((key, event[key]) for key in at if key in event)
        old = Budget.parse(self.recipe.budget)
        new = old.grown(budget, seconds=at["seconds"], steps=at["step"], tokens=at["tokens"])
        self.recipe = self.recipe.override({"budget": str(new)})
        write_text(self.folder / "recipe.toml", self.recipe.to_toml())
        return new

    def which(self, checkpoint: Which | None = None) -> Which:
        """The checkpoint that is meant: the one asked for, else the best, else the last."""
        return checkpoint or ("best" if (self.folder / "best.safetensors").exists() else "last")

    def model(self, which: Which | None = None, device: torch.device | str = "cpu") -> LanguageModel:
        """The trained model, ready to read and write."""
        tensors, _ = load_checkpoint(self.folder / f"{self.which(which)}.safetensors")
        model = build(self.recipe.model, self.tokenizer.vocab_size, self.recipe.without)
        try:
            load_model_tensors(model, tensors)
        except RuntimeError as error:
            raise GroundupError(
                f"The weights of the run '{self.name}' do not fit its recipe: {str(error).splitlines()[0]}.",
                "recipe.toml or tokenizer.json was changed after training: put the old one back.",
            ) from None
        return model.to(device).eval()

    # ---- using it -----------------------------------------------------------------------------------

    def generate(
        self, prompt: str = "", max_tokens: int = 200, *, sampling: Sampling | None = None,
        stop: tuple[str, ...] = (), which: Which | None = None,
    ) -> Generated:  # fmt: skip
        """Let the model go on from a prompt. The result's `.text` is what it wrote."""
        model = self.model(which)
        return write(
            model, self.tokenizer, prompt, max_tokens, sampling or Sampling(temperature=0.8), stop=stop
        )

    def evaluate(self, corpus: str | None = None, *, which: Which | None = None) -> Evaluation:
        """Bits per byte on the whole validation split: of its own text, or of another."""
        text = self.corpus() if corpus is None else load_corpus(corpus)
        return Validation(text, self.tokenizer).evaluate(self.model(which))

    def summary(self) -> dict[str, Any]:
        """One row of a table: the numbers that compare runs. Missing ones are None."""
        return self.files.summary()

    def training_now(self) -> bool:
        """Whether some process trains it."""
        lock = FileLock(self.folder / ".lock")
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def lock(self) -> FileLock:
        """Held while training, so that two processes never write to one run."""
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise GroundupError(
                f"The run '{self.name}' is being trained by another process.",
                "Wait for it, stop it there with Ctrl-C, or give this one another --name.",
            ) from None
        return lock


def load_model_tensors(model: LanguageModel, tensors: dict[str, torch.Tensor]) -> None:
    """Copy `model.*` tensors of a checkpoint into the model. Raises RuntimeError if they do not fit."""
    model.load_state_dict({name[6:]: value for name, value in tensors.items() if name.startswith("model.")})


def _free_name(base: str) -> str:
    number = 1
    while (runs_folder() / f"{base}-{number}").exists():
        number += 1
    return f"{base}-{number}"
