"""Whole synthetic heads as they really are: source shape, painted skin, strands; no model involved.

Head `seed` is training person `seed`: the same shape and movements that the mesh stage learns
from, the same skin that the texture stage learns from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.model.bilinear import Identity, _Lid, eye_turn, limited, lip_lifted, vertex_normals
from head360.model.sampling import Traits, person_with
from head360.model.seating import Seat
from head360.model.texture import TextureModel
from head360.model.texture_generator import GeneratorShape, TextureGenerator
from head360.model.topology import Topology
from head360.params import EXPRESSIONS, HeadParams
from training.catalog import scalp_tint
from training.errors import check_source
from training.stages.run_texture import fixed_tiles
from training.synhead.classes import Atlas, ClassAtlas
from training.synhead.grooms import LIBRARY_SEED, Groom, make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.grooms_varied import varied_groom
from training.synhead.people import Person, Proportions, neutral, random_person
from training.synhead.skin import SkinStudio, person_code
from training.synhead.skin_layers import draw_layers
from training.synhead.source import CAP, FACE, HEAD_NECK, Source, load_source
from training.synhead.styles import STYLES

Floats = npt.NDArray[np.float32]

_SIDES = ("Left", "Right")


@dataclass(frozen=True, slots=True, eq=False)
class TrueHead:
    """One synthetic person."""

    seed: int
    person: Person
    params: HeadParams  # skin code, attributes, colours, hairstyle; no shape, no expression
    identity: Identity  # true neutral face and movements, not the model's
    maps: Tensor  # (8, U, 2.5 U) as worn with the hairstyle
    bald_maps: Tensor  # (8, U, 2.5 U) without any tint of the scalp
    groom: Groom | None  # strands on this head
    hairdresser: int | None  # who varied the style; None: it is the library's, or there is no hair
    classes: Atlas  # (U, 2.5 U) what each texel of skin is


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A head's surface while it makes a face."""

    vertices: Tensor  # (V, 3) metres
    normals: Tensor  # (V, 3) unit


class HeadMaker:
    """Makes heads from the source data (some seconds to open)."""

    def __init__(self, folder: Path) -> None:
        check_source(folder)
        self.source: Source = load_source(folder)
        self._proportions = Proportions(self.source)
        self._studio = SkinStudio.open(folder)
        # Only its layers and tiles are used: the skin itself is painted, not generated.
        generator = TextureGenerator(GeneratorShape(rows=self._studio.texels.shape[0]))
        self._painter = TextureModel(
            generator, draw_layers(self._studio), fixed_tiles(self._studio)
        )
        self._classes = ClassAtlas(
            self._studio.zones,
            self._studio.lashes,
            self._studio.texels.position,
            self._painter.layers,
        )
        topology = self.source.topology
        mean = torch.from_numpy(self.source.mean)
        self._lids = [_Lid.find(topology, mean, side) for side in range(2)]
        self._scalp = _scalp(self.source)
        self._grooms: dict[str, Groom] = {}
        self._varied: tuple[tuple[str, int], Groom] | None = None

    @property
    def topology(self) -> Topology:
        """How every head's mesh is wired."""
        return self.source.topology

    def head(
        self,
        seed: int,
        hairstyle: str | None,
        hair_color: tuple[float, ...] | None = None,
        hairdresser: int | None = None,
    ) -> TrueHead:
        """Person `seed` with a hairstyle, or bald; with their own hair colour or a linear RGB.

        The hairstyle is the library's, or as hairdresser number `hairdresser` varies it.
        """
        person = random_person(self.source, seed)
        traits = Traits(person.sex, person.age, *person.ancestry)
        params = person_with(traits, np.random.default_rng([360, seed, 1])).with_(
            texture=person_code(seed), hairstyle=hairstyle
        )
        if hair_color is not None:
            params = params.with_(hair_color=np.array(hair_color, np.float32))
        identity = self._identity(person)
        skin = self._studio.bake(params.texture)
        bald = self._painter.painted(skin, params, 0.0)
        maps, groom = bald, None
        if hairstyle is not None:
            maps = self._painter.painted(skin, params, scalp_tint(hairstyle))
            groom = self._worn(self._groom(hairstyle, hairdresser), identity.neutral)
        classes = self._classes.of(params)
        who = None if groom is None else hairdresser
        return TrueHead(seed, person, params, identity, maps, bald, groom, who, classes)

    def repainted(self, head: TrueHead, params: HeadParams) -> TrueHead:
        """The same person with other attributes, colours or skin code; shape and hair stay."""
        skin = self._studio.bake(params.texture)
        bald = self._painter.painted(skin, params, 0.0)
        maps = bald
        if params.hairstyle is not None:
            maps = self._painter.painted(skin, params, scalp_tint(params.hairstyle))
        classes = self._classes.of(params)
        return replace(head, params=params, maps=maps, bald_maps=bald, classes=classes)

    def modelled(self, params: HeadParams, identity: Identity) -> TrueHead:
        """True skin and strands on the shape that the product makes of `params`.

        Args:
            params: somebody of the product, not one of the training people.
            identity: `BilinearModel.identity_of` them.
        """
        head = self.repainted(self.head(0, params.hairstyle), params)
        groom = None
        if params.hairstyle is not None:
            groom = self._worn(self._groom(params.hairstyle, None), identity.neutral)
        return replace(head, identity=identity, groom=groom)

    def pose(self, head: TrueHead, expression: Floats) -> Posed:
        """A head that makes an expression, (52,) weights 0 … 1."""
        weights = limited(torch.from_numpy(np.array(expression, np.float32)))
        identity = head.identity
        vertices = identity.neutral + torch.tensordot(weights, identity.deltas, 1)
        eye = torch.from_numpy(self.topology.eye)
        for side, name in enumerate(_SIDES):
            chosen = torch.nonzero(eye == side + 1)[:, 0]
            turn = eye_turn(weights, name, mirrored=side == 1)
            center = identity.eye_centers[side]
            vertices[chosen] = (identity.neutral[chosen] - center) @ turn.T + center
        triangles = torch.from_numpy(self.topology.triangles).long()
        return Posed(vertices, vertex_normals(vertices, triangles))

    def _identity(self, person: Person) -> Identity:
        face = neutral(self.source, person)
        moves = torch.from_numpy(self._proportions.deltas(face, person))
        deltas = lip_lifted(moves[None])[0]
        shape = torch.from_numpy(face)
        for side, lid in zip(_SIDES, self._lids, strict=True):
            deltas = lid.closed(shape, deltas, EXPRESSIONS.index(f"eyeBlink{side}"))
        return Identity(shape, deltas, torch.from_numpy(self._eye_centers(face)))

    def _eye_centers(self, face: Floats) -> Floats:
        """(2, 3) the source's centres, moved along with the eyeballs."""
        moved = face - self.source.mean
        shifts = [moved[self.topology.eye == side].mean(0) for side in (1, 2)]
        centers: Floats = (self.source.eye_centers + np.stack(shifts)).astype(np.float32)
        return centers

    def _groom(self, hairstyle: str, hairdresser: int | None) -> Groom:
        """On the mean head; the last varied one is kept, for it takes seconds."""
        if hairdresser is not None:
            key = (hairstyle, hairdresser)
            if self._varied is None or self._varied[0] != key:
                self._varied = key, varied_groom(hairstyle, self._scalp, hairdresser)
            return self._varied[1]
        if hairstyle not in self._grooms:
            self._grooms[hairstyle] = make_groom(STYLES[hairstyle], self._scalp, LIBRARY_SEED)
        return self._grooms[hairstyle]

    def _worn(self, groom: Groom, face: Tensor) -> Groom:
        """Strands carried from the mean head to a face by what its skin does."""
        carry = Seat(self.topology, face).fit(torch.from_numpy(self.source.mean))
        points = carry(torch.from_numpy(groom.positions).view(-1, 3))
        return replace(groom, positions=points.view(groom.positions.shape).numpy())


def _scalp(source: Source) -> ScalpSurface:
    """The mean head as hair is groomed on it: its outer skin, without the cap below the neck."""
    part = source.topology.vertex_part
    skin = np.isin(part[source.topology.triangles], (FACE, HEAD_NECK)).all(1)
    vertices = source.mean[part != CAP].astype(np.float64)
    return ScalpSurface.build(vertices, source.topology.triangles[skin].astype(np.int64))
