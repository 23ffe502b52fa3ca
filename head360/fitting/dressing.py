"""Hair and skin of a solved head, from what each pixel of the photo shows.

Without the network that parses photos, heads stay bald and skin is told by its colour alone; the
fit says so in its notes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from head360.errors import ResourceError
from head360.fitting.crop import Crop
from head360.fitting.hairstyle import classify, hair_color
from head360.fitting.parsing import ClassMap, parse
from head360.fitting.texture import FittedSkin, SkinFitter
from head360.fitting.unproject import Posed
from head360.fitting.view import PhotoCamera
from head360.light import Light
from head360.likeness import SKIN_ROWS
from head360.model.bilinear import BilinearModel
from head360.model.texture import TextureModel
from head360.params import HeadParams

Mask: TypeAlias = npt.NDArray[np.bool_]

#: Hair as the photo shows it, or none.
AUTO, BALD = "auto", "none"
#: What a photo shows where skin may be seen.
_SKIN_PARTS = ("skin", "brows", "lips", "beard", "neck")
_SURE = 0.5
_TOLD = 5  # hairstyles that a report names
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

    def __init__(self, mesh: BilinearModel, texture: TextureModel) -> None:
        self._mesh, self._texture = mesh, texture
        self._skin: SkinFitter | None = None

    def parse(self, crop: Crop) -> ClassMap | None:
        """What each pixel of a crop shows; None if nobody can tell."""
        try:
            return parse(crop.image, crop.inside)
        except ResourceError:
            return None

    def with_hair(
        self, params: HeadParams, crop: Crop, parts: ClassMap | None, wanted: str
    ) -> Dressed:
        """The head with the hair that is wanted, AUTO for the photo's."""
        told: tuple[tuple[str | None, float], ...] = ()
        color = None
        notes: tuple[str, ...] = ()
        if parts is None:
            notes = (_NO_PARSER,)
        else:
            told = classify(crop.image, parts)
            color = hair_color(crop.image, parts)
        style = (told[0][0] if told else None) if wanted == AUTO else wanted
        dressed = params.with_(hairstyle=None if style == BALD else style)
        if color is not None:
            dressed = dressed.with_(hair_color=color)
        named = tuple((name or BALD, round(share, 4)) for name, share in told[:_TOLD])
        return Dressed(dressed, named, notes=notes)

    def with_skin(
        self,
        dressed: Dressed,
        camera: PhotoCamera,
        crop: Crop,
        parts: ClassMap | None,
        excluded: Mask | None,
    ) -> Generator[str, None, Dressed]:
        """The head with skin from the photo; yields the name of each step before it runs."""
        yield "prepare"
        if self._skin is None:
            self._skin = SkinFitter(self._texture, self._mesh)
        params, topology = dressed.params, self._mesh.topology
        with torch.no_grad():
            identity = self._mesh.identity_of(params)
            vertices = self._mesh.pose(identity, torch.tensor(params.expression))
        posed = Posed.of(topology, vertices, camera.pixels_from_head)
        photo = torch.from_numpy(crop.image.astype(np.float32) / 255)
        allowed = _allowed(crop, parts, excluded)
        fitted = yield from self._skin.fit(photo, posed, allowed, parsed=parts is not None)
        light = fitted.suggested_light
        return replace(
            dressed,
            params=fitted.applied(params).with_(light=light),
            observed=float(fitted.observed[:, :SKIN_ROWS].mean()),
            light=light,
            skin=fitted,
        )


def _allowed(crop: Crop, parts: ClassMap | None, excluded: Mask | None) -> Mask | None:
    """(N, N) where skin may be seen; None where only its colour can tell."""
    if parts is None and excluded is None and crop.inside.all():
        return None
    allowed: Mask = crop.inside
    if parts is not None:
        allowed = allowed & (parts.share(*_SKIN_PARTS) > _SURE)
    return allowed if excluded is None else allowed & ~excluded
