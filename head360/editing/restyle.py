"""Repaints a head's skin and hair colour as an image editor repaints its pictures.

The head is drawn from several sides; an `ImageEditor` changes each picture; what it changed is
carried back to the skin, texel by texel, as a factor on albedo; then the head is drawn anew and
edited again (iterative dataset update: Haque et al., Instruct-NeRF2NeRF, 2023; InstructPix2Pix for
heads: He et al., Head360, 2024, section 3.4). Where light adds gloss the factor is not exact, so
rounds repeat on what is left. What no picture shows follows its surroundings smoothly.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import binary_dilation
from torch import Tensor

from head360.camera import OrbitCamera
from head360.edited import edited
from head360.errors import EditError
from head360.fitting.atlas import skin_atlas
from head360.fitting.blend import membrane
from head360.fitting.unproject import Posed, View, unprojected
from head360.fitting.zones import part_shares
from head360.light import BLACK, TRANSPARENT
from head360.likeness import MODES, Likeness
from head360.model.texture import TextureModel
from head360.model.topology import Topology
from head360.params import HeadParams
from head360.rendering.request import RenderRequest, ViewMode
from head360.rendering.shade import linear_from_srgb, srgb_from_linear

Picture: TypeAlias = npt.NDArray[np.uint8]
Draw: TypeAlias = Callable[[RenderRequest], Picture]

#: Parts that can be left to the editor; all of them is no mask at all.
PARTS: tuple[str, ...] = ("skin", "lips", "eyes", "brows", "hair")
#: Views in the order that rounds take them: yaw, degrees.
YAWS: tuple[float, ...] = (0.0, 30.0, -30.0, 60.0, -60.0, 90.0, -90.0, 150.0, -150.0, 180.0)
#: A factor on albedo may not go beyond these in a round; darker than this nothing is divided.
_FACTORS, _DARKEST = (0.12, 8.0), 0.004
#: Texels that are seen less than this much tell nothing.
_SEEN = 0.02


class ImageEditor(Protocol):
    """Changes pictures as it was told."""

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        """A changed picture.

        Args:
            now: (S, S, 3) sRGB, the head as it is by now.
            first: (S, S, 3) the head before any change, from the same side.
            view: from where it was drawn.
            seed: the same picture and seed give the same result.
        """


@dataclass(frozen=True, slots=True)
class RestyleOptions:
    """How much is done.

    Raises:
        ValueError: a number is out of range, or a part is unknown.
    """

    views: int = 5  # of `YAWS`
    rounds: int = 2  # over all views
    size: int = 512  # pixels of each picture
    seed: int = 0
    parts: frozenset[str] = field(default_factory=lambda: frozenset(PARTS))

    def __post_init__(self) -> None:
        if not (1 <= self.views <= len(YAWS) and 1 <= self.rounds <= 50):
            raise ValueError(f"there are 1 … {len(YAWS)} views and 1 … 50 rounds")
        if not 64 <= self.size <= 1024 or self.size % 8:
            raise ValueError("pictures are 64 … 1024 pixels a side, in eights")
        if not self.parts or not self.parts <= {*PARTS}:
            raise ValueError(f"parts are some of {', '.join(PARTS)}")


@dataclass(frozen=True, slots=True, eq=False)
class RestyleStep:
    """A view was edited."""

    done: int
    total: int
    picture: Picture  # (S, S, 3) as the editor made it
    params: HeadParams  # the head so far


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What restyling needs of the trained model."""

    texture: TextureModel
    topology: Topology
    mean: Tensor  # (V, 3) metres, the mean head
    placed: Callable[[HeadParams], Tensor]  # (V, 3) metres, as cameras see a head


def restyle(
    params: HeadParams, editor: ImageEditor, draw: Draw, model: Model, options: RestyleOptions
) -> Generator[RestyleStep, None, HeadParams]:
    """Repaint a head; yields after every picture, which is where it can be stopped.

    Its expression is kept; pictures show it at rest, so that nothing is hidden. The result carries
    the new skin as its likeness; attributes and edit layers become part of it.

    Raises:
        EditError: the editor returned something that is no picture.
    """
    head = edited(params)
    work = _Work(head, draw, model, options)
    total = options.views * options.rounds
    for number in range(total):
        camera = OrbitCamera(yaw_degrees=YAWS[number % options.views])
        before = work.picture(camera)
        first = work.first.setdefault(camera.yaw_degrees, before)
        after = _checked(editor.edit(before, first, camera, options.seed + number), before)
        work.learn(camera, before, after)
        yield RestyleStep(number + 1, total, after, work.result())
    return work.result()


def _checked(after: Picture, before: Picture) -> Picture:
    if after.shape != before.shape or after.dtype != np.uint8:
        raise EditError("The image editor returned no picture of the size it was given.")
    return after


class _Work:
    """The skin as it is by now, and what each view has said of it."""

    def __init__(self, head: HeadParams, draw: Draw, model: Model, options: RestyleOptions) -> None:
        self._draw, self._model, self._options = draw, model, options
        self._atlas = skin_atlas()
        self._shares = part_shares(self._atlas, model.mean, model.topology)
        tile = model.texture.maps(head, 0.0)[:3, :, : 2 * self._atlas.rows]
        self._start = linear_from_srgb(self._atlas.listed(tile)).clamp(min=_DARKEST).log()
        bare = head.with_(attributes=np.zeros_like(head.attributes), likeness=None)
        self._base = model.texture.maps(bare, 0.0)[:3, :, : 2 * self._atlas.rows]
        self._head = head
        self._hair_color = head.hair_color.astype(np.float64)
        self._said: dict[float, tuple[Tensor, Tensor]] = {}  # by yaw: logarithms and trust
        self._logs = self._start.clone()
        self.first: dict[float, Picture] = {}

    def picture(self, camera: OrbitCamera) -> Picture:
        """(S, S, 3) of the head by now, at rest."""
        return self._drawn(camera, "shaded")[..., :3]

    def learn(self, camera: OrbitCamera, before: Picture, after: Picture) -> None:
        """Carry what an edit changed in a picture back to skin and hair."""
        hair = self._hair(camera)
        self._learn_hair(before, after, hair)
        if self._options.parts <= {"hair"}:
            return
        covered = np.asarray(binary_dilation(hair > 0.05, iterations=2))
        posed = self._posed(camera)
        view = View.of(posed, before.shape[:2])
        seen = [
            unprojected(torch.from_numpy(p).float() / 255, view, posed, self._atlas, ~covered)
            for p in (before, after)
        ]
        old, new = (linear_from_srgb(s.color).clamp(min=_DARKEST) for s in seen)
        factor = (new / old).clamp(*_FACTORS)
        self._said[camera.yaw_degrees] = (self._logs + factor.log(), seen[0].trust)
        self._logs = self._fused()

    def result(self) -> HeadParams:
        """The head by now."""
        atlas, like = self._atlas, self._head.likeness
        encoded = atlas.tile(srgb_from_linear(self._logs.exp().clamp(0, 1)))
        residual = atlas.padded(encoded - self._base * (encoded > 0)).numpy()
        rows = (atlas.rows, 2 * atlas.rows)
        likeness = Likeness.made(
            modes=np.zeros(MODES) if like is None else like.modes,
            skin=residual,
            observed=np.zeros(rows) if like is None else like.observed / np.float32(255),
            offsets=None if like is None else like.offsets,
            sclera=(1.0, 1.0, 1.0) if like is None else like.sclera,
            teeth=(1.0, 1.0, 1.0) if like is None else like.teeth,
        )
        return self._head.with_(
            likeness=likeness,
            attributes=np.zeros_like(self._head.attributes),
            hair_color=self._hair_color.clip(0, 1).astype(np.float32),
        )

    def _drawn(self, camera: OrbitCamera, mode: ViewMode) -> Picture:
        head = self.result() if self._said or self.first else self._head
        rest = np.zeros_like(head.expression)
        background = TRANSPARENT if mode == "hair" else BLACK
        size = self._options.size
        request = RenderRequest(
            head.with_(expression=rest), camera, size, size, mode, background=background
        )
        return self._draw(request)

    def _hair(self, camera: OrbitCamera) -> npt.NDArray[np.float32]:
        """(S, S) how much of each pixel is hair, 0 … 1."""
        size = self._options.size
        if self._head.hairstyle is None:
            return np.zeros((size, size), np.float32)
        alpha = self._drawn(camera, "hair")[..., 3]
        return alpha.astype(np.float32) / np.float32(255)

    def _learn_hair(self, before: Picture, after: Picture, hair: npt.NDArray[np.float32]) -> None:
        sure = hair > 0.9
        if "hair" not in self._options.parts or sure.sum() < 50:
            return
        old, new = (
            linear_from_srgb(torch.from_numpy(p[sure]).float() / 255).mean(0).clamp(min=_DARKEST)
            for p in (before, after)
        )
        factor = (new / old).clamp(*_FACTORS).numpy().astype(np.float64)
        self._hair_color *= factor ** (1.0 / max(1, self._options.views // 2))

    def _posed(self, camera: OrbitCamera) -> Posed:
        rest = self._head.with_(expression=np.zeros_like(self._head.expression))
        vertices = self._model.placed(rest)
        return Posed.of(self._model.topology, vertices, _pixels(camera, self._options.size))

    def _fused(self) -> Tensor:
        """(N, 3) logarithms of albedo that all views together ask for."""
        trusts = torch.stack([trust**2 for _, trust in self._said.values()])
        total = trusts.sum(0)
        wanted = torch.stack([logs for logs, _ in self._said.values()])
        mean = (wanted * trusts[..., None]).sum(0) / total.clamp(min=1e-6)[:, None]
        seen = torch.where(total > _SEEN, total.clamp(max=1), 0.0)
        change = torch.where(seen[:, None] > 0, mean - self._start, 0.0)
        whole = membrane(self._atlas, change, seen)
        whole = whole + seen[:, None] * (change - whole)
        return self._start + whole * self._mask()[:, None]

    def _mask(self) -> Tensor:
        """(N,) how much of each texel belongs to the parts that may change."""
        mask = torch.zeros(len(self._start))
        for name, share in self._shares.items():
            if name in self._options.parts:
                mask = mask + share
        return mask.clamp(0, 1)


def _pixels(camera: OrbitCamera, size: int) -> npt.NDArray[np.float64]:
    """(3, 4) from head space to column · depth, row · depth and depth."""
    half = size / 2
    focal = half / np.tan(np.radians(camera.fov_degrees) / 2)
    lens = np.array([[focal, 0, -half], [0, -focal, -half], [0, 0, -1.0]])
    matrix: npt.NDArray[np.float64] = lens @ camera.view_from_head[:3]
    return matrix


def known_parts(names: Sequence[str]) -> frozenset[str]:
    """Parts by name; none means all.

    Raises:
        EditError: one is unknown.
    """
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise EditError(f"“{unknown[0]}” is no part.", f"Known: {', '.join(PARTS)}.")
    return frozenset(names) or frozenset(PARTS)
