"""Paint in a project file: of the head and of its edit layers, as one part of the zip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save as bytes_from_arrays

from head360.edits import EditLayer
from head360.paint import Paint
from head360.params import HeadParams

#: Which layer and which of its wishes, from 0; None is the head itself.
Place: TypeAlias = tuple[int, int] | None
MAX_PAINTS = 8
MAX_PAINT_BYTES = MAX_PAINTS * (3277 << 10)
_NAME = re.compile(r"(?:(head)|(\d{1,2})\.(\d{1,2}))\.(skin|hair)")


def paint_bytes(params: HeadParams) -> bytes | None:
    """All paint of a head as a safetensors file; None where there is none.

    Raises:
        ValueError: there is too much of it.
    """
    paints = dict(_paints(params))
    if len(paints) > MAX_PAINTS:
        raise ValueError(f"it has more than {MAX_PAINTS} painted edits; remove or flatten some")
    arrays = {
        f"{_prefix(place)}.{kind}": steps
        for place, paint in paints.items()
        for kind, steps in (("skin", paint.skin), ("hair", paint.hair))
        if steps is not None
    }
    return bytes_from_arrays(arrays) if arrays else None


def paints_of(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[Place, Paint]:
    """The paints that arrays of such a file hold.

    Raises:
        ValueError: one belongs nowhere or is none.
    """
    found: dict[Place, dict[str, npt.NDArray[Any]]] = {}
    for name, steps in arrays.items():
        match = _NAME.fullmatch(name)
        if match is None or not isinstance(steps, np.ndarray):
            raise ValueError("its paint belongs nowhere")
        place = None if match[1] else (int(match[2]), int(match[3]))
        found.setdefault(place, {})[match[4]] = steps
    return {place: Paint(**parts) for place, parts in found.items()}


def painted(params: HeadParams, paints: Mapping[Place, Paint]) -> HeadParams:
    """A head and its layers with their paint.

    Raises:
        ValueError: there is no such layer or wish.
    """
    edits = list(params.edits)
    for place, paint in paints.items():
        if place is None:
            params = params.with_(paint=paint)
        elif place[0] < len(edits) and place[1] < len(edits[place[0]].wishes):
            edits[place[0]] = _with_paint(edits[place[0]], place[1], paint)
        else:
            raise ValueError("its paint belongs to an edit that is not there")
    return params.with_(edits=tuple(edits))


def _paints(params: HeadParams) -> Iterator[tuple[Place, Paint]]:
    if params.paint is not None:
        yield None, params.paint
    for number, layer in enumerate(params.edits):
        for wish, asked in enumerate(layer.wishes):
            if asked.change.paint is not None:
                yield (number, wish), asked.change.paint


def _prefix(place: Place) -> str:
    return "head" if place is None else f"{place[0]}.{place[1]}"


def _with_paint(layer: EditLayer, number: int, paint: Paint) -> EditLayer:
    wishes = list(layer.wishes)
    change = replace(wishes[number].change, paint=paint)
    wishes[number] = replace(wishes[number], change=change)
    return layer.with_(wishes=tuple(wishes))
