"""The sheet that lays old, new and true pictures beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from training.first_light import rows_of
from training.pictures import CELL


def test_a_sheet_falls_into_people(tmp_path: Path) -> None:
    cells = np.arange(16, dtype=np.uint8).reshape(2, 8)
    sheet = np.kron(cells, np.ones((CELL, CELL), np.uint8))
    Image.fromarray(np.stack([sheet] * 3, -1)).save(tmp_path / "sheet.png")

    people = rows_of(tmp_path / "sheet.png")

    assert [row.shape for row in people] == [(CELL, 4 * CELL, 3)] * 4
    assert [row[0, ::CELL, 0].tolist() for row in people] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15],
    ]  # fmt: skip
