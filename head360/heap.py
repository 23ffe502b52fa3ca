"""Where the memory that threads free goes."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

#: Of glibc's `mallopt`.
_ARENA_MAX = -8


def share_freed_memory() -> None:
    """Let all threads take memory from one place, where there is glibc; best before any begins.

    Otherwise each thread has a place of its own, and what one freed is of no use to the next: fits,
    whose steps run on threads, took a quarter more memory, and longer, for the system fills what
    it gives with zeros. The studio had 4.0 GB at most while it fitted a photo; with this it had 2.6
    in five runs and 3.7 in two.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
