"""How far a task has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done, of all; a total of 0 means that nobody knows how many there are."""

    done: int
    total: int
    note: str = ""  # something that a person should know when all is done
