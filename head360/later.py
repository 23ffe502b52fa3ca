"""Spares an import what it drags along and nobody uses."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # somebody looks through all modules
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def imported_later(name: str) -> Iterator[None]:
    """Whoever imports a module, as `a.b`, within the block, imports it once they use it.

    Afterwards everything is as before: others import the real one.
    """
    package, _, _ = name.partition(".")
    if package in sys.modules:
        yield
        return
    standing = {package: _Later(package), name: _Later(name)}
    standing[package].__dict__[name.removeprefix(f"{package}.")] = standing[name]
    sys.modules.update(standing)
    try:
        yield
    finally:
        for key, module in standing.items():
            if sys.modules.get(key) is module:
                del sys.modules[key]
