"""Ctrl-C: the current step is finished before anything is saved."""

import signal
import threading
from types import FrameType


class Interrupt:
    """Within the context, the first Ctrl-C (or SIGTERM) only sets `requested`; a second one stops at once.

    A step that is cut in two could never be resumed to the same numbers. Outside the main thread Python
    delivers no signals, and the context does nothing.
    """

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> "Interrupt":
        self.before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
