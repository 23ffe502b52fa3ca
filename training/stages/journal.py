"""The diary of a training run: losses as CSV and as curves, sample pictures as sheets.

A run that is stopped and goes on writes into the same diary. Losses are appended as they come
(`losses.csv`: step, name, value); a torn last line is forgotten. A name may have two parts: all
of `hair/bob`, `hair/afro` … share one panel of curves.png, called `hair`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.files import replacing
from training.stages.curves import Series, curves

_HEAD = "step,name,value"


class Journal:
    """Writes into a folder of its own.

    `close`, or leaving the `with` block, draws the curves a last time.
    """

    def __init__(self, folder: Path, *, draw_every: int = 500) -> None:
        """Open the diary in `folder`, or go on with the one that is there.

        Args:
            folder: made if it is missing.
            draw_every: curves.png is drawn again after so many calls of `loss`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "losses.csv"
        self._rows = _read(self._path)
        self._draw_every, self._undrawn = draw_every, 0
        self._write()
        self._file = self._path.open("a", encoding="utf-8", buffering=1)

    def loss(self, step: int, **values: float) -> None:
        """Note one or several numbers of a step."""
        self.losses(step, values)

    def losses(self, step: int, values: dict[str, float]) -> None:
        """The same for names that are no identifiers, such as `hair/bob`."""
        for name, value in values.items():
            self._rows.append((step, name, float(value)))
            self._file.write(f"{step},{name},{float(value):.6g}\n")
        self._undrawn += 1
        if self._undrawn >= self._draw_every:
            self.draw()

    def sheet(
        self,
        step: int,
        images: Sequence[npt.NDArray[Any]],
        *,
        columns: int = 4,
        name: str = "sheet",
    ) -> Path:
        """Write pictures as one, `sheet-000100.png`.

        Args:
            step: when they were made.
            images: (H, W, 3) all of one size: uint8, or floats 0 … 1, sRGB-encoded.
            columns: pictures in a row.
            name: of the file, before the step.
        """
        cells = [_bytes(image) for image in images]
        rows = [_row(cells[i : i + columns], columns) for i in range(0, len(cells), columns)]
        path = self.folder / f"{name}-{step:06d}.png"
        _save(Image.fromarray(np.concatenate(rows)), path)
        return path

    def rewind(self, step: int, names: Iterable[str] | None = None) -> None:
        """Forget losses of later steps: a run goes on from a checkpoint made after `step` steps."""
        chosen = None if names is None else set(names)
        self._rows = [
            row
            for row in self._rows
            if row[0] <= step or (chosen is not None and row[1] not in chosen)
        ]
        self._file.close()
        self._write()
        self._file = self._path.open("a", encoding="utf-8", buffering=1)

    def draw(self) -> Path:
        """Draw curves.png now."""
        self._undrawn = 0
        panels: dict[str, list[Series]] = defaultdict(list)
        points: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for step, name, value in self._rows:
            if math.isfinite(value):
                points[name].append((step, value))
        for name, values in points.items():
            panels[name.partition("/")[0]].append(Series(name.rpartition("/")[2], values))
        path = self.folder / "curves.png"
        _save(curves(panels), path)
        return path

    def close(self) -> None:
        """Draw a last time and let go of the file; nothing can be noted afterwards."""
        self.draw()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self) -> None:
        lines = [_HEAD, *(f"{step},{name},{value:.6g}" for step, name, value in self._rows)]
        with replacing(self._path) as partial:
            partial.write_text("\n".join(lines) + "\n", "utf-8")


def _read(path: Path) -> list[tuple[int, str, float]]:
    if not path.exists():
        return []
    text = path.read_text("utf-8", errors="replace")
    rows = []
    for line in text[: text.rfind("\n") + 1].splitlines()[1:]:
        try:
            step, name, value = line.split(",")
            rows.append((int(step), name, float(value)))
        except ValueError:
            continue  # torn when the run was killed
    return rows


def _bytes(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if image.dtype == np.uint8:
        return image
    scaled: npt.NDArray[np.uint8] = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return scaled


def _row(cells: list[npt.NDArray[np.uint8]], columns: int) -> npt.NDArray[np.uint8]:
    missing = columns - len(cells)
    filled = cells + [np.zeros_like(cells[0])] * missing
    return np.concatenate(filled, 1)


def _save(picture: Image.Image, path: Path) -> None:
    with replacing(path) as partial:
        picture.save(partial, "PNG", optimize=True)
