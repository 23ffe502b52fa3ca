"""What was measured so far, line by line, so that an evaluation that was stopped goes on.

A ledger belongs to one set of settings and weights: with others it begins anew. A line that was cut
off by a kill counts as not written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from head360.assets import REFINE_FILE, checksum, resource

_DRAWN = ("mesh.safetensors", "texture.safetensors", "fields.safetensors", REFINE_FILE)
#: Measures of one picture, by row of the table.
Measured = Mapping[str, Mapping[str, float]]


class Ledger:
    """Measures by case; a file of JSON lines, the first of which says of what."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._known: dict[str, Measured] = {}
        head = json.dumps(settings, sort_keys=True)
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        if lines[:1] == [head]:
            self._read(lines[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [json.dumps([case, values]) for case, values in self._known.items()]
        path.write_text("\n".join([head, *kept, ""]), "utf-8")

    def __len__(self) -> int:
        return len(self._known)

    def known(self, case: str) -> Measured | None:
        """What was measured of a case, if it was."""
        return self._known.get(case)

    def note(self, case: str, values: Measured) -> None:
        """Keep what was measured of a case."""
        self._known[case] = values
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([case, values]) + "\n")

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            try:
                case, values = json.loads(line)
            except ValueError:
                return
            self._known[str(case)] = values


def shipped_weights() -> list[Path]:
    """The files of resources/models that decide how heads look."""
    models = resource("models")
    return [*(models / name for name in _DRAWN), *models.glob("hair-*.safetensors")]


def weights_mark(paths: Iterable[Path]) -> str:
    """A short name of some files' content."""
    joined = "".join(f"{path.name}:{checksum(path)};" for path in sorted(paths))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
