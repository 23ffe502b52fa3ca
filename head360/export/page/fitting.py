"""Makes a performance and its sound fit into what a page may weigh, and says what that cost."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from head360.errors import DrivingError, ExportError
from head360.export.page.contents import STRIDES, take_arrays
from head360.export.page.packing import Arrays, packed_size
from head360.params import HeadParams
from head360.performance import Performance, resampled
from head360.sound import as_mp3, heard

#: A page still goes by mail, bytes.
MAX_BYTES = 12_000_000
#: Base 64 needs four letters for three bytes.
_LETTERS = 4 / 3
_BECAUSE = f"else the page would be larger than {MAX_BYTES / 1e6:.0f} MB."
#: Moments, and bits of sound, a second at most; the best first. 0: every moment, no sound.
_PLANS = (
    (0, 96_000), (30, 96_000), (30, 64_000), (20, 48_000), (15, 32_000),
    (0, 0), (30, 0), (20, 0), (15, 0), (10, 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a page gets of a performance."""

    fps: float
    arrays: Arrays
    notes: tuple[str, ...]  # what a person should know


def fitted(head: HeadParams, take: Performance, room: float) -> Generator[None, None, Fitted]:
    """As much of a performance as fits into `room` bytes of a page; yields as it goes.

    Raises:
        ExportError: not even its coarsest form does.
    """
    known: dict[int, tuple[float, Arrays, float]] = {}
    for limit, bits in _PLANS:
        if bits and take.sound is None:
            continue
        if limit not in known:
            known[limit] = _sampled(head, take, limit)
            yield
        fps, arrays, size = known[limit]
        if size + bits / 8 * take.duration_s * _LETTERS <= room:
            heard_, notes = _sound(take, bits)
            return Fitted(fps, arrays | heard_, (*_thinned(take, limit, fps), *notes))
    least = min(size for _, _, size in known.values())
    seconds = take.duration_s * max(room, 0) / least
    raise too_large(
        f"its performance of {take.duration_s:.0f} s does not fit",
        f"Trim it to about {seconds:.0f} s, leave it out, or choose hair that is less full.",
    )


def too_large(why: str, remedy: str) -> ExportError:
    """What to say of a page that nobody could send."""
    return ExportError(f"The page would be larger than {MAX_BYTES / 1e6:.0f} MB: {why}.", remedy)


def _sampled(head: HeadParams, take: Performance, limit: int) -> tuple[float, Arrays, float]:
    """At most so many moments a second: how many, and how many bytes of a page they need."""
    fps = take.fps
    if 0 < limit < (len(take) - 1) / max(take.duration_s, 1e-3):
        take, fps = resampled(take, limit), float(limit)
    arrays = take_arrays(head, take)
    return fps, arrays, packed_size(arrays, STRIDES)


def _thinned(take: Performance, limit: int, fps: float) -> tuple[str, ...]:
    if not limit or fps == take.fps:
        return ()
    return (f"The page plays {limit} moments of the performance a second: {_BECAUSE}",)


def _sound(take: Performance, bits: int) -> tuple[Arrays, tuple[str, ...]]:
    if take.sound is None:
        return {}, ()
    if not bits:
        return {}, (f"The sound is left out: {_BECAUSE}",)
    try:
        content = as_mp3(heard(take.sound, take.duration_s), bits)
    except DrivingError as error:
        return {}, (f"The sound is left out. {error}",)
    return {"take_sound": np.frombuffer(content, np.uint8)}, ()
