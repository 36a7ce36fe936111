"""The experiment of lesson 1.2: train a character RNN here and now, and read what it writes on the way."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from groundup.course.lessons.parts import ExperimentResult
from groundup.text.characters import Characters
from groundup.text.storyworld import stories

EMBEDDING, RATE, CLIP = 16, 5e-3, 1.0
SHOWS = 40  # times that the curve grows


def train_live(width: int = 4, steps: int = 160) -> Iterator[ExperimentResult]:
    """Train from nothing: a state of `width` numbers (1 to 256), for 20 to 400 steps. A few seconds at most."""
    width, steps = max(1, min(256, width)), max(20, min(400, steps))
    for told, curve in as_it_goes(training(text(), width=width, steps=steps, shows=SHOWS)):
        now, written = told[-1], [one for one in told if "sample" in one]
        weights, luck = now["parameters"], now["luck"]
        lines = [f"a state of {width} numbers, {weights:,} weights; luck alone is {luck:.2f} bits", ""]
        lines.append("step   bits per character          what it writes")
        for one in written:
            bar = "█" * round(3 * one["bits"])
            lines.append(
                f"{one['step']:4d}   {one['bits']:.2f} {bar:20s}  {one['sample'][:40].replace(chr(10), '⏎')}"
            )
        state = {
            "width": width, "steps": [one["step"] for one in told], "bits": [round(one["bits"], 4) for one in told],
            "samples": [one["sample"] for one in written], "parameters": weights,
            "last_bits": round(now["bits"], 4), "luck": luck, "curve": curve, "end": steps,
        }  # fmt: skip
        yield ExperimentResult("\n".join(lines), state, share=now["step"] / steps)


def as_it_goes(
    trained: Iterator[dict[str, Any]],
) -> Iterator[tuple[list[dict[str, Any]], list[tuple[int, float]]]]:
    """Each time that a training tells something: what came with a sample, and how it stands now; and the curve."""
    told: list[dict[str, Any]] = []
    curve: list[tuple[int, float]] = []
    for now in trained:
        curve = [*curve, (now["step"], round(now["bits"], 4))]
        told = [one for one in told if "sample" in one] + [now]
        yield told, curve


def training(
    text: str, *, held_out: str = "", width: int = 64, steps: int = 160, batch: int = 16, time: int = 32,
    tells: int = 4, shows: int = 0, prompt: str = "She", characters: int = 60, seed: int = 1,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Train a character RNN on a text, and tell `tells` times how it stands.

    Each time: step, bits per character (the mean of the last 20 steps), of the text held out (if there is one),
    weights, what luck costs, and a sample. `shows` times in all, it tells what costs no time: all but the sample and
    the text held out. The whole loop of Model 1 stands here; the library's own, in `training/trainer.py`, adds a
    schedule of the learning rate, saving and resuming.
    """
    import torch
    import torch.nn.functional as F

    from groundup.generation import Sampling, write
    from groundup.models.char_rnn import CharRNN, CharRNNConfig
    from groundup.models.contract import detach
    from groundup.text.batches import ContiguousStreams

    tokenizer = Characters.train([text])
    with torch.random.fork_rng():  # nobody else's chance is touched
        torch.manual_seed(seed)
        model = CharRNN(CharRNNConfig(width=width, embedding=EMBEDDING), tokenizer.vocab_size)
    unseen = torch.from_numpy(tokenizer.encode_to_array(held_out).astype(np.int64))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    batches = ContiguousStreams(tokenizer.encode_to_array(text), batch, time, seed)
    memory, losses = None, []
    for step in range(steps):
        inputs, targets, fresh = batches.at(step)
        logits, memory = model(inputs, None if fresh else memory)
        memory = detach(memory)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        losses.append(loss.item() / math.log(2))
        tell, show = ((step + 1) * times // steps > step * times // steps for times in (tells, shows))
        if tell or show:
            told = {"step": step + 1, "bits": float(np.mean(losses[-20:])), "parameters": model.parameter_count(),
                    "luck": math.log2(len(set(text)))}  # fmt: skip
            if tell:
                sampling = Sampling(temperature=0.8, seed=seed)
                told["sample"] = prompt + write(model, tokenizer, prompt, characters, sampling).text
            if tell and len(unseen) > 1:
                with torch.no_grad():
                    found = F.cross_entropy(model(unseen[None, :-1])[0][0], unseen[1:])
                told["held_out_bits"] = found.item() / math.log(2)
            yield told


@lru_cache
def text() -> str:
    return "".join(stories(100_000, seed=1))
