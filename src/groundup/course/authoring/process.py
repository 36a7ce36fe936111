"""What a lesson runs, run in a process of its own: without network, with an empty home, its processor time counted.

A lesson that ends Python or never returns is a fault like any other then.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from groundup.course.authoring.targets import Fault, Target

PARTS = 6
"""How many parts child.py tells of."""
PATIENCE = 900.0  # seconds that one lesson may take


def run_code(
    target: Target,
    write: bool,
    begin: Callable[[str, str], None],
    patience: float = PATIENCE,
    *,
    quick: bool = False,
) -> list[Fault]:
    """Run child.py on a lesson. `write`: numbers.toml and fixtures are made anew. `quick`: fixtures are not
    compared with their regeneration, which trains."""
    command = [
        sys.executable,
        "-P",
        "-X",
        "utf8",
        "-m",
        "groundup.course.authoring.child",
        str(target.folder),
    ]
    job = json.dumps({"lesson": target.lesson, "write": write, "quick": quick})
    faults: list[Fault] = []
    doing, ended = "start", False
    with (
        tempfile.TemporaryDirectory(prefix="groundup-author-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as printed,
    ):
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        own = {"GROUNDUP_HOME": home, "MPLCONFIGDIR": home, "MPLBACKEND": "agg", "PYTHONHASHSEED": "0"}
        process = subprocess.Popen(
            [*command, job], stdout=subprocess.PIPE, stderr=printed, stdin=subprocess.DEVNULL, cwd=home,
            env=os.environ | threads | own, encoding="utf-8",
        )  # fmt: skip
        over = threading.Event()

        def end() -> None:
            over.set()
            process.kill()

        late = threading.Timer(patience, end)
        late.start()
        try:
            assert process.stdout
            for line in process.stdout:
                message = json.loads(line)
                if "doing" in message:
                    doing = message["doing"]
                    begin(target.lesson, doing)
                elif "fault" in message:
                    faults.append(Fault.from_json(message["fault"]))
                ended = ended or "end" in message
            code = process.wait()
        finally:
            late.cancel()
            process.kill()
            process.wait()
        if not ended:
            faults.append(
                _unfinished(target.file, doing, code, f"{patience:.0f} s" if over.is_set() else "", printed)
            )
    return faults


def _unfinished(file: Path, doing: str, code: int, after: str, printed: IO[bytes]) -> Fault:
    printed.seek(0)
    lines = printed.read().decode("utf-8", "replace").strip().split("\n")
    said = f" The last that it said: {lines[-1]}" if lines[-1] else ""
    how = f"was still running after {after}" if after else f"ended Python (exit code {code})"
    return Fault(file, f"its code {how}, while this was checked: {doing}.{said}")
