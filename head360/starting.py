"""Makes an engine soon: what need not wait for torch goes on beside its import.

Importing torch takes one core about a second, most of it with Python's lock in hand. Unpacking the
models takes as long, most of it without the lock.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from head360.heap import share_freed_memory
from head360.model.ahead import ReadAhead

if TYPE_CHECKING:
    from head360.engine import HeadEngine

#: How long the importing thread may keep Python's lock, seconds (usually 0.005): the other one
#: wants it often, and each time only for a moment.
_SWITCH_S = 0.0005


def started_engine() -> HeadEngine:
    """An engine whose models are being read already. Its OpenGL context is the calling thread's."""
    share_freed_memory()
    ahead = ReadAhead()
    with _importing():
        from head360.engine import HeadEngine
    return HeadEngine(ahead)


@contextmanager
def _importing() -> Iterator[None]:
    """Let others have Python's lock, and look for no garbage: imports make none, and all stays."""
    if "torch" in sys.modules:
        yield
        return
    switch, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(min(switch, _SWITCH_S))
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
        sys.setswitchinterval(switch)
