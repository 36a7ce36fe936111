"""The code of a lesson, run in a process of its own."""

import os
import subprocess
import sys

from groundup.course.blocks import Code
from groundup.course.library_source import program

LONGEST_RUN = 120  # seconds


def run_code(block: Code, seconds: float = LONGEST_RUN) -> str:
    """What a block's code prints, errors too. Stopped when its time is over, and when this is interrupted."""
    command = [sys.executable, "-X", "utf8", "-c", program(block.show, block.run)]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    ) as process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"After {seconds:g} s it was still running, and was stopped."
        except BaseException:
            process.kill()
            raise
    return printed.decode("utf-8", "replace")
