"""Masks from picture files, drawn over a photo in any painting program, become marks on it.

White says yes and black says no; what is transparent, or grey between them, says nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from head360.errors import PhotoError
from head360.faces import Picture
from head360.fitting.photo import Photo, read_photo
from head360.marks import Marks, Mask, marks_made

#: From here on grey is white, and up to here black.
_WHITE, _BLACK = 192, 63
#: Channels of grey differ by less, whatever JPEG did to them; and so much of a mask may be else.
_GREYISH, _COLORED = 48, 0.01
#: Large pictures are shrunk on reading, not always to the very same pixel.
_ROUNDING = 1
_HINT = (
    "Save it as a PNG of the photo's own size: {says}. Transparent parts and mid-grey say nothing."
)
_LEAVE_OUT_SAYS = "white where the photo is to be left out, black elsewhere"
_HAIR_SAYS = "white where hair is, black where there is none"


def marks_from_files(photo: Photo, leave_out: Path | None, hair: Path | None) -> Marks | None:
    """Marks (H, W) on a photo of what mask files say; None if that is nothing.

    Args:
        photo: what the masks lie over.
        leave_out: white where something hides the head.
        hair: white where hair is, black where there is none.

    Raises:
        PhotoError: a mask cannot be read, is of another size, or is coloured.
    """
    hidden = yes = no = None
    if leave_out is not None:
        hidden = _read(leave_out, photo, _LEAVE_OUT_SAYS) >= _WHITE
    if hair is not None:
        grey = _read(hair, photo, _HAIR_SAYS)
        yes, no = grey >= _WHITE, grey <= _BLACK
    return marks_made(left_out=hidden, hair=yes, not_hair=no)


def _read(path: Path, photo: Photo, says: str) -> Picture:
    """(H, W) brightness of a mask, as large as the photo."""
    hint = _HINT.format(says=says)
    try:
        image = read_photo(path).image
    except PhotoError as error:
        raise PhotoError(f"The mask cannot be used: {error}", hint) from error
    height, width = photo.image.shape[:2]
    rows, columns = image.shape[:2]
    if abs(rows - height) > _ROUNDING or abs(columns - width) > _ROUNDING:
        raise PhotoError(
            f"The mask “{path.name}” is {columns} × {rows} pixels, the photo {width} × {height}.",
            hint,
        )
    if _is_colored(image):
        raise PhotoError(f"The mask “{path.name}” has colours: white, black and grey count.", hint)
    grey = Image.fromarray(image).convert("L")
    return np.asarray(grey.resize((width, height), Image.Resampling.NEAREST))


def _is_colored(image: Picture) -> bool:
    spread = image.max(2).astype(np.int16) - image.min(2)
    colored: Mask = spread > _GREYISH
    return bool(colored.mean() > _COLORED)
