"""Make the memory of one call serve the next."""

from __future__ import annotations

from functools import cache

import numpy as np


@cache
def keep_freed_memory() -> None:
    """Ask the C library to keep freed arrays of up to 31 MB for reuse; once in a process.

    By default glibc maps large arrays afresh at each allocation and unmaps them when they are
    freed. The system then clears every page once more, which can cost as much time as a
    simulation. Freeing one block raises the size from which on this happens to that of the block,
    at most 32 MB ("dynamic mmap threshold", mallopt(3)). The block is never written to, so it
    costs no memory. Where another C library is used, nothing happens.
    """
    np.empty(31 << 20, dtype=np.uint8)
