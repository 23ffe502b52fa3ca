"""Pictures of a fit in progress: found faces, and landmarks over the photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from head360.faces import OVAL, Face, Picture
from head360.fitting.landmarks import BROWS, LEFT_EYE, LIPS_INNER, LIPS_OUTER, NOSE, RIGHT_EYE

#: Longest side of a preview, pixels.
PREVIEW_PX = 512
_LINE, _CHOSEN, _DOT = (255, 255, 255), (122, 162, 255), (255, 120, 90)
_OUTLINES = (OVAL, LIPS_OUTER, LIPS_INNER, RIGHT_EYE, LEFT_EYE)


def preview(image: Picture) -> Picture:
    """A picture (H, W, 3) small enough to show."""
    made = Image.fromarray(image)
    made.thumbnail((PREVIEW_PX, PREVIEW_PX))
    return np.asarray(made)


def outlined(image: Picture, faces: Sequence[Face], chosen: Face) -> Picture:
    """Frames around the faces of a photo (H, W, 3), and their numbers."""
    made = Image.fromarray(image)
    scale = min(1.0, PREVIEW_PX / max(made.size))
    made = made.resize([max(1, round(side * scale)) for side in made.size])
    draw = ImageDraw.Draw(made)
    for number, face in enumerate(faces, 1):
        color = _CHOSEN if face is chosen else _LINE
        left, top, right, bottom = (scale * edge for edge in face.box)
        draw.rectangle((left, top, right, bottom), outline=color, width=2)
        if len(faces) > 1:
            draw.text((left + 3, top + 1), str(number), fill=color)
    return np.asarray(made)


def marked(
    image: Picture, landmarks: npt.NDArray[np.floating], solved: npt.NDArray[np.floating]
) -> Picture:
    """A crop (N, N, 3) with outlines where landmarks (478, 2+) are and dots where a head has them.

    Both are in pixels of the crop.
    """
    made = Image.fromarray(image).resize((PREVIEW_PX, PREVIEW_PX), Image.Resampling.BILINEAR)
    scale = PREVIEW_PX / len(image)
    draw = ImageDraw.Draw(made)
    for outline in _OUTLINES:
        points = [(scale * float(x), scale * float(y)) for x, y in landmarks[list(outline), :2]]
        draw.line([*points, points[0]], fill=_LINE, width=1)
    for place in sorted({*BROWS, *NOSE, *(i for outline in _OUTLINES for i in outline)}):
        x, y = (scale * float(v) for v in solved[place, :2])
        draw.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=_DOT)
    return np.asarray(made)
