"""The process of a worker (see models.py): it writes texts, says what comes next, looks into its model, splits texts.

Long answers are texts of JSON that the studio sends on as they are.
"""

import inspect
import json
import queue
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from groundup.common.errors import GroundupError
from groundup.common.places import runs_folder
from groundup.common.process import ParentPipe
from groundup.generation import Sampling, prompt_tokens, unknown_in, write_likeliest, write_tokens
from groundup.generation.generate import window_start
from groundup.generation.sampling import require_numbers, stages
from groundup.lenses import merges, tokens
from groundup.lenses.hooked_model import HookedModel, hooked_model
from groundup.lenses.registry import lens_named
from groundup.lenses.trace import Trace, plain
from groundup.text.tokenizer import check_ids
from groundup.training.run import Run
from groundup.training.run_folder import RunFolder, run_names

MAX_CHOICES = 12  # tokens that could come next


def main() -> None:
    """Answer calls until the studio ends. Those that yield pieces advance in turn, a piece each."""
    parent = ParentPipe()
    calls = Calls(Path(sys.argv[1]) if sys.argv[1:] else None)
    streams: dict[int, Iterator[Any]] = {}

    def reply(number: int, kind: str, value: Any = None) -> None:
        parent.send({"call": number, "kind": kind, "value": value})

    while True:
        try:
            request = parent.requests.get(block=not streams)
        except queue.Empty:
            request = None
        if request is not None:
            number, name = request["call"], request["name"]
            if name == "stop":
                streams.pop(number, None)
                reply(number, "stopped")
            else:
                kind, value = _attempt(partial(_begin, calls, name, request["arguments"]))
                if kind == "stream":
                    streams[number] = value
                else:
                    reply(number, kind, value)
        for number, stream in list(streams.items()):
            kind, value = _attempt(partial(_advance, stream))
            if kind != "piece":
                del streams[number]
            reply(number, kind, value)


def _begin(calls: "Calls", name: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    answer = getattr(calls, name)(**arguments)
    return ("stream" if inspect.isgenerator(answer) else "done"), answer


def _advance(stream: Iterator[Any]) -> tuple[str, Any]:
    try:
        return "piece", next(stream)
    except StopIteration as end:
        return "done", end.value


def _attempt(work: Callable[[], tuple[str, Any]]) -> tuple[str, Any]:
    """The result; an error as its two sentences. One that is our fault is printed in the terminal of the studio."""
    try:
        return work()
    except GroundupError as error:
        return "refused", (error.what, error.hint)
    except Exception as error:
        print(time.strftime("%H:%M:%S"), "a model's process:", file=sys.stderr)
        traceback.print_exc()
        return "refused", (
            f"That did not work: {error}.",
            "It is our fault: the terminal of the studio says more.",
        )


class Calls:
    """What a worker can be asked. A generator yields pieces; its return value is the last answer."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._loaded: tuple[Any, HookedModel] | None = None
        """The model, and a stamp of its file."""
        self._vocabulary: tuple[HookedModel, list[str]] | None = None
        self._tokenizers: dict[str, Any] = {}

    def _hooked(self) -> HookedModel:
        """The run's model, loaded again when training has written a better one."""
        if self.folder is None:
            raise GroundupError("This needs a model.", "Name a run.")
        if not RunFolder(self.folder).exists():  # a model of transformers: see real_models.py
            self._loaded = self._loaded or ("", hooked_model(f"hf:{self.folder}"))
            return self._loaded[1]
        run = Run.open(self.folder)
        file = self.folder / f"{run.which()}.safetensors"
        stamp = (file.name, file.stat().st_mtime_ns if file.exists() else 0)
        if self._loaded is None or self._loaded[0] != stamp:
            self._loaded = stamp, hooked_model(run)
        return self._loaded[1]

    def load(self) -> None:
        """Load the model before the first question, so that the page can say that it waits for that."""
        if self.folder is not None:
            self._hooked()

    # ---- writing -----------------------------------------------------------------------------------------

    def write(
        self,
        *,
        prompt: str,
        begin: list[int],
        max_tokens: int,
        sampling: dict[str, Any],
        stop: list[str],
        beams: int,
    ) -> Generator[dict[str, Any], None, dict[str, Any]]:
        """A piece for each token: its `id`, its `text`, and its `label` on its own. Returns why the text ended."""
        model, tokenizer = self._model_and_tokenizer()
        labels = self._labels()
        if beams:
            likeliest = write_likeliest(model, tokenizer, prompt, max_tokens, beams, stop=stop)
            begin, max_tokens = likeliest.tokens, len(likeliest.tokens)
        pieces = write_tokens(
            model, tokenizer, prompt, max_tokens, Sampling(**sampling), stop=stop, begin=begin
        )
        while True:
            try:
                token, text = next(pieces)
            except StopIteration as end:
                return {"ended": end.value, "unknown": unknown_in(tokenizer, prompt)}
            yield {"id": token, "text": text, "label": "" if token is None else labels[token]}

    def next(
        self, *, prompt: str, before: list[int], sampling: dict[str, Any], token: int | None
    ) -> dict[str, Any]:
        """What can come after the prompt and the tokens `before`: the likeliest, and `token` among them."""
        model, tokenizer = self._model_and_tokenizer()
        labels = self._labels()
        check_ids(before, tokenizer.vocab_size)
        ids = [*prompt_tokens(tokenizer, prompt), *before]
        read = torch.tensor([ids])
        with torch.inference_mode():
            logits = model(read[:, window_start(len(ids), model.context) :])[0][:, -1].float()
            require_numbers(logits.amax(-1))
            *_, (_, last_stage) = stages(logits, Sampling(**sampling), read)
            probabilities, drawn = logits[0].softmax(-1), last_stage[0].softmax(-1)
        order = probabilities.argsort(descending=True, stable=True).tolist()
        listed = {*order[:MAX_CHOICES], *([] if token is None else [token])}
        choices = [
            {
                "id": i,
                "label": labels[i],
                "rank": rank,
                "probability": probabilities[i].item(),
                "drawn": drawn[i].item(),
            }
            for rank, i in enumerate(order, start=1)
            if i in listed
        ]
        entropy = -(drawn * drawn.clamp_min(1e-45).log2()).sum().item()
        others = max(0.0, 1 - sum(choice["probability"] for choice in choices))
        return plain(
            {
                "choices": choices,
                "others": len(order) - len(choices),
                "others_probability": others,
                "entropy": abs(entropy),
                "can_come": int((drawn > 0).sum()),
            }
        )

    def _model_and_tokenizer(self) -> tuple[Any, Any]:
        hooked = self._hooked()
        return hooked.model, hooked.tokenizer

    def _labels(self) -> list[str]:
        """The tokens of the vocabulary, as they are shown."""
        hooked = self._hooked()
        if self._vocabulary is None or self._vocabulary[0] is not hooked:
            self._vocabulary = hooked, hooked.vocabulary()
        return self._vocabulary[1]

    # ---- looking -----------------------------------------------------------------------------------------

    def look(self, *, lens: str, text: str, **settings: Any) -> str:
        """A trace as JSON. `settings` are the lens's own."""
        return _json(lens_named(lens).see(self._hooked(), text, settings))

    # ---- tokens ------------------------------------------------------------------------------------------

    def cut(self, *, text: str, tokenizers: list[str], languages: bool) -> str:
        """The text under several tokenizers. Those of runs go by their names."""
        return _json(
            tokens.trace(text, {name: self._tokenizer(name) for name in tokenizers}, languages=languages)
        )

    def replay(self, *, text: str, tokenizer: str) -> str:
        return _json(merges.trace(text, self._tokenizer(tokenizer), name=tokenizer))

    def _tokenizer(self, name: str) -> Any:
        """By its name. It is kept, since a vocabulary takes a second to read or to learn; a run's is read each time."""
        if name in run_names():
            return Run.open(runs_folder() / name).tokenizer
        if name not in self._tokenizers:
            self._tokenizers[name] = tokens.tokenizer_named(name, tokens.stories_to_learn_from())
        return self._tokenizers[name]


def _json(trace: Trace | dict[str, Any]) -> str:
    return json.dumps(trace if isinstance(trace, dict) else trace.to_json(), ensure_ascii=False)
