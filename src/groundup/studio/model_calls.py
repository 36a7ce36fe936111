"""What a worker can be asked: to write, to say what comes next, to be looked into, to cut a text into tokens.

Runs in a worker's process alone (see models.py). What is large comes back as JSON that is ready to be sent on.
"""

import json
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from groundup.common.errors import GroundupError
from groundup.common.places import runs_folder
from groundup.generation import Sampling, prompt_tokens, unknown_in, write_likeliest, write_tokens
from groundup.generation.generate import window_start
from groundup.generation.sampling import require_numbers, stages
from groundup.lenses import by_name, merges, tokens
from groundup.lenses.hooked_model import HookedModel, hooked_model
from groundup.lenses.trace import Trace, plain
from groundup.text.tokenizer import check_ids
from groundup.training.run import Run, run_names

SHOWN = 12  # tokens that could come next


class Calls:
    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._loaded: tuple[Any, HookedModel] | None = None

    @property
    def hooked(self) -> HookedModel:
        """The run's model; loaded again when training has written a better one."""
        if self.folder is None:
            raise GroundupError("Tokens need no model, and this needs one.", "Name a run.")
        if not (self.folder / "recipe.toml").is_file():  # a model of transformers: see real_models.py
            self._loaded = self._loaded or ("", hooked_model(f"hf:{self.folder}"))
            return self._loaded[1]
        run = Run.open(self.folder)
        file = self.folder / f"{run.which()}.safetensors"
        stamp = (file.name, file.stat().st_mtime_ns if file.exists() else 0)
        if self._loaded is None or self._loaded[0] != stamp:
            self._loaded = stamp, hooked_model(run)
        return self._loaded[1]

    def load(self) -> None:
        """Before anything is asked, so that the page can say what it waits for."""
        if self.folder is not None:
            self.hooked  # noqa: B018 (a property that loads)

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
        """A piece for each token: its `id`, its `text`, and its `label` on its own. Ends with why it ended."""
        model, tokenizer = self._speaker()
        chosen = Sampling(**sampling)
        labels = self.vocabulary
        if beams:
            found = write_likeliest(model, tokenizer, prompt, max_tokens, beams, stop=stop)
            begin, max_tokens = found.tokens, len(found.tokens)
        written = write_tokens(model, tokenizer, prompt, max_tokens, chosen, stop=stop, begin=begin)
        while True:
            try:
                token, text = next(written)
            except StopIteration as end:
                return {"ended": end.value, "unknown": unknown_in(tokenizer, prompt)}
            yield {"id": token, "text": text, "label": "" if token is None else labels[token]}

    def next(
        self, *, prompt: str, before: list[int], sampling: dict[str, Any], token: int | None
    ) -> dict[str, Any]:
        """What can come after the prompt and the tokens `before`: the likeliest, and `token` among them."""
        model, tokenizer = self._speaker()
        check_ids(before, tokenizer.vocab_size)
        ids = [*prompt_tokens(tokenizer, prompt), *before]
        read = torch.tensor([ids])
        with torch.inference_mode():
            logits = model(read[:, window_start(len(ids), model.context) :])[0][:, -1].float()
            require_numbers(logits.amax(-1))
            *_, (_, left) = stages(logits, Sampling(**sampling), read)
            says, drawn = logits[0].softmax(-1), left[0].softmax(-1)
        order = says.argsort(descending=True, stable=True).tolist()
        shown = order[:SHOWN]
        if token is not None and token not in shown:
            shown.append(token)
        choices = [
            {
                "id": i,
                "label": self.vocabulary[i],
                "rank": rank,
                "probability": says[i].item(),
                "drawn": drawn[i].item(),
            }
            for rank, i in enumerate(order, start=1)
            if i in shown
        ]
        entropy = -(drawn * drawn.clamp_min(1e-45).log2()).sum().item()
        others = max(0.0, 1 - sum(one["probability"] for one in choices))
        return plain(
            {
                "choices": choices,
                "others": len(order) - len(choices),
                "others_probability": others,
                "entropy": abs(entropy),
                "can_come": int((drawn > 0).sum()),
            }
        )

    def _speaker(self) -> tuple[Any, Any]:
        hooked = self.hooked
        return hooked.model, hooked.tokenizer

    @property
    def vocabulary(self) -> list[str]:
        hooked = self.hooked
        if self.__dict__.get("_named") is not hooked:
            self._named, self._vocabulary = hooked, hooked.vocabulary()
        return self._vocabulary

    # ---- looking -----------------------------------------------------------------------------------------

    def look(self, *, lens: str, text: str, **settings: Any) -> str:
        """A trace as JSON. `settings` are the lens's own."""
        return _said(by_name.seen(self.hooked, lens, text, settings))

    # ---- tokens ------------------------------------------------------------------------------------------

    def cut(self, *, text: str, tokenizers: list[str], languages: bool) -> str:
        """The text under several tokenizers. Those of runs go by their names."""
        return _said(
            tokens.trace(text, {name: self._tokenizer(name) for name in tokenizers}, languages=languages)
        )

    def replay(self, *, text: str, tokenizer: str) -> str:
        return _said(merges.trace(text, self._tokenizer(tokenizer), name=tokenizer))

    def _tokenizer(self, name: str) -> Any:
        """By its name. Kept, since a vocabulary takes a second to read or to learn; that of a run is read anew."""
        if name in run_names():
            return Run.open(runs_folder() / name).tokenizer
        if name not in self._vocabularies:
            self._vocabularies[name] = tokens.tokenizer_named(name, by_name.learnt_from())
        return self._vocabularies[name]

    @cached_property
    def _vocabularies(self) -> dict[str, Any]:
        return {}


def _said(trace: Trace | dict[str, Any]) -> str:
    return json.dumps(trace if isinstance(trace, dict) else trace.to_json(), ensure_ascii=False)
