"""Runs the steps of long work: on a thread beside a generator, and timed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Value = TypeVar("Value")

_LOOK_S = 0.04


def beside(work: Callable[[], Value]) -> Generator[None, None, Value]:
    """What `work` returns; yields while it runs, so that whoever waits can leave at any time.

    Work that nobody waits for any more runs to its end and is forgotten: it must change nothing.
    Python waits for that end before it ends itself: it would abort in the midst of native code.
    """
    task = _Task(work)
    thread = threading.Thread(target=task.run, name="fit")
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_S)
        yield
    return task.result()


def all_beside(steps: Generator[object, None, Value]) -> Generator[None, None, Value]:
    """What a generator returns, each of its steps run by `beside`."""

    def step() -> tuple[bool, Value | None]:
        try:
            next(steps)
        except StopIteration as done:
            return True, done.value
        return False, None

    while True:
        finished, value = yield from beside(step)
        if finished:
            return value  # type: ignore[return-value]  # finished: what it returns


class Once(Generic[Value]):
    """Call it to have what `make` makes: on the first call, for threads that need it alike."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._made: list[Value] = []
        self._lock = threading.Lock()

    def __call__(self) -> Value:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
        return self._made[0]


class _Task(Generic[Value]):
    def __init__(self, work: Callable[[], Value]) -> None:
        self._work = work
        self._found: list[Value] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as error:  # noqa: BLE001 (raised again where somebody waits)
            self._error = error

    def result(self) -> Value:
        if self._error is not None:
            raise self._error
        return self._found[0]


class Clock:
    """Measures how long each step takes, seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Whatever happens inside counts for this step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 4)
