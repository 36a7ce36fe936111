"""Memory that a step frees is kept for the next one, instead of going back to the system and being asked for again.

A training step makes and drops the same large arrays again and again. The C library's allocator returns each of them
to the system, and the system hands out fresh memory page by page, cleared, at the first touch of each page: a tenth
to a quarter of a small model's step. Two settings of glibc end that. (Other systems keep memory by themselves.)
"""

import ctypes
import platform
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the numbers of mallopt(3)
SOME = 2**30  # bytes that are kept, and up to which an array comes from what is kept


@cache
def keep_freed_memory() -> bool:
    """Ask once for the whole process; says whether it was granted."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(MMAP_THRESHOLD, SOME), mallopt(TRIM_THRESHOLD, SOME)])
