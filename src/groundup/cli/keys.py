"""Single keys from the terminal, without Enter; the terminal is given back as it was, whatever happens."""

import os
import sys
from types import TracebackType
from typing import Any


class Keys:
    """With this, keys come one by one and are not shown. Ctrl-C still raises KeyboardInterrupt.

    with Keys() as keys:
        key = keys.next(0.2)      # "", if none came within 0.2 s
    """

    def __enter__(self) -> "Keys":
        self._before: Any = None
        if os.name != "nt":
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def next(self, seconds: float) -> str:
        """The next key in lower case; empty if none came in time. The end of the input is a q."""
        key = _windows_key(seconds) if os.name == "nt" else _key(seconds)
        return key.lower()


def _key(seconds: float) -> str:
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return ""
    data = os.read(sys.stdin.fileno(), 64)  # an arrow key comes as several bytes, and is one key
    return data.decode("utf-8", "ignore") if data else "q"


def _windows_key(seconds: float) -> str:
    import msvcrt  # there on Windows alone
    import time

    until = time.monotonic() + seconds
    while not msvcrt.kbhit():  # type: ignore[attr-defined]
        if time.monotonic() > until:
            return ""
        time.sleep(0.02)
    key: str = msvcrt.getwch()  # type: ignore[attr-defined]
    if key == "\x03":
        raise KeyboardInterrupt
    if key in ("\0", "\xe0"):  # an arrow or a function key: its second half says which
        msvcrt.getwch()  # type: ignore[attr-defined]
        return ""
    return key
