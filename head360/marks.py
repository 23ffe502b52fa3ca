"""What a person painted on a photo: what to leave out, and where hair is and is not.

Marks are whole numbers, one for each pixel of the photo, made of three bits. In a project they are
a picture that lies over the stored photo: a PNG of sixteen colours at most, some kilobytes large.
"""

from __future__ import annotations

import io
import struct
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.sitting import MAX_PHOTO_SIDE

Marks: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: Something hides the head here: look for neither skin nor hair. There is hair. There is none.
LEFT_OUT, HAIR, NOT_HAIR = 1, 2, 4
#: More than any marks need: noise over a photo of the largest size.
MAX_MARKS_BYTES = 2 << 20
#: What the bits may be together: nothing is hair and is not.
_CODES = (0, LEFT_OUT, HAIR, LEFT_OUT | HAIR, NOT_HAIR, LEFT_OUT | NOT_HAIR)
#: sRGB of each code wherever it is shown; all but the first are half transparent.
COLORS = (
    (0, 0, 0),
    (230, 70, 70),
    (45, 190, 170),
    (150, 130, 120),
    (245, 165, 35),
    (235, 120, 50),
)
_OPACITIES = bytes((0, 128, 128, 128, 128, 128))
_BITS = 4  # of a palette's index
_PNG_START, _SIZE_FROM, _SIZE_TO = b"\x89PNG\r\n\x1a\n", 16, 24


def marks_made(
    *, left_out: Mask | None = None, hair: Mask | None = None, not_hair: Mask | None = None
) -> Marks | None:
    """Marks (H, W) of masks (H, W); None where nothing is marked. Hair wins over no hair.

    Raises:
        ValueError: the masks are not of one size.
    """
    found: Marks | None = None
    for bit, mask in ((LEFT_OUT, left_out), (NOT_HAIR, not_hair), (HAIR, hair)):
        if mask is None:
            continue
        found = np.zeros(mask.shape, np.uint8) if found is None else found
        if mask.shape != found.shape:
            raise ValueError("the masks are of different sizes")
        others = found & LEFT_OUT if bit == HAIR else found
        found = np.where(mask, others | bit, found).astype(np.uint8)
    return found if found is not None and found.any() else None


def marks_bytes(marks: Marks | None) -> bytes | None:
    """Marks as a PNG; nothing for none."""
    if marks is None:
        return None
    image = Image.fromarray(np.ascontiguousarray(marks))
    image.putpalette([value for color in COLORS for value in color])
    file = io.BytesIO()
    image.save(file, "PNG", bits=_BITS, transparency=_OPACITIES, optimize=False)
    return file.getvalue()


def marks_of(content: bytes) -> Marks:
    """Undo `marks_bytes`.

    Raises:
        ValueError: it is no such picture, or too large; the text completes “… is damaged: ”.
    """
    size = content[_SIZE_FROM:_SIZE_TO]
    if not content.startswith(_PNG_START) or len(size) < _SIZE_TO - _SIZE_FROM:
        raise ValueError("its marks on the photo are no PNG")
    width, height = struct.unpack(">II", size)  # before anything else is read
    if not (0 < width <= MAX_PHOTO_SIDE and 0 < height <= MAX_PHOTO_SIDE):
        raise ValueError("its marks on the photo are of an impossible size")
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            mode, found = image.mode, np.array(image)
    except (OSError, SyntaxError, ValueError, LookupError, struct.error) as error:
        raise ValueError("its marks on the photo cannot be read") from error
    if mode != "P" or found.shape != (height, width) or not np.isin(found, _CODES).all():
        raise ValueError("its marks on the photo are no marks")
    return found


def resized(marks: Marks | None, width: int, height: int) -> Marks | None:
    """Marks for the photo at another size; None if nothing is left."""
    if marks is None:
        return None
    if marks.shape != (height, width):
        image = Image.fromarray(marks).resize((width, height), Image.Resampling.NEAREST)
        marks = np.asarray(image)
    return marks if marks.any() else None
