"""Hair and skin of a solved head, from what each pixel of the photo shows.

Without the network that parses photos, heads stay bald and skin is told by its colour alone; the
fit says so in its notes.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.errors import ResourceError
from head360.fitting.crop import Crop
from head360.fitting.hair import (
    SIZE,
    STEPS,
    FittedHair,
    Silhouette,
    Worn,
    fit_hair_shape,
    silhouette,
)
from head360.fitting.hair_choice import (
    Candidate,
    bald_unlike,
    candidates,
    in_question,
    offered,
    ranked,
)
from head360.fitting.hair_gains import light_and_dark
from head360.fitting.hair_lines import hair_lines
from head360.fitting.hair_own import OwnWays, fit_own_hair
from head360.fitting.hair_tone import drawn_hair, matched_color, relit
from head360.fitting.hairstyle import classify, hair_color, known_lines
from head360.fitting.occasion import Before
from head360.fitting.painted import Painted
from head360.fitting.parsing import ClassMap, parse, told_again
from head360.fitting.photo_lines import coherence, photo_lines
from head360.fitting.stock import Stock
from head360.fitting.texture import FittedSkin
from head360.fitting.unproject import Posed
from head360.fitting.view import PhotoCamera
from head360.light import PHOTO_LIGHT, Light
from head360.likeness import SKIN_ROWS
from head360.model.bilinear import Identity
from head360.model.field import HairPlanes
from head360.model.seating import Seating
from head360.model.strand_ends import strands_volume
from head360.own_hair import OwnHair
from head360.params import FloatArray, HairShape, HeadParams
from head360.rendering.grown import with_own
from head360.rendering.lighting import (
    Lighting,
    ambient_visibility,
    lighting,
    seated_extinction,
)
from head360.rendering.scene import Models

Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]
Ranked: TypeAlias = tuple[str | None, float]
_SeatedHair: TypeAlias = tuple[HairPlanes, Seating]

#: Hair as the photo shows it, or none.
AUTO, BALD = "auto", "none"
#: What a photo shows where skin may be seen.
_SKIN_PARTS = ("skin", "brows", "lips", "beard", "neck")
#: And where eyes, teeth and the mouth may be.
_OPEN_PARTS = (*_SKIN_PARTS, "eyes", "mouth")
#: Of skin, those that are not even by nature.
_FEATURES = ("brows", "lips", "beard")
_SURE = 0.5
_TOLD = 5  # hairstyles that a report names
_TRIED = 6  # whose shape is fitted before one is chosen
_BENT = 3  # at most are bent into the photo's hair
#: Where seconds count: pixels of silhouettes, styles whose shape is fitted, and rounds.
_ROUGH_PX, _ROUGHLY_TRIED, _ROUGH_STEPS = 56, 4, 4
_NO_PARSER = (
    "The network that parses photos is not installed: hair was left out, and skin is told by "
    "its colour alone."
)


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """A head with what it wears."""

    params: HeadParams
    #: Likeliest first, then what the networks say (`hair_choice.offered`); BALD among them.
    hairstyles: tuple[tuple[str, float], ...] = ()
    observed: float = 0.0  # share of the front half of the skin that the photo showed
    notes: tuple[str, ...] = ()
    light: Light | None = None  # of ours, the one most like the photo's
    skin: FittedSkin | None = None  # the skin, and the light that it was seen in
    worn: Worn | None = None  # the photo's hair, and where hair sits on this head


class Dresser:
    """Dresses heads."""

    def __init__(self, models: Models, stock: Stock | None = None) -> None:
        self._models, self._stock = models, stock or Stock(models)

    def parse(
        self,
        crop: Crop,
        landmarks: FloatArray | None = None,
        brushed: Painted | None = None,
    ) -> ClassMap | None:
        """What each pixel of a crop shows; None if nobody can tell.

        `landmarks` (478, 3) are pixels of the crop; what a person has `brushed` there counts more.
        """
        try:
            told = parse(crop.image, crop.inside, landmarks)
        except ResourceError:
            return None
        if brushed is None:
            return told
        told = brushed.over(told)
        return told_again(crop.image, told) if brushed.about_hair else told

    def with_hair(
        self,
        params: HeadParams,
        camera: PhotoCamera,
        crop: Crop,
        parts: ClassMap | None,
        wanted: str,
        *,
        shaped: bool,
    ) -> Generator[object, None, Dressed]:
        """The head with the hair that is wanted, AUTO for the photo's.

        Its length, volume and fringe follow the photo, and the fitted silhouettes have their say
        in the choice. All that is done roughly, and hair is not bent, unless it is `shaped`.
        """
        if parts is None:
            style = None if wanted in (AUTO, BALD) else wanted
            return Dressed(params.with_(hairstyle=style), notes=(_NO_PARSER,))
        yield None
        dressed = _colored(params, crop, parts)
        yield None
        worn = self._worn(dressed, camera, parts, SIZE if shaped else _ROUGH_PX)
        yield None
        word = classify(crop.image, parts)
        told = candidates(
            word, worn, self._models.styles, coherence(crop.image, parts), known_lines()
        )
        tried = told[: _TRIED if shaped else _ROUGHLY_TRIED]
        if wanted != AUTO:
            style = None if wanted == BALD else wanted
            tried = [each for each in told if each.style == style]
        fitted = yield from self._fitted(worn, tried, STEPS if shaped else _ROUGH_STEPS)
        named, bent = ranked(told, fitted), {}
        if shaped:
            likeliest = in_question(named, fitted, _BENT)
            likely = [each for each in tried if each.style in likeliest]
            lines = photo_lines(crop.image, parts, worn.seen.size)
            bent = yield from self._bent(worn, likely, fitted, camera, lines)
            named = ranked(told, fitted, bent) if wanted == AUTO else named
        style = named[0][0] if wanted == AUTO else tried[0].style
        shape, own = fitted[style].shape if style in fitted else None, None
        if style in bent and shape is not None:
            own = OwnHair.made(
                str(style), mirrored=shape.mirrored, ways=bent[style].ways, fringe=shape.fringe,
                cut=bent[style].cut, ragged=bent[style].ragged,
            )  # fmt: skip
        dressed = dressed.with_(hairstyle=style, hair_shape=shape, own_hair=own)
        return Dressed(dressed, _named(offered(named, word)), worn=worn)

    def _worn(self, params: HeadParams, camera: PhotoCamera, parts: ClassMap, pixels: int) -> Worn:
        """The photo's hair, in a picture of so many pixels a side, and where hair sits here."""
        mesh = self._models.mesh
        vertices, identity = self._posed(params)
        triangles = torch.from_numpy(mesh.topology.triangles[mesh.topology.drawn]).long()
        seen = silhouette(parts, camera, vertices, triangles, pixels)
        return Worn(seen, self._stock.seat().fit(identity.neutral), self._stock.shaper())

    def _fitted(
        self, worn: Worn, tried: Sequence[Candidate], steps: int
    ) -> Generator[object, None, dict[str | None, FittedHair]]:
        """How each of some styles is worn best."""
        found: dict[str | None, FittedHair] = {}
        for each in tried:
            yield None
            if each.style is None:
                found[None] = FittedHair(HairShape(), bald_unlike(worn.seen))
            else:
                grid = self._models.styles.grid(each.style)
                task = fit_hair_shape(worn, grid, steps, mirrored=each.mirrored)
                found[each.style] = yield from task
        return found

    def _bent(
        self,
        worn: Worn,
        tried: Sequence[Candidate],
        fitted: Mapping[str | None, FittedHair],
        camera: PhotoCamera,
        lines: Tensor,
    ) -> Generator[object, None, dict[str | None, OwnWays]]:
        """How each of some styles, in its fitted shape, becomes this person's hair."""
        found: dict[str | None, OwnWays] = {}
        for each in tried:
            if each.style is not None:
                style, shape = self._models.styles.planes(each.style), fitted[each.style].shape
                style = style.mirrored() if each.mirrored else style
                seating = self._stock.shaper().shaped(worn.seating, shape)
                strands = hair_lines(lines, worn.seen, camera, self._models.hair, style, seating)
                yield None
                ends = strands_volume(self._models.hair, style)
                yield None
                found[each.style] = yield from fit_own_hair(worn, style.grid, ends, shape, strands)
        return found

    def _posed(self, params: HeadParams) -> tuple[Tensor, Identity]:
        """(V, 3) metres of the head with its expression, and who it is."""
        mesh = self._models.mesh
        with torch.no_grad():
            identity = mesh.identity_of(params)
            return mesh.pose(identity, torch.tensor(params.expression)), identity

    def with_skin(
        self,
        dressed: Dressed,
        camera: PhotoCamera,
        crop: Crop,
        parts: ClassMap | None,
        brushed: Painted | None,
        *,
        own: bool = True,
    ) -> Generator[str, None, Dressed]:
        """The head with skin from the photo; yields the name of each step before it runs.

        Not its `own`: only the generated skin that is most like the photo's.
        """
        yield "prepare"
        params = dressed.params
        vertices, identity = self._posed(params)
        posed = Posed.of(self._models.mesh.topology, vertices, camera.pixels_from_head)
        photo = torch.from_numpy(crop.image.astype(np.float32) / 255)
        allowed = _allowed(crop, parts, brushed)
        told = None if parts is None else torch.from_numpy(_features(parts, brushed))
        hair = self._seated(params, dressed.worn)
        fitted = yield from self._stock.skin().fit(
            photo, posed, allowed, told=told, relaxed=identity.neutral,
            before=Before(
                None if hair is None else _visibility(hair),
                None if parts is None or params.own_hair is None else parts.mask("hair"),
                _allowed(crop, parts, brushed, _OPEN_PARTS),
            ),
        )  # fmt: skip
        fitted = fitted if own else fitted.only_generated()
        params = fitted.applied(params).with_(light=Light(PHOTO_LIGHT))
        params = _colored(params, crop, parts, fitted.lighting)
        yield "colour of the hair"
        nearest = fitted.suggested_light
        if hair is not None and dressed.worn is not None and parts is not None:
            params = self._toned(params, dressed.worn.seen, hair, crop, parts, fitted, nearest)
        return replace(
            dressed,
            params=params,
            observed=float(fitted.observed[:, :SKIN_ROWS].mean()),
            light=nearest,
            skin=fitted,
        )

    def _seated(self, params: HeadParams, worn: Worn | None) -> _SeatedHair | None:
        """The hair that a head wears, and where it sits."""
        if worn is None or params.hairstyle is None:
            return None
        style = self._models.styles.planes(params.hairstyle)
        if params.hair_shape is not None and params.hair_shape.mirrored:
            style = style.mirrored()
        shaper = self._stock.shaper()
        seating = shaper.shaped(worn.seating, params.hair_shape)
        if (own := params.own_hair) is not None:
            mirrored = params.hair_shape is not None and params.hair_shape.mirrored
            style = with_own(self._models.hair, style, own, 1.0, mirrored=mirrored)
            seating = shaper.own(seating, own, params.hair_shape)
        return style, seating

    def _toned(
        self,
        params: HeadParams,
        seen: Silhouette,
        hair: _SeatedHair,
        crop: Crop,
        parts: ClassMap,
        skin: FittedSkin,
        nearest: Light,
    ) -> HeadParams:
        """With hair that looks like the photo's in the light of ours that is most like the photo's.

        Of a photo's own lamps only what its harmonics hold is known: ash blond that is matched
        below them comes out orange. Where hair is light or dark, it is so in the photo's own.
        """
        (style, seating), own = hair, params.own_hair
        drawn = drawn_hair(
            crop.image,
            seen,
            parts,
            self._models.hair,
            style,
            seating,
            lighting(nearest),
        )
        if drawn is None:
            return params
        color = matched_color(drawn, params.hair_color, skin.tint.numpy())
        if own is not None:
            drawn = relit(drawn, style, seating, skin.lighting)
            own = own.lit(light_and_dark(drawn, color, seating))
        return params.with_(hair_color=color, own_hair=own)


def _visibility(hair: _SeatedHair) -> Tensor:
    """(z, y, x) share of the surroundings that is seen through the hair."""
    style, seating = hair
    return ambient_visibility(seated_extinction(style.shading, seating))


def _colored(
    params: HeadParams, crop: Crop, parts: ClassMap | None, light: Lighting | None = None
) -> HeadParams:
    """With hair of the photo's colour, as far as that shows, under the photo's light if known."""
    color = None if parts is None else hair_color(crop.image, parts, light)
    return params if color is None else params.with_(hair_color=color)


def _named(told: Sequence[Ranked]) -> tuple[tuple[str, float], ...]:
    return tuple((name or BALD, round(share, 4)) for name, share in told[:_TOLD])


def _features(parts: ClassMap, brushed: Painted | None) -> Floats:
    """(4, N, N) shares of what is not even by nature, and of skin that a person says is bare."""
    shares = [parts.share(name) for name in _FEATURES]
    bare = 0 * shares[0] if brushed is None else brushed.not_hair * parts.share("skin")
    return np.stack([*shares, bare])


def _allowed(
    crop: Crop,
    parts: ClassMap | None,
    brushed: Painted | None,
    named: Sequence[str] = _SKIN_PARTS,
) -> Mask | None:
    """(N, N) where parts of the face may be seen; None where only their colour can tell."""
    if parts is None and brushed is None and crop.inside.all():
        return None
    allowed: Mask = crop.inside
    if parts is not None:
        allowed = allowed & (parts.share(*named) > _SURE)
    return allowed if brushed is None else allowed & ~brushed.hidden
