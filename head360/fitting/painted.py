"""What a person painted on a photo, as a fit needs it: laid over what the network found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from head360.errors import PhotoError
from head360.faces import OVAL, Picture
from head360.fitting.crop import Doubles, cut
from head360.fitting.face_network import BACKGROUND
from head360.fitting.face_network import HAIR as HAIR_PART
from head360.fitting.parsing import ClassMap
from head360.marks import HAIR, LEFT_OUT, NOT_HAIR, Marks, Mask

Floats = npt.NDArray[np.float32]

_LEAST = 1e-4  # of anything but hair, where all was hair
_MOST_HIDDEN = 0.9  # share of the face's oval


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Marks, in a crop of the photo; at their edges, shares."""

    left_out: Mask  # (N, N)
    hair: Floats  # (N, N) 0 … 1
    not_hair: Floats  # (N, N) 0 … 1

    @property
    def hidden(self) -> Mask:
        """(N, N) where there is no skin to be seen."""
        return self.left_out | (self.hair > 0.5)

    @property
    def about_hair(self) -> bool:
        """Whether any hair was painted on or away."""
        return bool((self.hair + self.not_hair).max() > 0.5)

    def over(self, parts: ClassMap) -> ClassMap:
        """What each pixel shows, after what a person said of it.

        What is left out is as what lies beyond the photo's edge: nothing is known of it, unless
        hair is.
        """
        told = self.hair + self.not_hair
        shares = parts.shares.copy()
        before = shares[HAIR_PART]
        after = before * (1 - told) + self.hair
        rest = np.maximum(1 - before, _LEAST)
        shares[BACKGROUND] += np.maximum(_LEAST - (1 - before), 0)
        shares *= (1 - after) / rest
        shares[HAIR_PART] = after
        unknown = self.left_out & (told < 0.5)
        shares[:, unknown] = 0
        shares[BACKGROUND, unknown] = 1
        inside = ~unknown if parts.inside is None else parts.inside & ~unknown
        return replace(
            parts, labels=shares.argmax(0).astype(np.uint8), shares=shares, inside=inside
        )


def painted(
    marks: Marks | None, photo: Picture, crop_from_photo: Doubles, size: int
) -> Painted | None:
    """Marks (H, W) of a photo (H, W, 3) in the crop that a similarity (2, 3) cuts out of it.

    Raises:
        PhotoError: they are of another picture.
    """
    if marks is None:
        return None
    if marks.shape != photo.shape[:2]:
        raise PhotoError("What was painted belongs to another picture than the photo.")
    layers = np.zeros_like(photo)
    for place, bit in enumerate((LEFT_OUT, HAIR, NOT_HAIR)):
        layers[marks & bit > 0, place] = 255
    shares = cut(layers, crop_from_photo, size).image.astype(np.float32)
    shares /= 255
    return Painted(shares[..., 0] > 0.5, shares[..., 1], shares[..., 2])


def check_shown(brushed: Painted, landmarks: npt.NDArray[np.float32]) -> None:
    """See that enough of the face with landmarks (478, 3) of the crop is left to look at.

    Raises:
        PhotoError: nearly all of it is painted over.
    """
    face = Image.new("1", brushed.left_out.shape[::-1])
    ImageDraw.Draw(face).polygon([(float(x), float(y)) for x, y in landmarks[list(OVAL), :2]], 1)
    oval = np.asarray(face)
    if brushed.hidden[oval].mean() > _MOST_HIDDEN:
        raise PhotoError(
            "Nearly the whole face is painted over.",
            "Leave out only what hides it, and paint hair only where hair is.",
        )
