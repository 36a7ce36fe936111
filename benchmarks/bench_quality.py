"""How far the GPT preset gets on Tiny Shakespeare, by characters, in 76 seconds of training.

The peer is the well-known CPU recipe of nanoGPT (4 layers, 128 wide, 64 characters, batch 12, 2,000 steps), which
reaches 1.886 nats per character on this text in those 76 seconds on two cores. Ours is scored on the whole
validation split, each character once. The text is the asset `tinyshakespeare`, fetched before the clock starts.
"""

import math
import os
import tempfile

from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run
from table import print_rows

PEER, SECONDS = 1.886, 76
CHANGES = {
    "corpus": "tinyshakespeare",
    "budget": f"{SECONDS}s",
    "tokenizer": {"kind": "characters"},
    "training.evaluations": 16,
}


def measure() -> list[dict]:
    with tempfile.TemporaryDirectory() as home:
        os.environ["GROUNDUP_HOME"] = home
        run = Run.create(Recipe.preset("gpt", CHANGES))
        train_run(run)
        scores = list(run.events("evaluation"))
    loss = scores[-1]["loss"]
    reached = next((score["seconds"] for score in scores if score["loss"] <= PEER), math.inf)
    title = "GPT preset, Tiny Shakespeare by characters"
    shared = {"peer_name": "nanoGPT's CPU recipe"}
    return [
        {"what": f"{title}, after {SECONDS} s", "ours": loss, "peer": PEER, "ratio": loss / PEER,
         "reach": "at most 1.70 nats", "unit": "nats", **shared},
        {"what": f"{title}, time to {PEER} nats (seen every {SECONDS / 16:.0f} s)", "ours": reached, "peer": SECONDS,
         "ratio": reached / SECONDS, "reach": "", "unit": "s", **shared},
    ]  # fmt: skip


if __name__ == "__main__":
    print_rows(measure())
