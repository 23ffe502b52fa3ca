"""What a project file may hold beside the head's numbers: each part a file of the zip, optional.

A part packs one field of the project or of its parameters. Unpacking trusts nothing and says what
is wrong as a `ValueError` that completes “… is damaged: ”.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from_bytes
from safetensors.numpy import save as bytes_from_arrays

from head360.assets import catalog
from head360.edits import ARRAYS, BALD, Change, EditLayer, Wish
from head360.light import LIGHT_PRESETS
from head360.likeness import MAY_LACK, Likeness
from head360.marks import MAX_MARKS_BYTES, marks_bytes, marks_of
from head360.own_hair import OwnHair
from head360.paint import Paint
from head360.project_paint import MAX_PAINT_BYTES, Place, paint_bytes, paints_of
from head360.recording import MAX_BYTES, performance_bytes, performance_of
from head360.sitting import (
    MAX_PHOTO_BYTES,
    MAX_SITTING_BYTES,
    photo_bytes,
    photo_of,
    sitting_bytes,
    sitting_of,
)

#: The part that belongs to layers as well as to the head.
PAINT = "paint.safetensors"
MAX_LAYERS, MAX_WISHES, MAX_WORDS = 64, 32, 500
_MAX_ABSOLUTE = 1000.0
#: Numbers of a hair shape in files of version 3.
_SHAPE_OF_3 = 3


@dataclass(frozen=True, slots=True)
class Part:
    """An optional file of the zip."""

    field: str  # of the project, or of its `params`; the empty name is all of either
    of_params: bool
    limit: int  # bytes, unpacked
    pack: Callable[[Any], bytes | None]  # None: nothing to write
    unpack: Callable[[bytes], Any]


def read_arrays(content: bytes, what: str) -> dict[str, Any]:
    """The arrays of a safetensors file.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return arrays_from_bytes(content)
    # KeyError and friends: kinds of numbers that numpy does not have.
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its {what} cannot be read") from error


# --- likeness ------------------------------------------------------------------------------------

_LIKENESS = frozenset(entry.name for entry in fields(Likeness))


def _likeness_bytes(likeness: Likeness | None) -> bytes | None:
    if likeness is None:
        return None
    arrays = {name: getattr(likeness, name) for name in sorted(_LIKENESS)}
    return bytes_from_arrays({name: array for name, array in arrays.items() if array is not None})


def _likeness_of(content: bytes) -> Likeness:
    arrays = read_arrays(content, "likeness")
    if not _LIKENESS - MAY_LACK <= arrays.keys() <= _LIKENESS:
        raise ValueError("its likeness lacks something or holds too much")
    return Likeness(**arrays)


# --- own hair ------------------------------------------------------------------------------------

_MAX_OWN_BYTES = 64 * 1024
_OWN_ARRAYS = frozenset(("ways", "gains", "style", "mirrored"))


def _own_hair_bytes(own: OwnHair | None) -> bytes | None:
    if own is None:
        return None
    style = np.frombuffer(own.style.encode(), np.uint8)
    mirrored = np.array([own.mirrored], np.uint8)
    arrays = {"ways": own.ways, "gains": own.gains, "style": style, "mirrored": mirrored}
    if own.cut is not None:
        arrays |= {"cut": own.cut, "ragged": np.array([own.ragged], np.float32)}
    if own.strength != 1:
        arrays["strength"] = np.array([own.strength], np.float32)
    if own.fringe is not None:
        arrays["fringe"] = np.array([own.fringe], np.float32)
    return bytes_from_arrays(arrays)


def _own_hair_of(content: bytes) -> OwnHair:
    arrays = read_arrays(content, "own hair")
    strength = arrays.pop("strength", np.ones(1, np.float32))
    fringe, cut, ragged = (arrays.pop(name, None) for name in ("fringe", "cut", "ragged"))
    if arrays.keys() != _OWN_ARRAYS or (cut is None) != (ragged is None):
        raise ValueError("its own hair lacks something or holds too much")
    style = arrays["style"].tobytes().decode("ascii", "replace")
    if style not in {entry.id for entry in catalog().hairstyles}:
        raise ValueError("its own hair is of an unknown style")
    if arrays["mirrored"].tolist() not in ([0], [1]):
        raise ValueError("its own hair is worn to no side")
    if any(
        one.dtype != np.float32 or one.shape != (1,)
        for one in (strength, fringe, ragged)
        if one is not None
    ):
        raise ValueError("its own hair is worn nobody knows how far")
    return OwnHair(
        style, bool(arrays["mirrored"][0]), arrays["ways"], arrays["gains"], float(strength[0]),
        None if fringe is None else float(fringe[0]), cut,
        0.0 if ragged is None else float(ragged[0]),
    )  # fmt: skip


# --- edits ---------------------------------------------------------------------------------------


def _edits_bytes(edits: tuple[EditLayer, ...]) -> bytes | None:
    if not edits:
        return None
    return json.dumps([_layer_record(layer) for layer in edits], separators=(",", ":")).encode()


def _layer_record(layer: EditLayer) -> dict[str, Any]:
    wishes = [
        {"title": wish.title, "words": wish.words, "amount": wish.amount,
         "change": _change_record(wish.change)}
        for wish in layer.wishes
    ]  # fmt: skip
    return {"text": layer.text, "strength": layer.strength, "on": layer.on, "wishes": wishes}


def _change_record(change: Change) -> dict[str, Any]:
    found = {entry.name: getattr(change, entry.name) for entry in fields(Change)}
    return {
        name: [float(v) for v in value] if name in ARRAYS else value
        for name, value in found.items()
        if value is not None and name != "paint"  # that has a part of its own
    }


def _edits_of(content: bytes) -> tuple[EditLayer, ...]:
    try:
        records = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError("its edits cannot be read") from error
    return tuple(_layer_of(record) for record in _list(records, MAX_LAYERS))


def _layer_of(record: object) -> EditLayer:
    entry = _object(record)
    wishes = tuple(_wish_of(wish) for wish in _list(entry.get("wishes"), MAX_WISHES))
    on = entry.get("on")
    if not isinstance(on, bool):
        raise ValueError("an edit is neither on nor off")
    return EditLayer(_text(entry, "text"), wishes, _number(entry.get("strength")), on)


def _wish_of(record: object) -> Wish:
    entry = _object(record)
    amount = _number(entry.get("amount"))
    change = _change_of(_object(entry.get("change")))
    return Wish(_text(entry, "title"), _text(entry, "words"), amount, change)


def _change_of(entry: Mapping[str, Any]) -> Change:
    if not entry.keys() <= {field.name for field in fields(Change)} - {"paint"}:
        raise ValueError("an edit changes something unknown")
    arrays: dict[str, Any] = {
        name: np.array([_number(v) for v in _list(entry[name], 512)], np.float32)
        for name in ARRAYS
        if name in entry
    }
    if "hair_shape" in arrays and len(arrays["hair_shape"]) == _SHAPE_OF_3:
        arrays["hair_shape"] = np.pad(arrays["hair_shape"], (0, 2))
    mirrored = entry.get("hair_mirrored")
    if not isinstance(mirrored, bool | None):
        raise ValueError("an edit mirrors hair by something that is neither yes nor no")
    hairstyle, light = entry.get("hairstyle"), entry.get("light")
    if hairstyle not in {None, BALD, *(style.id for style in catalog().hairstyles)}:
        raise ValueError("an edit’s hairstyle is not in this installation’s library")
    if light is not None and light not in LIGHT_PRESETS:
        raise ValueError("an edit’s light is unknown")
    return Change(**arrays, hairstyle=hairstyle, light=light, hair_mirrored=mirrored)


def _object(record: object) -> Mapping[str, Any]:
    if not isinstance(record, dict):
        raise ValueError("its edits are not as they must be")
    return record


def _list(record: object, most: int) -> list[Any]:
    if not isinstance(record, list) or len(record) > most:
        raise ValueError("its edits are not as they must be")
    return record


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or len(value) > MAX_WORDS:
        raise ValueError("an edit’s words are not a short text")
    return value


def _number(value: object) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if not usable or not isinstance(value, int | float):
        raise ValueError("a number of its edits is none")
    if not math.isfinite(value) or abs(value) > _MAX_ABSOLUTE:
        raise ValueError("a number of its edits is impossible")
    return float(value)


def _paints_of(content: bytes) -> dict[Place, Paint]:
    return paints_of(read_arrays(content, "paint"))


#: By the name of the file in the zip.
PARTS: Mapping[str, Part] = {
    "likeness.safetensors": Part("likeness", True, 12 << 20, _likeness_bytes, _likeness_of),
    "performance.safetensors": Part(
        "performance", False, MAX_BYTES, performance_bytes, performance_of
    ),
    "photo.jpg": Part("photo", False, MAX_PHOTO_BYTES, photo_bytes, photo_of),
    "marks.png": Part("marks", False, MAX_MARKS_BYTES, marks_bytes, marks_of),
    "sitting.json": Part("sitting", False, MAX_SITTING_BYTES, sitting_bytes, sitting_of),
    "edits.json": Part("edits", True, 1 << 20, _edits_bytes, _edits_of),
    PAINT: Part("", True, MAX_PAINT_BYTES, paint_bytes, _paints_of),
    "own_hair.safetensors": Part("own_hair", True, _MAX_OWN_BYTES, _own_hair_bytes, _own_hair_of),
}
