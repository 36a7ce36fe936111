"""A command in a real terminal: a pseudo-terminal of the system's, with keys pressed and the screen read."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

WAIT = 100.0  # seconds: a machine that runs all tests at once is slow
END = b"\x00(it has ended)"


class Terminal:
    """`groundup ARGUMENTS` in a terminal of its own. Use it in a `with`."""

    def __init__(self, *arguments: str, columns: int = 100) -> None:
        import fcntl
        import struct
        import termios

        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave  # stays open, so that the settings can be read when the command has ended
        self.process = subprocess.Popen(
            [sys.executable, "-m", "groundup", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=os.environ | {"TERM": "dumb", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 (so that Ctrl-C reaches it)
        )  # fmt: skip
        self._seen = b""
        self._read = 0
        self._over = False
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)

    def _listen(self) -> None:
        try:
            while data := os.read(self._master, 4096):
                self._seen += data
        except OSError:  # closed
            return

    @property
    def screen(self) -> str:
        """Everything so far, without commands to the terminal."""
        text = self._seen.decode("utf-8", "replace").replace("\r\n", "\n")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)

    def until(self, text: str) -> str:
        """Wait until a text comes, after what was waited for before; what came up to there."""
        until = time.monotonic() + WAIT
        while (at := self.screen.find(text, self._read)) < 0:
            if self.process.poll() is not None and not self._over:
                self._over = True
                os.write(self._slave, END)  # the last lines may still be on their way: this comes after them
            if END in self._seen or time.monotonic() > until:
                assert text in self.screen[self._read :], f"no {text!r} in:\n{self.screen[self._read :]}"
            time.sleep(0.02)
        came, self._read = self.screen[self._read : at], at + len(text)
        return came

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def ends(self) -> int:
        """Its exit code. The terminal's settings must be what they were."""
        import termios

        code = self.process.wait(timeout=WAIT)
        assert termios.tcgetattr(self._slave)[:6] == self.before[:6]
        return code


def save(file: Path, text: str) -> None:
    """As many editors save: written beside it, then renamed."""
    aside = file.with_name(f".{file.name}.swp")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)
