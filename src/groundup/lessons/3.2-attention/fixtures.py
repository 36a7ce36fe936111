"""A small model with attention that learns to rewrite dates, and where it looked for two of them."""

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from groundup.common.atomic import write_text
from groundup.models.rnn_seq2seq import RNNSeq2Seq, RNNSeq2SeqConfig
from groundup.text import dates
from groundup.training.budget import Budget
from groundup.training.fit import fit
from groundup.training.translation import exact, rewrite

STEPS, SEED, EXAMINED = 500, 3, 200
TEXTS = ["3 March 1999", "March the 3rd, 1999"]


def make(folder: Path) -> None:
    """`dates.json`, in about 20 seconds of one processor core.

    On one thread, for with several the sums are added in another order; training makes that grow to a few hundredths
    in the map. For the same reason another machine's map looks alike, and is not the same.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = _train()
    finally:
        torch.set_num_threads(threads)
    write_text(folder / "dates.json", json.dumps(found, ensure_ascii=False) + "\n")


def _train() -> dict[str, Any]:
    torch.manual_seed(SEED)
    config = RNNSeq2SeqConfig(width=48, embedding=32, score_width=32)
    model = RNNSeq2Seq(config, dates.VOCAB_SIZE).double()

    def loss(step: int) -> torch.Tensor:
        source, target = dates.batch("train", SEED, step, 32)
        return F.cross_entropy(model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten())

    fit(model, loss, Budget(STEPS, "steps"), learning_rate=1e-2, seed=SEED)
    return {
        "model": model.name,
        "steps": STEPS,
        "exact": round(exact(model, *dates.batch("held out", SEED, 1, EXAMINED)), 3),
        "texts": [
            {"text": one.text, "result": one.result, "alignment": one.mean_alignment().round(3).tolist()}
            for one in rewrite(model, TEXTS)
        ],
    }
