"""What a fitted head knows of its person beyond the codes. Plain data; never imports torch.

A code alone cannot hold a person (docs/formats/h360.md): a photo also gives finer modes of the
shape, a free-form rest, and skin of one's own. Everything here is *added* to what codes and
generator make, so that sliders, attributes and make-up act on fitted heads as on any other. Numbers
are quantised when a likeness is made, so that a saved one comes back bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]

#: Identity modes of the mesh that `HeadParams.shape` does not reach.
MODES = 70
#: Vertices of the mesh, and rows of its skin tile, which is twice as wide as high.
VERTICES, SKIN_ROWS = 26014, 512
#: Steps of the stored residuals: what one unit of `skin` and `surface` adds.
STEP = 1 / 255
#: Far beyond what makes sense, and harmless to compute with: standard deviations, metres, factors.
MAX_MODE, MAX_OFFSET, MAX_TINT, MAX_LIGHT = 1000.0, 0.1, 4.0, 1000.0
_SURFACE = 2  # channels: roughness and height
_LIGHT = 12  # numbers of a photo's light: spherical harmonics of second order, and a colour
#: ARKit's weights in the order of `params.EXPRESSIONS`, and those of them that turn the eyes.
_WEIGHTS, _GAZE = 52, slice(10, 18)
_PRESENT_STEPS = 8  # in which `Likeness.present` goes
#: A photo's expression this weak (length of its weights) is as good as none: a face at rest.
_FAINT = 0.3

_TILE, _OPENING = (SKIN_ROWS, 2 * SKIN_ROWS), (SKIN_ROWS, SKIN_ROWS // 2)
#: The kind, shape and largest absolute value of each array.
_KINDS: dict[str, tuple[type[np.generic], tuple[int, ...], float]] = {
    "modes": (np.float32, (MODES,), MAX_MODE),
    "skin": (np.int16, (3, *_TILE), 255),
    "observed": (np.uint8, _TILE, 255),
    "offsets": (np.float16, (VERTICES, 3), MAX_OFFSET),
    "surface": (np.int8, (_SURFACE, *_TILE), 127),
    "sclera": (np.float32, (3,), MAX_TINT),
    "teeth": (np.float32, (3,), MAX_TINT),
    "moment": (np.int8, (3, *_TILE), 127),
    "expression": (np.float32, (_WEIGHTS,), 1),
    "opening": (np.int8, (3, *_OPENING), 127),
    "fringe": (np.uint8, _TILE, 255),
    "cast": (np.int8, (3, SKIN_ROWS, 5 * SKIN_ROWS // 2), 127),
    "light": (np.float32, (_LIGHT,), MAX_LIGHT),
}
#: Those that go with a moment, and all that a photo need not give.
_OF_MOMENT = frozenset(("opening", "fringe", "cast"))
MAY_LACK = _OF_MOMENT | {"offsets", "surface", "moment", "expression", "light"}


def _white() -> Floats:
    return np.ones(3, np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Likeness:
    """One person, as a photo showed them. Immutable, shared by all heads that descend from it."""

    modes: Floats  # (MODES,) standard deviations, after those of `HeadParams.shape`
    skin: npt.NDArray[np.int16]  # (3, U, 2U) steps added to the skin's sRGB-encoded albedo
    observed: npt.NDArray[np.uint8]  # (U, 2U) 0 invented … 255 seen in the photo
    offsets: npt.NDArray[np.float16] | None = None  # (V, 3) metres, added to the neutral head
    surface: npt.NDArray[np.int8] | None = None  # (2, U, 2U) steps: roughness, height
    sclera: Floats = field(default_factory=_white)  # (3,) factors on the encoded white of the eye
    teeth: Floats = field(default_factory=_white)  # (3,) factors on their encoded albedo
    moment: npt.NDArray[np.int8] | None = None  # (3, U, 2U) steps that `expression` adds to `skin`
    expression: Floats | None = None  # (52,) weights that the face had in the photo
    #: (3, U, U/2) steps that `expression` adds to the atlas's columns of eyes, gums and teeth
    opening: npt.NDArray[np.int8] | None = None
    #: (U, 2U) 0 … 255 how much of `moment` is not skin, but hair that the photo shows before it
    fringe: npt.NDArray[np.uint8] | None = None
    #: (3, U, 5U/2) steps that are added to all three in the photo's own light: its hues
    cast: npt.NDArray[np.int8] | None = None
    #: (12,) the photo's light: nine grey coefficients as `Lighting.irradiance`, and its colour
    light: Floats | None = None

    def __post_init__(self) -> None:
        if (self.moment is None) != (self.expression is None):
            raise ValueError("a likeness's moment and expression go together")
        if self.moment is None and any(getattr(self, name) is not None for name in _OF_MOMENT):
            raise ValueError("a likeness's opening, fringe and cast go with a moment")
        for name, (kind, shape, limit) in _KINDS.items():
            if getattr(self, name) is not None or name not in MAY_LACK:
                self._keep(name, kind, shape, limit)
        for name in ("sclera", "teeth"):
            if (getattr(self, name) < 0).any():
                raise ValueError(f"a likeness's {name} must not be negative")

    @classmethod
    def made(
        cls,
        *,
        modes: npt.ArrayLike,
        skin: npt.NDArray[np.floating[Any]],
        observed: npt.NDArray[np.floating[Any]],
        offsets: npt.NDArray[np.floating[Any]] | None = None,
        surface: npt.NDArray[np.floating[Any]] | None = None,
        sclera: npt.ArrayLike = (1.0, 1.0, 1.0),
        teeth: npt.ArrayLike = (1.0, 1.0, 1.0),
        moment: npt.NDArray[np.floating[Any]] | None = None,
        expression: npt.ArrayLike | None = None,
        opening: npt.NDArray[np.floating[Any]] | None = None,
        fringe: npt.NDArray[np.floating[Any]] | None = None,
        cast: npt.NDArray[np.floating[Any]] | None = None,
        light: npt.ArrayLike | None = None,
    ) -> Likeness:
        """Quantise what a fit has found.

        Args:
            modes: (MODES,) standard deviations.
            skin: (3, U, 2U) added to the generator's sRGB-encoded albedo, -1 … 1, row 0 at v = 0.
            observed: (U, 2U) 0 invented … 1 seen in the photo.
            offsets: (V, 3) metres, added to the neutral head.
            surface: (2, U, 2U) added to roughness and height, ± 0.5.
            sclera: (3,) factors on the encoded albedo of the white of the eye.
            teeth: (3,) factors on the encoded albedo of the teeth.
            moment: (3, U, 2U) added to the skin while the face does what it did in the photo: its
                folds, and what else is of that moment; ± 0.5.
            expression: (52,) weights 0 … 1 of what it did. With `moment` only.
            opening: (3, U, U/2) the same of what is added to eyes, gums and teeth.
            fringe: (U, 2U) 0 … 1 how much of `moment` is hair before the skin: it shows only
                below that hair.
            cast: (3, U, 5U/2) added to moment and opening in the photo's own light.
            light: (12,) the photo's light and its colour.
        """
        return cls(
            modes=np.array(modes, np.float32),
            skin=np.rint(skin.clip(-1, 1) / STEP).astype(np.int16),
            observed=_share(observed),
            offsets=None if offsets is None else offsets.astype(np.float16),
            surface=None if surface is None else _signed(surface),
            sclera=np.array(sclera, np.float32),
            teeth=np.array(teeth, np.float32),
            moment=None if moment is None else _signed(moment),
            expression=None if expression is None else np.array(expression, np.float32),
            opening=None if opening is None else _signed(opening),
            fringe=None if fringe is None else _share(fringe),
            cast=None if cast is None else _signed(cast),
            light=None if light is None else np.array(light, np.float32),
        )

    def present(self, expression: Floats) -> float:
        """0 … 1: how far a face with these weights (52,) does what it did in the photo.

        Whole at the photo's expression, nothing at rest and as far beyond or beside; in eighths,
        so that skin is not painted anew for each frame. Gaze moves no skin.
        """
        if self.expression is None:
            return 0.0
        then, away = (
            float(np.linalg.norm(np.delete(weights, _GAZE)))
            for weights in (self.expression, expression - self.expression)
        )
        return round(max(0.0, 1 - away / max(then, _FAINT)) * _PRESENT_STEPS) / _PRESENT_STEPS

    def _keep(
        self, name: str, kind: type[np.generic], shape: tuple[int, ...], limit: float
    ) -> None:
        """Check an array and make sure that nobody can change it."""
        array = np.asarray(getattr(self, name))
        if array.dtype != kind or array.shape != shape:
            raise ValueError(
                f"a likeness's {name} must be {np.dtype(kind).name} of shape {shape},"
                f" got {array.dtype.name} of shape {array.shape}"
            )
        if not (np.isfinite(array).all() and (np.abs(array.astype(np.float32)) <= limit).all()):
            raise ValueError(f"a likeness's {name} must be finite and within ±{limit:g}")
        if array.flags.writeable or not array.flags.c_contiguous:
            array = array.copy(order="C")
            array.setflags(write=False)
        object.__setattr__(self, name, array)


def _share(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    steps: npt.NDArray[np.uint8] = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    return steps


def _signed(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int8]:
    steps: npt.NDArray[np.int8] = np.rint(values / STEP).clip(-127, 127).astype(np.int8)
    return steps
