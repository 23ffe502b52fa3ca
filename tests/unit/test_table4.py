"""Which hairstyles table 4 compares."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from head360.errors import UnknownNameError
from training.table4 import Table4, _worn


def rival(*styles: str) -> Any:
    library = SimpleNamespace(styles=dict.fromkeys(styles))
    return SimpleNamespace(contender=SimpleNamespace(models=SimpleNamespace(styles=library)))


RIVALS = {"with": rival("bob", "afro", "buzz"), "without": rival("afro", "bob")}
JOB = Table4(Path("source"), Path("out"))


def test_heads_wear_what_both_have() -> None:
    assert _worn(JOB, RIVALS) == ["afro", "bob"]


def test_heads_wear_what_was_asked_for() -> None:
    assert _worn(Table4(Path("source"), Path("out"), styles=("bob",)), RIVALS) == ["bob"]


def test_a_style_that_one_of_them_lacks_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="buzz"):
        _worn(Table4(Path("source"), Path("out"), styles=("buzz",)), RIVALS)
