"""A mailbox of one, for work where only the newest request matters."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Hands the newest item from one thread to another and drops the ones it overtook.

    Slider drags and camera moves come faster than a head can be drawn; a queue would show
    the past.
    """

    def __init__(self) -> None:
        self._ready = Condition()
        self._item: T | None = None
        self._woken = False

    @property
    def waiting(self) -> bool:
        """Whether an item is there to be taken: what one is working on is out of date."""
        return self._item is not None

    def put(self, item: T) -> None:
        """Replace whatever is waiting. Never blocks."""
        with self._ready:
            self._item = item
            self._ready.notify()

    def wake(self) -> None:
        """Let a waiting `take` return at once, even with nothing to take."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def take(self, timeout_s: float) -> T | None:
        """Wait for the newest item; None when nothing came in time."""
        with self._ready:
            self._ready.wait_for(lambda: self._woken or self._item is not None, timeout_s)
            item, self._item, self._woken = self._item, None, False
            return item
