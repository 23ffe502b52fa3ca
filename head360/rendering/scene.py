"""Turns parameters into what renderers draw, remaking only what an edit has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from head360.assets import Catalog, catalog, resource
from head360.edited import Edited
from head360.model.ahead import ReadAhead
from head360.model.bilinear import BilinearModel, Identity, VertexNormals
from head360.model.field import HairField, HairPlanes, HeadField, load_fields
from head360.model.hair import HairLibrary
from head360.model.hair_mix import HairMorph
from head360.model.hair_shape import HairShaper
from head360.model.jaw import Jaw
from head360.model.neck import (
    Neck,
    Turn,
    TurnedMesh,
    TurnedSeating,
    straight_points,
    straightened,
)
from head360.model.planes import HAIR_BOX, sample_vectors
from head360.model.seating import Seat, Seating
from head360.model.texture import TextureModel
from head360.model.topology import Topology
from head360.paint import HAIR_STEP
from head360.params import HairMix, HairTones, HeadParams
from head360.rendering.grown import own_hair, with_own
from head360.rendering.lighting import (
    Lighting,
    ambient_visibility,
    key_transmittance,
    lighting,
    seated_extinction,
    volume_points,
)
from head360.rendering.observed import observed_maps

Value = TypeVar("Value")

#: Styles whose scalp is tinted this much are mostly paint, and keep it where hairlines recede.
_PAINTED = 0.9
#: Styles that somebody tries in turn, whose light is not worked out again; 1 MB each.
_STYLES_AT_HAND = 12
#: How much of the tint others lose, as it ends where hairlines were; on top, hair hides that.
_RECEDED = 0.9
#: A photo's hair covers its scalp but for what the photo shows: partings of others are bare.
_COVERED, _MOST_COVERED = 1.3, 0.97


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """Everything that was trained."""

    mesh: BilinearModel
    texture: TextureModel
    head: HeadField
    hair: HairField
    styles: HairLibrary
    catalog: Catalog

    @classmethod
    def load(cls, ahead: ReadAhead | None = None) -> Models:
        """Read resources/models; the larger half of it may have been begun before.

        Raises:
            ResourceError: a file is missing or damaged.
        """
        ahead = ahead or ReadAhead()
        head, hair = load_fields(resource("models", "fields.safetensors"))
        styles = HairLibrary.load(sorted(resource("models").glob("hair-*.safetensors")))
        arrays = ahead.mesh()
        mesh = BilinearModel(Topology.of(arrays), arrays)
        texture = TextureModel.of_file(ahead.texture())
        return cls(mesh, texture, head, hair, styles, catalog())


@dataclass(frozen=True, slots=True, eq=False)
class WornHair:
    """A hairstyle on a head, and what it does to light."""

    style: HairPlanes
    seating: Seating
    extinction: Tensor  # (z, y, x) 1/m, on the light volume's cells
    transmittance: Tensor  # (z, y, x) of the key lamp
    visibility: Tensor  # (z, y, x) of the surroundings
    turned: TurnedSeating | None = None  # where it sits once the head has turned

    @property
    def warp(self) -> Seating | TurnedSeating:
        """From the head as it is seen to the canonical frame."""
        return self.turned or self.seating


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A head, ready to be drawn. Parts that an edit has not changed stay the same objects."""

    vertices: Tensor  # (V, 3) metres, of the head looking straight on
    normals: Tensor  # (V, 3) unit
    maps: Tensor  # (8, rows, columns)
    hair: WornHair | None
    lighting: Lighting
    hair_color: Tensor  # (3,) linear RGB
    hair_tones: Tensor  # (2, 4) of roots and tips: linear RGB, reach along a strand 0 … 1
    turned: TurnedMesh | None = None  # the same vertices where the head has turned them
    hair_shift: Tensor | None = None  # (z, y, x, 3) metres that hair has moved with the jaw
    hair_paint: Tensor | None = None  # (3, along, v, u) logarithms of factors on hair's colour

    @property
    def placed(self) -> Tensor:
        """(V, 3) metres: the vertices as a camera or a lamp sees them."""
        return self.vertices if self.turned is None else self.turned.vertices


class SceneBuilder:
    """Makes scenes, one after another; remembers the parts of the last one."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._edited = Edited()
        self._seat = Seat(models.mesh.topology, models.mesh.mean)
        triangles = torch.from_numpy(models.mesh.topology.triangles).long()
        self._normals = VertexNormals(triangles, len(models.mesh.mean))
        self._tints = {style.id: style.scalp_tint for style in models.catalog.hairstyles}
        self._morph: _Last[HairMorph] = _Last()
        self._style: _Last[HairPlanes] = _Last()
        self._identity: _Last[Identity] = _Last()
        self._neck = Neck(models.mesh.mean)
        self._jaw = Jaw(models.mesh.topology, models.mesh.mean)
        self._shift: _Last[Tensor | None] = _Last()
        self._turn: _Last[Turn | None] = _Last()
        self._turned: _Last[TurnedMesh] = _Last()
        self._turned_seating: _Last[TurnedSeating] = _Last()
        self._posed: _Last[tuple[Tensor, Tensor]] = _Last()
        self._maps: _Last[Tensor] = _Last()
        self._observed: _Last[Tensor] = _Last()
        self._seating: _Last[Seating] = _Last()
        self._shaper = HairShaper(models.mesh.topology, models.mesh.mean)
        self._shaped: _Last[Seating] = _Last()
        self._extinction: _Last[tuple[Tensor, Tensor]] = _Last(_STYLES_AT_HAND)
        self._turned_reach: _Last[tuple[Tensor, Tensor]] = _Last()
        self._lighting: _Last[Lighting] = _Last()
        self._worn: _Last[WornHair] = _Last()
        self._hair_color: _Last[Tensor] = _Last()
        self._hair_tones: _Last[Tensor] = _Last()
        self._hair_paint: _Last[Tensor | None] = _Last()
        self._mirrored: _Last[HairPlanes] = _Last()
        self._own: _Last[Seating] = _Last()
        self._grown: _Last[HairPlanes] = _Last()

    @torch.inference_mode()
    def build(self, params: HeadParams, *, observed: bool = False) -> Scene:
        """The scene of these parameters.

        Where `observed`, bald and painted by what of the skin a photo has shown (`observed_maps`).

        Raises:
            UnknownNameError: there is no such hairstyle.
        """
        params = self._edited.of(params)
        if observed:
            params = params.with_(hairstyle=None, hair_mix=None)
        identity = self.identity(params)
        vertices, normals = self._posed.get(
            (identity, params.expression), lambda: self._pose(identity, params)
        )
        turn = self._turn.get(
            (identity, params.head_pose),
            lambda: self._neck.turn(identity.neutral, params.head_pose),
        )
        turned = self._turn_mesh(turn, vertices) if turn else None
        photo = params.photo_light
        light = self._lighting.get((params.light, photo), lambda: lighting(params.light, photo))
        style = self._hair(params)
        hair = None
        if style is not None:
            seating = self._seated(identity, params)
            hair = self._wear(seating, style, turn, light)
        return Scene(
            vertices,
            normals,
            self._observed_maps(params) if observed else self._painted(params),
            hair,
            light,
            self._hair_color.get((params.hair_color,), lambda: torch.tensor(params.hair_color)),
            self._hair_tones.get(
                (params.hair_color, params.hair_tones), lambda: hair_tones(params)
            ),
            turned,
            self._follow(identity, params, hair) if hair else None,
            self._hair_paint.get((params.paint,), lambda: hair_paint(params)),
        )

    def identity(self, params: HeadParams) -> Identity:
        """The person that parameters without edit layers describe."""
        mesh = self._models.mesh
        return self._identity.get(_person(params), lambda: mesh.identity_of(params))

    def _pose(self, identity: Identity, params: HeadParams) -> tuple[Tensor, Tensor]:
        vertices = self._models.mesh.pose(identity, torch.tensor(params.expression))
        return vertices, self._normals(vertices)

    def _turn_mesh(self, turn: Turn, vertices: Tensor) -> TurnedMesh:
        return self._turned.get((turn, vertices), lambda: self._neck.turned(turn, vertices))

    def _turn_hair(self, turn: Turn, seating: Seating) -> TurnedSeating:
        def made() -> TurnedSeating:
            return TurnedSeating(seating, turn, straightened(turn, seating))

        return self._turned_seating.get((turn, seating), made)

    def _follow(self, identity: Identity, params: HeadParams, hair: WornHair) -> Tensor | None:
        """How far hair has moved with the jaw."""

        def made() -> Tensor | None:
            shift = self._jaw.shift(identity, torch.tensor(params.expression))
            if shift is None or hair.turned is None:
                return shift
            return self._jaw.turned(shift, hair.turned)

        return self._shift.get((identity, params.expression, hair.warp), made)

    def _turn_reach(
        self, turned: TurnedSeating, extinction: Tensor, visibility: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The light volumes of straight hair, turned with it: what is open to the sky stays so."""

        def made() -> tuple[Tensor, Tensor]:
            straight = straight_points(turned.straight, volume_points())[0]
            volumes = torch.stack([extinction, visibility], -1)
            moved = sample_vectors(volumes, straight, HAIR_BOX)
            there = moved.view(*extinction.shape, 2)
            return there[..., 0].contiguous(), there[..., 1].contiguous()

        return self._turned_reach.get((turned, extinction), made)

    def _painted(self, params: HeadParams) -> Tensor:
        look = (
            params.texture, params.attributes, params.hair_color, params.iris_color,
            params.make_up,
        )  # fmt: skip
        tint, like = self._tint(params), params.likeness
        present = like.present(params.expression) if like else 0.0
        moment = f"{present:.3f} {params.own_fringe:.2f} {params.own_light:.2f}"
        return self._maps.get(
            (*look, like, params.paint, f"{tint:.2f} {moment}"),
            lambda: self._models.texture.maps(params, round(tint, 2)),
        )

    def _observed_maps(self, params: HeadParams) -> Tensor:
        maps, likeness = self._painted(params), params.likeness
        return self._observed.get((maps, likeness), lambda: observed_maps(maps, likeness))

    def _tint(self, params: HeadParams) -> float:
        """How much of the scalp takes the hair's colour, 0 … 1; of a mix, that of both."""
        tint = self._tints.get(params.hairstyle or "", 0.0)
        if params.hair_shape is not None and tint < _PAINTED:
            tint *= 1 - _RECEDED * max(params.hair_shape.hairline, 0.0)
        _, share = own_hair(params)
        tint += share * (min(_COVERED * tint, _MOST_COVERED) - tint)
        if params.hairstyle is None or params.hair_mix is None:
            return tint
        other = self._tints.get(params.hair_mix.style, 0.0)
        return tint + params.hair_mix.share * (other - tint)

    def _hair(self, params: HeadParams) -> HairPlanes | None:
        """The style, or what lies between two."""
        if params.hairstyle is None:
            return None
        styles, mix = self._models.styles, params.hair_mix
        style = styles.planes(params.hairstyle)
        if mix is not None and mix.share > 0 and mix.style != params.hairstyle:
            style = self._mixed(style, styles.planes(mix.style), mix)
        mirrored = params.hair_shape is not None and params.hair_shape.mirrored
        if mirrored:
            style = self._mirrored.get((style,), style.mirrored)
        own, share = own_hair(params)
        if own is None:
            return style
        key = (style, own, f"{share} {mirrored}")
        return self._grown.get(
            key, lambda: with_own(self._models.hair, style, own, share, mirrored=mirrored)
        )

    def _mixed(self, first: HairPlanes, second: HairPlanes, mix: HairMix) -> HairPlanes:
        morph = self._morph.get((first, second), lambda: HairMorph(first, second))
        return self._style.get((morph, mix), lambda: morph.at(mix.share))

    def _seated(self, identity: Identity, params: HeadParams) -> Seating:
        shape = params.hair_shape
        seating = self._seating.get((identity,), lambda: self._seat.fit(identity.neutral))
        shaped = self._shaped.get((seating, shape), lambda: self._shaper.shaped(seating, shape))
        own, share = own_hair(params)
        if own is None:
            return shaped
        return self._own.get(
            (shaped, own, f"{share}"), lambda: self._shaper.own(shaped, own, shape, share)
        )

    def _wear(
        self, seating: Seating, style: HairPlanes, turn: Turn | None, light: Lighting
    ) -> WornHair:
        turned = self._turn_hair(turn, seating) if turn else None

        def reach() -> tuple[Tensor, Tensor]:
            straight = seated_extinction(style.shading, seating)
            return straight, ambient_visibility(straight)

        extinction, visibility = self._extinction.get((style, seating), reach)
        if turned is not None:
            extinction, visibility = self._turn_reach(turned, extinction, visibility)

        def worn() -> WornHair:
            transmittance = key_transmittance(extinction, light.directions[0])
            return WornHair(style, seating, extinction, transmittance, visibility, turned)

        return self._worn.get((extinction, light), worn)


def hair_tones(params: HeadParams) -> Tensor:
    """(2, 4) colours of roots and tips, linear RGB, and over which share of a strand they reach.

    Where there is none, the hair's own.
    """
    tones = params.hair_tones or HairTones()
    own = tuple(params.hair_color.tolist())
    roots, tips = tones.roots or own, tones.tips or own
    return torch.tensor([[*roots, tones.root_reach], [*tips, tones.tip_reach]])


def hair_paint(params: HeadParams) -> Tensor | None:
    """(3, along, v, u) logarithms of factors on the hair's colour; None for none."""
    paint = params.paint
    if paint is None or paint.hair is None:
        return None
    return torch.from_numpy(paint.hair.astype(np.float32) * np.float32(HAIR_STEP))


def _person(params: HeadParams) -> tuple[object, ...]:
    """All that decides a neutral face."""
    likeness = params.likeness
    return (params.shape, *((likeness.modes, likeness.offsets) if likeness else (None, None)))


class _Last(Generic[Value]):
    """Remembers the last result, or the last few, and what each was made from."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._known: list[tuple[tuple[Any, ...], Value]] = []  # the latest first

    def get(self, key: tuple[Any, ...], make: Callable[[], Value]) -> Value:
        """The remembered result if it was made from the same objects or text, else a new one."""
        for at, entry in enumerate(self._known):
            if _same(key, entry[0]):
                self._known.insert(0, self._known.pop(at))
                return entry[1]
        value = make()
        self._known = [(key, value), *self._known[: self._count - 1]]
        return value


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a is b or (isinstance(a, str) and a == b) for a, b in zip(one, other, strict=True))
