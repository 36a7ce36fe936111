"""The most memory that a climb takes, and that training on a text of 1 GB takes: peaks of whole processes.

The text of 1 GB is written to a temporary folder, together with its tokens: it needs 3.5 GB of disk for a moment.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from groundup.text.storyworld import stories
from table import print_rows

REACH = 2000


def peak(command: list[str], home: str) -> float:
    """Run a groundup command to its end and say how many MB its process took at most."""
    environment = {**os.environ, "GROUNDUP_HOME": home}
    process = subprocess.Popen(
        [sys.executable, "-m", "groundup", *command], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"groundup {' '.join(command)} failed")
    return used.ru_maxrss / 1000 / (1000 if sys.platform == "darwin" else 1)


def write_large_text(path: Path, size: int) -> None:
    """The same 20 MB of stories again and again: what counts here is the length."""
    some = "".join(stories(min(size, 20_000_000), seed=0))
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(max(1, round(size / len(some)))):
            file.write(some)


def measure(large: int = 1_000_000_000) -> list[dict]:
    with tempfile.TemporaryDirectory() as home:
        climb = peak(["climb", "--budget", "4s", "--json"], home)
        text = Path(home) / "large.txt"
        write_large_text(text, large)
        train = peak(["train", "gpt", "--corpus", str(text), "--budget", "20steps", "--json"], home)
    return [
        {"what": subject, "ours": ours, "peer": REACH, "peer_name": "limit", "ratio": ours / REACH,
         "reach": f"under {REACH}", "unit": "MB"}
        for subject, ours in (("climb, peak memory", climb), (f"train gpt on {large / 1e9:g} GB, peak memory", train))
    ]  # fmt: skip


if __name__ == "__main__":
    print_rows(measure())
