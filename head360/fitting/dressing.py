"""Hair and skin of a solved head, from what each pixel of the photo shows.

Without the network that parses photos, heads stay bald and skin is told by its colour alone; the
fit says so in its notes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.errors import ResourceError
from head360.fitting.crop import Crop
from head360.fitting.hair import (
    FittedHair,
    Silhouette,
    fit_hair_shape,
    likelier,
    ranked,
    silhouette,
)
from head360.fitting.hairstyle import classify, hair_color
from head360.fitting.parsing import ClassMap, parse
from head360.fitting.texture import FittedSkin, SkinFitter
from head360.fitting.unproject import Posed
from head360.fitting.view import PhotoCamera
from head360.light import Light
from head360.likeness import SKIN_ROWS
from head360.model.bilinear import Identity
from head360.model.hair_shape import HairShaper
from head360.model.seating import Seat, Seating
from head360.params import FloatArray, HairShape, HeadParams
from head360.rendering.lighting import Lighting
from head360.rendering.scene import Models

Mask: TypeAlias = npt.NDArray[np.bool_]
Ranked: TypeAlias = tuple[str | None, float]

#: Hair as the photo shows it, or none.
AUTO, BALD = "auto", "none"
#: What a photo shows where skin may be seen.
_SKIN_PARTS = ("skin", "brows", "lips", "beard", "neck")
_SURE = 0.5
_TOLD = 5  # hairstyles that a report names
_TRIED = 3  # of which the silhouette is looked at
_NO_PARSER = (
    "The network that parses photos is not installed: hair was left out, and skin is told by "
    "its colour alone."
)


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """A head with what it wears."""

    params: HeadParams
    hairstyles: tuple[tuple[str, float], ...] = ()  # likeliest first; BALD among them
    observed: float = 0.0  # share of the front half of the skin that the photo showed
    notes: tuple[str, ...] = ()
    light: Light | None = None  # of ours, the one most like the photo's
    skin: FittedSkin | None = None  # the skin, and the light that it was seen in


class Dresser:
    """Dresses heads; makes what all fits need once."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._skin: SkinFitter | None = None

    def parse(self, crop: Crop, landmarks: FloatArray | None = None) -> ClassMap | None:
        """What each pixel of a crop shows; None if nobody can tell.

        `landmarks` (478, 3) are pixels of the crop.
        """
        try:
            return parse(crop.image, crop.inside, landmarks)
        except ResourceError:
            return None

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

        `shaped` makes its length, volume and fringe follow the photo, and lets the silhouettes
        choose among the likeliest styles.
        """
        if parts is None:
            style = None if wanted in (AUTO, BALD) else wanted
            return Dressed(params.with_(hairstyle=style), notes=(_NO_PARSER,))
        yield None
        told = classify(crop.image, parts)
        dressed = _colored(params, crop, parts)
        yield None
        seen, seating = self._silhouette(dressed, camera, parts)
        told = ranked(told, seen, self._models.styles, seating)
        best = list(told) if wanted == AUTO else [(None if wanted == BALD else wanted, 1.0)]
        if shaped:
            best, shapes = yield from self._shaped(seen, seating, best[:_TRIED])
            dressed = dressed.with_(hair_shape=shapes.get(best[0][0]))
        named = told if wanted != AUTO else [*best, *told[_TRIED if shaped else len(best) :]]
        return Dressed(dressed.with_(hairstyle=best[0][0]), _named(named))

    def _silhouette(
        self, params: HeadParams, camera: PhotoCamera, parts: ClassMap
    ) -> tuple[Silhouette, Seating]:
        """The photo's hair, and where hair sits on this head."""
        mesh = self._models.mesh
        vertices, identity = self._posed(params)
        triangles = torch.from_numpy(mesh.topology.triangles[mesh.topology.drawn]).long()
        seen = silhouette(parts, camera, vertices, triangles)
        return seen, Seat(mesh.topology, mesh.mean).fit(identity.neutral)

    def _shaped(
        self, seen: Silhouette, seating: Seating, told: list[Ranked]
    ) -> Generator[object, None, tuple[list[Ranked], dict[str | None, HairShape]]]:
        """Styles by how likely they are once their silhouettes were fitted, and how they are."""
        shaper = HairShaper(self._models.mesh.topology, self._models.mesh.mean)
        fitting: list[Ranked] = []
        shapes: dict[str | None, HairShape] = {}
        for style, share in told:
            yield None
            if style is None:
                fitted = FittedHair(HairShape(), _bald_error(seen))
            else:
                grid = self._models.styles.grid(style)
                fitted = yield from fit_hair_shape(seen, grid, seating, shaper)
                shapes[style] = fitted.shape
            fitting.append((style, likelier(share, fitted)))
        total = sum(share for _, share in fitting) or 1.0
        mass = sum(share for _, share in told)
        likely = [(style, share / total * mass) for style, share in fitting]
        return sorted(likely, key=lambda entry: -entry[1]), shapes

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
        excluded: Mask | None,
        *,
        own: bool = True,
    ) -> Generator[str, None, Dressed]:
        """The head with skin from the photo; yields the name of each step before it runs.

        Not its `own`: only the generated skin that is most like the photo's.
        """
        yield "prepare"
        if self._skin is None:
            self._skin = SkinFitter(self._models.texture, self._models.mesh)
        params = dressed.params
        vertices, _ = self._posed(params)
        posed = Posed.of(self._models.mesh.topology, vertices, camera.pixels_from_head)
        photo = torch.from_numpy(crop.image.astype(np.float32) / 255)
        allowed = _allowed(crop, parts, excluded)
        fitted = yield from self._skin.fit(photo, posed, allowed, parsed=parts is not None)
        fitted = fitted if own else fitted.only_generated()
        light = fitted.suggested_light
        params = fitted.applied(params).with_(light=light)
        return replace(
            dressed,
            params=_colored(params, crop, parts, fitted.lighting),
            observed=float(fitted.observed[:, :SKIN_ROWS].mean()),
            light=light,
            skin=fitted,
        )


def _colored(
    params: HeadParams, crop: Crop, parts: ClassMap | None, lighting: Lighting | None = None
) -> HeadParams:
    """With hair of the photo's colour, as far as that shows, under the photo's light if known."""
    color = None if parts is None else hair_color(crop.image, parts, lighting)
    return params if color is None else params.with_(hair_color=color)


def _bald_error(seen: Silhouette) -> float:
    """How wrong a bald head's silhouette is, as `FittedHair.error`."""
    wrong = seen.share.square() * seen.weight
    return float(wrong.sum() / seen.weight.sum().clamp(min=1))


def _named(told: Sequence[Ranked]) -> tuple[tuple[str, float], ...]:
    return tuple((name or BALD, round(share, 4)) for name, share in told[:_TOLD])


def _allowed(crop: Crop, parts: ClassMap | None, excluded: Mask | None) -> Mask | None:
    """(N, N) where skin may be seen; None where only its colour can tell."""
    if parts is None and excluded is None and crop.inside.all():
        return None
    allowed: Mask = crop.inside
    if parts is not None:
        allowed = allowed & (parts.share(*_SKIN_PARTS) > _SURE)
    return allowed if excluded is None else allowed & ~excluded
