"""What a photo shows of its moment: how far each texel of skin, eyes and teeth follows it.

Skin follows up to the edges of what is seen, and eyes, gums and teeth as they are. Hair that hangs
before the face in the photo, and is drawn with the head, darkens what is below it: where the drawn
hair ends a little higher than the photo's, its last strands are on the skin. That part of a moment
is kept apart (`Likeness.fringe`), for it goes with that hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas, opening_atlases
from head360.fitting.blend import usual_difference
from head360.fitting.calm import with_even_neck
from head360.fitting.moment import (
    Canvas,
    Easel,
    as_seen,
    for_other_light,
    for_other_opening,
    widened,
)
from head360.fitting.unproject import Bools, Placed, Posed, Seen, View, smooth
from head360.fitting.zones import Zones
from head360.model.texture_layers import encoded
from head360.model.topology import SKIN
from head360.rendering.lighting import Lighting
from head360.rendering.shade import linear_from_srgb

#: Without its hair, what is so many texels beside is not shown either; how much wider it becomes.
_FRINGE_TEXELS, _BESIDE_FRINGE = 8.0, 10.0
#: A change goes on so far beside what was seen, and its means over more texels further on.
_SPREAD_TEXELS = (2.0, 14.0)
#: Cosines to the view between which skin has detail of its own; texels it is smoothed over before.
_GRAZING, _GRAZING_TEXELS = (0.1, 0.35), 2.5
#: In the photo's own light hues differ by so much from plain skin's at most, and skin is at most so
#: much lighter; logarithms.
_OTHER_HUE, _GLINT = 0.2, 0.6
#: Cosines to the view between which teeth and eyes are repainted.
_OPENING = (0.1, 0.4)
#: Albedo lies within these, linear.
_LIMITS = (0.004, 0.92)


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """What is before the face in a photo."""

    #: (z, y, x) share of the surroundings that is seen through the head's hair; None: it is bald
    visibility: Tensor | None = None
    #: (H, W) hair that is drawn with the head; None: the head's is another's
    hair: Bools | None = None
    #: (H, W) where eyes, mouth and teeth may be seen; None: everywhere
    unhidden: Bools | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Occasion:
    """A photo, and what was found of it so far."""

    photo: Tensor  # (H, W, 3) sRGB-encoded, 0 … 1
    view: View
    posed: Posed
    seen: Seen
    zones: Zones
    trust: Tensor  # (N,) 0 … 1 how far texels are skin that was seen
    gate: Tensor  # (N,) 0 … 1 whether they have a colour of skin
    before: Before


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What it adds, as in `Likeness`."""

    skin: npt.NDArray[np.floating[Any]]  # (3, U, 2U)
    opening: npt.NDArray[np.floating[Any]]  # (3, U, U / 2)
    fringe: npt.NDArray[np.floating[Any]]  # (U, 2U) 0 … 1
    cast: npt.NDArray[np.floating[Any]]  # (3, U, 5U / 2)


def moment_of(atlas: SkinAtlas, occasion: Occasion, maps: Tensor, lighting: Lighting) -> Moment:
    """The moment of a photo, over maps (8, U, 2.5 U) of even skin, in the photo's light."""
    easel = Easel.of(occasion.view, occasion.posed, lighting, occasion.before.visibility)
    fringe = _fringe(occasion)
    canvases = [_skin(atlas, occasion, fringe), *_openings(occasion)]
    change = as_seen(easel, occasion.photo, maps, canvases)
    beside = (_BESIDE_FRINGE * atlas.blurred(fringe[:, None], _FRINGE_TEXELS)).clamp(max=1)
    skin, opening = change[..., : atlas.columns], change[..., atlas.columns :]
    share = canvases[0].share
    # Wings of a nose and lips turn away, too, and have edges.
    detail = torch.maximum(smooth(*_GRAZING, occasion.seen.facing), occasion.zones.middle)
    calm = _without_specks(atlas, atlas.listed(skin), detail)
    spread = _spread(atlas, calm, share, fringe, occasion.zones)
    features = _features(occasion.zones)
    even = for_other_light(spread, features)
    lit = in_its_light(spread, features, share * occasion.zones.plain)
    own = linear_from_srgb(maps[:3]).clamp(*_LIMITS).log()

    def added(listed: Tensor, opened: Tensor) -> Tensor:
        known = atlas.tile(torch.ones_like(listed[:, :1])) > 0
        whole = torch.cat([torch.where(known, atlas.tile(listed), skin), opened], 2)
        painted = encoded((own + whole).exp().clamp(*_LIMITS))
        return widened(painted - maps[:3], canvases)

    moment = added(even, for_other_opening(opening))
    return Moment(
        moment[..., : atlas.columns].numpy(),
        moment[..., atlas.columns :].numpy(),
        atlas.padded(atlas.tile(beside))[0].numpy(),
        (added(lit, opening) - moment).numpy(),
    )


def in_its_light(change: Tensor, features: Tensor, plain: Tensor) -> Tensor:
    """A change (N, 3) as far as the photo's own light may show it: near what `plain` skin (N,) has.

    Glints of a window are nowhere but where they were seen, and at its outline a face mixes with
    what is behind it. Features (N,) 0 … 1 are as they are.
    """
    grey = change.mean(1, keepdim=True)
    hue = change - grey
    usual = usual_difference(hue, plain)
    near = usual + (hue - usual).clamp(-_OTHER_HUE, _OTHER_HUE)
    return torch.lerp(grey.clamp(max=_GLINT) + near, change, features[:, None])


def _features(zones: Zones) -> Tensor:
    """(N,) 0 … 1 what keeps its hue in any light."""
    return torch.maximum(zones.features * (1 - zones.brows), zones.rims)


def _skin(atlas: SkinAtlas, occasion: Occasion, fringe: Tensor) -> Canvas:
    """Skin as far as it follows the photo."""
    zones, view = occasion.zones, occasion.view
    reached = torch.maximum(zones.reached, zones.rims)
    share = torch.stack([occasion.trust, _near(occasion), fringe]).amax(0) * reached
    return Canvas(atlas, occasion.seen.at, share, view.shows(occasion.posed.topology, SKIN))


def _near(occasion: Occasion) -> Tensor:
    """(N,) 0 … 1 how far texels beside eyes, mouth and nostrils may look as the photo shows them.

    What is dark there is lashes and the shade of an opening, and no skin by its colour.
    """
    zones = occasion.zones
    open_ = torch.stack([occasion.gate, zones.lids, zones.rims, zones.features]).amax(0)
    return occasion.seen.near * open_


def _fringe(occasion: Occasion) -> Tensor:
    """(N,) 0 … 1 where the photo shows hair before forehead and temples, or its last strands."""
    zones, seen = occasion.zones, occasion.seen
    if occasion.before.hair is None:
        return torch.zeros_like(seen.hair)
    strands = zones.temples * seen.near * (1 - occasion.gate)
    return torch.maximum(zones.hairline * seen.hair, strands)


def _without_specks(atlas: SkinAtlas, change: Tensor, detail: Tensor) -> Tensor:
    """A change (N, 3) that is smooth where there is no `detail` (N,), 0 … 1.

    Where cheeks and temples turn away, few pixels show many texels.
    """
    return torch.lerp(atlas.blurred(change, _GRAZING_TEXELS), change, detail[:, None])


def _spread(
    atlas: SkinAtlas, change: Tensor, share: Tensor, fringe: Tensor, zones: Zones
) -> Tensor:
    """A change (N, 3) that goes on where texels were hardly or not seen (N,): first as beside.

    Further on it is as usual of plain skin, or ears and necks had another hue than the face. What
    is a `fringe` (N,) goes on hardly at all.
    """
    usual = usual_difference(change, share * zones.plain)
    done = share[:, None]
    for texels, skin in zip(
        _SPREAD_TEXELS, (torch.ones_like(done), 1 - fringe[:, None]), strict=True
    ):
        soft = atlas.blurred(skin * torch.cat([change, done], 1), texels)
        beside = soft[:, :3] / soft[:, 3:].clamp(min=1e-3)
        wider = (2 * soft[:, 3:]).clamp(max=1)
        change = change + (1 - done) * wider * beside
        done = done + (1 - done) * wider
    even = usual + with_even_neck(atlas, change - usual, share, zones.neck)
    neck = zones.neck[:, None]
    return torch.lerp(change, done * even, neck) + (1 - done) * usual


def _openings(occasion: Occasion) -> list[Canvas]:
    """Mouth, teeth and eyes, as far as a photo shows them."""
    view, posed, unhidden = occasion.view, occasion.posed, occasion.before.unhidden
    shows = view.raster.covered & ~view.shows(posed.topology, SKIN)
    if unhidden is not None:
        shows = shows & torch.from_numpy(unhidden)
    made = []
    for atlas in opening_atlases():
        placed = Placed.of(view, posed, atlas)
        share = placed.open * smooth(*_OPENING, placed.facing)
        made.append(Canvas(atlas, placed.at, share, shows))
    return made
