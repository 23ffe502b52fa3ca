"""Keeps numpy's linear algebra on one core, where its matrices are too small to share.

`import head360` asks for that by an environment variable, which numpy reads when it is imported:
too late in a script that imported numpy before. What OpenBLAS, which numpy's wheels bring along,
can be told later is told through its own functions; other libraries are left as they are.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

#: Where wheels keep libraries, from the folder that numpy is in; and how names begin and end.
_FOLDERS = ("numpy.libs", "numpy/.dylibs")
_NAMES = (("scipy_openblas", "64_"), ("scipy_openblas", ""), ("openblas", "64_"), ("openblas", ""))


@contextmanager
def one_core() -> Iterator[None]:
    """While in this, and as far as it can be told, OpenBLAS works on one core."""
    ask, tell = _threads() or (lambda: 1, lambda _: None)
    before = ask()
    if before != 1:
        tell(1)
    try:
        yield
    finally:
        if before != 1:
            tell(before)


@cache
def _threads() -> tuple[Callable[[], int], Callable[[int], object]] | None:
    """What says how many threads numpy's OpenBLAS has, and what sets them; None if none does."""
    packages = Path(np.__file__).parents[1]
    for path in (path for folder in _FOLDERS for path in packages.glob(f"{folder}/*openblas*")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for start, end in _NAMES:
            get = getattr(library, f"{start}_get_num_threads{end}", None)
            tell = getattr(library, f"{start}_set_num_threads{end}", None)
            if get is not None and tell is not None:
                return get, tell
    return None
