"""Work that takes seconds, at most a few pieces at a time: the others wait their turn, in the order in which they
came. They wait in threads of their own, so that pages never wait for them.

    turns = Turns(2)
    verdict = await turns.take(lambda: attempt(...))
"""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")


class Turns:
    def __init__(self, at_once: int) -> None:
        self.at_once = at_once

    @cached_property
    def _limiter(self) -> CapacityLimiter:
        return CapacityLimiter(self.at_once)

    async def take(self, work: Callable[[], T]) -> T:
        """What the work returns. It is done to its end, also if nobody waits for it any more."""
        return await run_sync(work, limiter=self._limiter)
