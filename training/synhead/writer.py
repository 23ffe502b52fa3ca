"""Writes a data set of synthetic heads, one folder a head, so that it can be stopped at any time.

A head's folder is written under another name and renamed when it is complete; finished heads are
skipped when the same data set is asked for again. `dataset.json` says with which options the heads
were made, so that no folder ever mixes two kinds.

    DIR/dataset.json              options
    DIR/sheet.png                 a look at it
    DIR/head-00007/head.json      codes, lights, cameras and expressions
    DIR/head-00007/000/*.png      pictures and masks of the first camera
    DIR/head-00007/000/labels.npz depth (0.1 mm), uv (/65535), normal (/32767); landmarks in metres,
                                  landmarks68 and landmarks478 in pixels with 1 for seen
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.errors import Head360Error
from head360.files import replacing, replacing_folder
from head360.progress import Progress
from training.synhead.captions import picture_captions

#: Heads and views of each on the contact sheet, and the size of a picture there.
_SHEET_HEADS, _SHEET_VIEWS, _SHEET_PX = 12, 6, 160
_PNG_EFFORT = 3  # of 9: a third of the time for a few per cent of size


class DataSetError(Head360Error):
    """A data set cannot be written here."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one camera gave."""

    record: Mapping[str, Any]  # camera and expression, for JSON
    pictures: Mapping[str, npt.NDArray[np.uint8]]  # (H, W) or (H, W, 4), by file name
    labels: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


class Shoot(Protocol):
    """One head before the cameras."""

    @property
    def record(self) -> Mapping[str, Any]:
        """Who it is, for JSON."""
        ...

    def view(self, number: int) -> View:
        """One camera's pictures."""
        ...


class Studio(Protocol):
    """Whoever makes heads; `TrueStudio`, or a stand-in in tests."""

    def open(self, seed: int) -> Shoot:
        """Person `seed`."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """A data set to be written."""

    out: Path
    identities: int
    views: int  # of each
    seed: int = 0  # of the first
    options: Mapping[str, Any] = field(default_factory=dict)  # everything that shapes a picture


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did."""

    made: int
    kept: int  # finished before


def write_dataset(order: Order, studio: Studio) -> Generator[Progress, None, Written]:
    """Write what is not there yet; a step of progress is a view.

    Raises:
        DataSetError: the folder cannot be written, or holds another data set.
    """
    claim(order)
    seeds = range(order.seed, order.seed + order.identities)
    missing = [seed for seed in seeds if not head_folder(order.out, seed).is_dir()]
    total = len(missing) * order.views
    yield Progress(0, total)
    for number, seed in enumerate(missing):
        for done in _write_head(order, studio, seed):
            yield Progress(number * order.views + done, total)
    write_sheet(order.out)
    return Written(len(missing), order.identities - len(missing))


def head_folder(out: Path, seed: int) -> Path:
    """Where a head lies."""
    return out / f"head-{seed:05d}"


def claim(order: Order) -> None:
    """Make the data set's folder, or see that it was made with the same options.

    Raises:
        DataSetError: it was not, or cannot be written.
    """
    path = order.out / "dataset.json"
    wanted = json.loads(json.dumps({"views": order.views, **order.options}))
    try:
        order.out.mkdir(parents=True, exist_ok=True)
        if path.exists():
            found = json.loads(path.read_text("utf-8"))
        else:
            found = wanted
            with replacing(path) as partial:
                partial.write_text(json.dumps(wanted, indent=1) + "\n", "utf-8")
    except (OSError, ValueError) as error:
        raise DataSetError(f"“{order.out}” cannot be used for a data set: {error}.") from error
    if found != wanted:
        differing = sorted(k for k in {*found, *wanted} if found.get(k) != wanted.get(k))
        raise DataSetError(
            f"“{order.out}” holds a data set with other options: {', '.join(differing)}.",
            "Choose another folder, or the same options to go on with it.",
        )


def _write_head(order: Order, studio: Studio, seed: int) -> Generator[int, None, None]:
    """Yields how many views are done."""
    shoot = studio.open(seed)
    with replacing_folder(head_folder(order.out, seed)) as folder:
        records = []
        for number in range(order.views):
            view = shoot.view(number)
            _write_view(folder / f"{number:03d}", view)
            records.append(captioned(shoot.record, view.record, number))
            if number + 1 < order.views:
                yield number + 1
        content = {**shoot.record, "views": records}
        text = json.dumps(content, ensure_ascii=False)
        (folder / "head.json").write_text(text + "\n", "utf-8")
    yield order.views


def captioned(head: Mapping[str, Any], view: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A view's record with a caption for every lighting set-up."""
    said = picture_captions(head, view, number)
    return {**view, "captions": [each.record() for each in said]}


def _write_view(folder: Path, view: View) -> None:
    folder.mkdir()
    for name, picture in view.pictures.items():
        Image.fromarray(picture).save(folder / f"{name}.png", compress_level=_PNG_EFFORT)
    if view.labels:
        np.savez_compressed(folder / "labels.npz", **view.labels)  # type: ignore[arg-type]


def write_sheet(out: Path) -> None:
    """Some heads, some views of each, in one picture `sheet.png`; nothing if there is no head."""
    rows = []
    for head in sorted(p for p in out.glob("head-*") if p.is_dir() and not p.suffix)[:_SHEET_HEADS]:
        shown = sorted(head.glob("*/image-0.png"))
        picked = [shown[i * len(shown) // _SHEET_VIEWS] for i in range(_SHEET_VIEWS) if shown]
        rows.append([_thumbnail(path) for path in picked])
    if not any(rows):
        return
    sheet = np.concatenate([np.concatenate(row, 1) for row in rows if row])
    with replacing(out / "sheet.png") as partial:
        Image.fromarray(sheet).save(partial, format="PNG")


def _thumbnail(path: Path) -> npt.NDArray[np.uint8]:
    with Image.open(path) as image:
        small = image.convert("RGBA").resize((_SHEET_PX, _SHEET_PX), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", small.size, (38, 40, 44, 255))
    return np.asarray(Image.alpha_composite(ground, small).convert("RGB"))
