"""Repainting for the GUI tests: no model of a head, but an editor's pace and an interrupted run."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from head360.camera import OrbitCamera
from head360.editing.restyle import ImageEditor, RestyleOptions, RestyleStep, shown_while
from head360.editing.unfinished import Unfinished
from head360.edits import Change, EditLayer, Wish
from head360.fitting.steps import beside
from head360.paint import HAIR_CELLS, Paint
from head360.params import HeadParams

if TYPE_CHECKING:
    from tests.gui.conftest import FakeEngine


def restyled(
    engine: FakeEngine,
    params: HeadParams,
    editor: ImageEditor,
    options: RestyleOptions,
    unfinished: Unfinished,
) -> Generator[RestyleStep, None, HeadParams]:
    """Edits grey pictures and puts a layer that knows how many over the head."""
    total, grey = options.views * options.rounds, np.full((64, 64, 3), 90, np.uint8)
    start = max(unfinished.reached(), default=-1) + 1
    step = RestyleStep(start, total, None, params)
    engine.restyled.append(start)
    for number in range(start, total):
        work = partial(editor.edit, grey, grey, OrbitCamera(), options.seed + number)
        after = yield from shown_while(beside(work), step)
        step = RestyleStep(number + 1, total, after, painted(params, options.title, number + 1))
        yield step
        unfinished.keep(number, {"first": after}, replaced=number - options.views)
    unfinished.forget()
    return step.params


def painted(params: HeadParams, title: str, pictures: int) -> HeadParams:
    """A head with a layer of paint."""
    paint = Paint(hair=np.full((3, *HAIR_CELLS), pictures, np.int16))
    wish = Wish("Painted hair", title, 1.0, Change(paint=paint))
    return params.with_(edits=(*params.edits, EditLayer(title, (wish,))))
