"""The words for each label, from words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

_TABLE = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))

#: What people say for each label.
WORDS: Mapping[str, tuple[str, ...]] = {k: tuple(v) for k, v in _TABLE["words"].items()}
#: Things that cannot be wished for.
STRANGERS: tuple[str, ...] = tuple(_TABLE["strangers"])
#: Numbers in words, and decades.
NUMBERS: tuple[str, ...] = tuple(_TABLE["numbers"])
#: Common words that say nothing of faces, so that they are not taken for others mistyped.
COMMON: tuple[str, ...] = tuple(
    dict.fromkeys(Path(__file__).with_name("common.txt").read_text("utf-8").split())
)
#: Words that say nothing by themselves.
GLUE_WORDS: frozenset[str] = frozenset(_TABLE["glue"])
