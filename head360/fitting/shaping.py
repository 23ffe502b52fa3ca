"""Who it is: the shape that landmarks alone ask for, then the one that the photo likely shows.

Landmarks are solved first, for they are there at once. Then comes what is usual among people whose
landmarks ask for that (`likely_shape`), and what the parsed outline of face, neck and shoulders
asks for beside it (`outline`), both at once with where the camera stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from head360.fitting.gaze import gaze
from head360.fitting.outline import Body, Outline
from head360.fitting.parsing import ClassMap
from head360.fitting.solver import Sight, Solution, solve
from head360.fitting.stock import Stock
from head360.likeness import MODES, SKIN_ROWS, Likeness
from head360.model.bilinear import SHOWN_MODES, BilinearModel
from head360.params import FloatArray, HeadParams

#: Pixels that the outline may be away, each time that it is looked for.
_REACHES = (30.0, 20.0, 12.0)
#: An outline that would take a shape further than that, in standard deviations of what is likely,
#: is none: light on a jaw, say, that was taken for background. True ones stay below it (99 %).
_TOO_FAR = 5.0
#: A likeness that adds nothing.
_BLANK = Likeness.made(
    modes=np.zeros(MODES), skin=np.zeros((3, SKIN_ROWS, 2 * SKIN_ROWS), np.float32),
    observed=np.zeros((SKIN_ROWS, 2 * SKIN_ROWS), np.float32),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """Who it is, as far as is known."""

    solved: Solution  # what the landmarks alone ask for
    solution: Solution  # whom the photo likely shows
    outline: Outline | None = None  # what of that the outline asked for


def likely(
    stock: Stock, sights: Sequence[Sight], solved: Solution, parts: ClassMap | None
) -> Shaped:
    """Whom the photos likely show.

    Args:
        stock: what all fits need.
        sights: what each photo shows, the main one first.
        solved: what their landmarks alone ask for.
        parts: what the main photo's crop shows, if that is known: a square of some multiple of
            512 pixels.

    Raises:
        ResourceError: what was learnt of shapes is missing or damaged.
    """
    model, belief = stock.landmarks(), stock.likely().told(solved.shape)
    alone = solve(model, sights, replace(solved, shape=_float(belief.mean)), belief=belief)
    if parts is None:
        return Shaped(solved, alone)
    found, body = alone, Body.of(parts)
    for reach in _REACHES:
        seen = found.first
        outline = stock.outliner().outline(body, seen.camera, found.shape, seen.expression, reach)
        if outline is None:
            break
        belief = replace(belief, outline=outline)
        found = solve(model, sights, found, belief=belief)
    if belief.surprise(found.shape) > _TOO_FAR:
        return Shaped(solved, alone)
    return Shaped(solved, found, belief.outline)


def followed(stock: Stock, before: Shaped, sight: Sight) -> Shaped:
    """Who it is after landmarks of the main photo were dragged; its outline counts as before."""
    model = stock.landmarks()
    solved = solve(model, [sight], before.solved)
    belief = replace(stock.likely().told(solved.shape), outline=before.outline)
    return replace(
        before, solved=solved, solution=solve(model, [sight], before.solution, belief=belief)
    )


def headed(
    mesh: BilinearModel,
    params: HeadParams,
    solution: Solution,
    offsets: npt.NDArray[np.float32] | None,
    landmarks: FloatArray,
) -> HeadParams:
    """The head with the solved shape and face, and offsets (V, 3) metres; skin of its own stays.

    Irises among landmarks (478, 3), pixels of the main photo's crop, tell the gaze.
    """
    modes = np.zeros(MODES, np.float32)
    rest = solution.shape[SHOWN_MODES:]
    modes[: len(rest)] = rest
    likeness = replace(
        params.likeness or _BLANK,
        modes=modes,
        offsets=None if offsets is None else offsets.astype(np.float16),
    )
    head = params.with_(shape=solution.shape[:SHOWN_MODES], likeness=likeness)
    with torch.inference_mode():
        neutral, eye_centers = mesh.neutral_of(head)
    seen = solution.first
    expression = gaze(
        seen.camera, mesh.topology, neutral.numpy(), eye_centers.numpy(), landmarks,
        seen.expression,
    )  # fmt: skip
    return head.with_(expression=expression)


def _float(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
