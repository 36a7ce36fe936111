"""groundup: from "what is a derivative?" to your own language model, on a laptop, offline.

    import groundup as gu

    run = gu.train("gpt", corpus="my.txt", budget="2min")
    print(run.generate("Once upon a time").text)
    print(run.evaluate().bpb)
    gu.write_report(gu.compare(["gpt-1", "char-rnn-1"]), "ladder.html")
    gu.climb(corpus="my.txt", budget="1min")
    gu.widgets.show("attention-heads", run="gpt-1")  # in a notebook

Importing it is quick: PyTorch is loaded when a name is first used.
"""

from typing import TYPE_CHECKING, Any

from groundup.common import brand

__version__ = brand.VERSION

if TYPE_CHECKING:
    from groundup.common.errors import GroundupError
    from groundup.evaluation import Evaluation
    from groundup.generation import Sampling
    from groundup.ladder.ablation_result import Ablation
    from groundup.ladder.compare import Comparison
    from groundup.ladder.probe_result import MemoryProbe
    from groundup.library import (
        ablate,
        climb,
        compare,
        load_tokenizer,
        open_run,
        probe_memory,
        resume,
        runs,
        train,
        train_tokenizer,
        write_figure,
        write_report,
    )
    from groundup.text.corpora import list_corpora, load_corpus
    from groundup.training.recipe import Recipe
    from groundup.training.run import Run

_HOMES = {
    "train": "groundup.library",
    "resume": "groundup.library",
    "open_run": "groundup.library",
    "runs": "groundup.library",
    "compare": "groundup.library",
    "ablate": "groundup.library",
    "climb": "groundup.library",
    "probe_memory": "groundup.library",
    "train_tokenizer": "groundup.library",
    "load_tokenizer": "groundup.library",
    "write_figure": "groundup.library",
    "write_report": "groundup.library",
    "load_corpus": "groundup.text.corpora",
    "list_corpora": "groundup.text.corpora",
    "Run": "groundup.training.run",
    "Recipe": "groundup.training.recipe",
    "Sampling": "groundup.generation",
    "Evaluation": "groundup.evaluation",
    "Ablation": "groundup.ladder.ablation_result",
    "Comparison": "groundup.ladder.compare",
    "MemoryProbe": "groundup.ladder.probe_result",
    "GroundupError": "groundup.common.errors",
}

__all__ = [
    "Ablation",
    "Comparison",
    "Evaluation",
    "GroundupError",
    "MemoryProbe",
    "Recipe",
    "Run",
    "Sampling",
    "__version__",
    "ablate",
    "climb",
    "compare",
    "list_corpora",
    "load_corpus",
    "load_tokenizer",
    "open_run",
    "probe_memory",
    "resume",
    "runs",
    "train",
    "train_tokenizer",
    "write_figure",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    from importlib import import_module

    if name == "widgets":  # a part of the package, with names of its own
        return import_module("groundup.widgets")
    if name not in _HOMES:
        raise AttributeError(f"module 'groundup' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
