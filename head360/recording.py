"""A performance as one part of a project file: safetensors, with words about them as metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from head360.performance import Performance, Sound

MAX_BYTES = 64 << 20  # an hour at 60 a second, with sound
MAX_SOUND_BYTES = 12 << 20
MAX_NAME_LENGTH = 200
_ARRAYS = {"times": np.float64, "expression": np.float32, "head_pose": np.float32}
_SOUND, _WORDS = "sound", "performance"
_MAX_WORDS_BYTES = 32 << 10
_MAX_SPEED, _MAX_START_S = 100.0, 86_400.0


def performance_bytes(performance: Performance | None) -> bytes | None:
    """The part's content; None without a performance.

    Raises:
        ValueError: it is too long, or its sound too big, for a project.
    """
    if performance is None:
        return None
    arrays = {name: np.ascontiguousarray(getattr(performance, name)) for name in _ARRAYS}
    if performance.sound is not None:
        if len(performance.sound.content) > MAX_SOUND_BYTES:
            raise ValueError(f"its sound has more than {MAX_SOUND_BYTES >> 20} MB")
        arrays[_SOUND] = np.frombuffer(performance.sound.content, np.uint8)
    content = save(arrays, {_WORDS: json.dumps(_words_of(performance))})
    if len(content) > MAX_BYTES:
        raise ValueError("its performance is too long")
    return content


def performance_of(content: bytes) -> Performance:
    """The performance in a part, which may hold anything.

    Raises:
        ValueError: what is wrong with it; completes “… is damaged: ”.
    """
    try:
        arrays = load(content)
    # KeyError and friends: kinds of numbers that numpy does not have.
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("its performance cannot be read") from error
    if not arrays.keys() - {_SOUND} == _ARRAYS.keys():
        raise ValueError("its performance lacks something or holds too much")
    for name, kind in _ARRAYS.items():
        if arrays[name].dtype != kind:
            raise ValueError(f"the {name} of its performance are not of the right kind")
    return _performance(_words_in(content), arrays)


def _words_of(performance: Performance) -> dict[str, Any]:
    sound = performance.sound
    return {
        "name": performance.name[:MAX_NAME_LENGTH],
        "fps": performance.fps,
        "unknown": sorted(performance.unknown),
        "sound": {"start_s": sound.start_s, "speed": sound.speed} if sound else None,
    }


def _words_in(content: bytes) -> dict[str, Any]:
    """The metadata of sound safetensors: a length of 8 bytes, then that much JSON."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    text = header.get("__metadata__", {}).get(_WORDS, "")
    try:
        words = json.loads(text) if len(text) <= _MAX_WORDS_BYTES else None
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, dict):
        raise ValueError("nothing sensible is said about its performance")
    return words


def _performance(words: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Performance:
    name, unknown = words.get("name"), words.get("unknown")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH:
        raise ValueError("the name of its performance is not a short text")
    if not isinstance(unknown, list) or not all(isinstance(shape, str) for shape in unknown):
        raise ValueError("the unknown shapes of its performance are not names")
    return Performance(
        **{part: arrays[part] for part in _ARRAYS},
        name=name,
        fps=_number(words, "fps", 0.001, 1000),
        unknown=frozenset(unknown),
        sound=_sound(words.get("sound"), arrays.get(_SOUND)),
    )


def _sound(words: object, content: npt.NDArray[Any] | None) -> Sound | None:
    if words is None and content is None:
        return None
    if not isinstance(words, dict) or content is None or content.dtype != np.uint8:
        raise ValueError("the sound of its performance is incomplete")
    if content.ndim != 1 or content.size > MAX_SOUND_BYTES:
        raise ValueError("the sound of its performance is far too big")
    start_s = _number(words, "start_s", -_MAX_START_S, _MAX_START_S)
    return Sound(content.tobytes(), start_s, _number(words, "speed", 1 / _MAX_SPEED, _MAX_SPEED))


def _number(words: dict[str, Any], key: str, low: float, high: float) -> float:
    value = words.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"the “{key}” of its performance is not within {low:g} … {high:g}")
    return float(value)
