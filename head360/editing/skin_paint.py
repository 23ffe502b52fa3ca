"""Learns paint on skin from pictures before and after an edit, texel by texel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import binary_dilation
from torch import Tensor

from head360.camera import OrbitCamera
from head360.fitting.atlas import skin_atlas
from head360.fitting.blend import membrane
from head360.fitting.unproject import Posed, View, unprojected
from head360.fitting.zones import part_shares
from head360.model.texture import TextureModel
from head360.model.topology import Topology
from head360.params import HeadParams
from head360.rendering.shade import light_from_display, linear_from_srgb, srgb_from_linear

Picture: TypeAlias = npt.NDArray[np.uint8]
Shares: TypeAlias = npt.NDArray[np.float32]

#: A factor on albedo may not go beyond these in a round; darker than this nothing is divided.
FACTORS, DARKEST = (0.12, 8.0), 0.004
#: Texels that are seen less than this much tell nothing.
_SEEN = 0.02
#: Pixels with more hair than this, and their neighbours, show no skin.
_COVERED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What painting needs of the trained model."""

    texture: TextureModel
    topology: Topology
    mean: Tensor  # (V, 3) metres, the mean head
    placed: Callable[[HeadParams], Tensor]  # (V, 3) metres, as cameras see a head


@dataclass(frozen=True, slots=True, eq=False)
class SaidOfSkin:
    """What one view asks for."""

    logs: Tensor  # (N, 3) logarithms of albedo
    trust: Tensor  # (N,) 0 … 1


class SkinPainter:
    """The skin as it is by now, and what each view has said of it.

    What no picture shows follows its surroundings smoothly.
    """

    def __init__(self, head: HeadParams, model: Model, parts: frozenset[str]) -> None:
        """Of a head at rest, without layers; only `parts` may change."""
        self._head, self._model = head, model
        self._atlas = skin_atlas()
        self._mask = self._allowed(parts)
        tile = model.texture.maps(head, 0.0)[:3, :, : 2 * self._atlas.rows]
        self._start = linear_from_srgb(self._atlas.listed(tile)).clamp(min=DARKEST).log()
        self._logs = self._start.clone()
        self.said: dict[float, SaidOfSkin] = {}  # by the camera's yaw

    def learn(self, camera: OrbitCamera, before: Picture, after: Picture, hair: Shares) -> None:
        """Carry what an edit changed in a picture back to the skin.

        Args:
            camera: of both pictures.
            before: (S, S, 3) sRGB.
            after: the same, edited.
            hair: (S, S) how much of each pixel is hair, 0 … 1.
        """
        covered = np.asarray(binary_dilation(hair > _COVERED, iterations=2))
        posed = self._posed(camera, before.shape[0])
        view = View.of(posed, before.shape[:2])
        seen = [
            unprojected(torch.tensor(p).float() / 255, view, posed, self._atlas, ~covered)
            for p in (before, after)
        ]
        old, new = (_light(s.color) for s in seen)
        factor = (new / old).clamp(*FACTORS)
        said = SaidOfSkin(self._logs + factor.log(), seen[0].trust)
        self.said[camera.yaw_degrees] = said
        self.fuse()

    def fuse(self) -> None:
        """Make of what the views have said one skin."""
        trusts = torch.stack([said.trust**2 for said in self.said.values()])
        total = trusts.sum(0)
        wanted = torch.stack([said.logs for said in self.said.values()])
        mean = (wanted * trusts[..., None]).sum(0) / total.clamp(min=1e-6)[:, None]
        seen = torch.where(total > _SEEN, total.clamp(max=1), 0.0)
        change = torch.where(seen[:, None] > 0, mean - self._start, 0.0)
        whole = membrane(self._atlas, change, seen)
        whole = whole + seen[:, None] * (change - whole)
        self._logs = self._start + whole * self._mask[:, None]

    def paint(self) -> npt.NDArray[np.float32]:
        """(3, U, 2U) what was added to encoded albedo."""
        before, after = (srgb_from_linear(v.exp().clamp(0, 1)) for v in (self._start, self._logs))
        tile = self._atlas.tile(after - before)
        added: npt.NDArray[np.float32] = self._atlas.padded(tile).numpy()
        return added

    def _allowed(self, parts: frozenset[str]) -> Tensor:
        """(N,) how much of each texel belongs to the parts that may change."""
        shares = part_shares(self._atlas, self._model.mean, self._model.topology)
        mask = torch.zeros(len(self._atlas.texels))
        for name, share in shares.items():
            if name in parts:
                mask = mask + share
        return mask.clamp(0, 1)

    def _posed(self, camera: OrbitCamera, size: int) -> Posed:
        vertices = self._model.placed(self._head)
        return Posed.of(self._model.topology, vertices, _pixels(camera, size))


def _light(encoded: Tensor) -> Tensor:
    """Light from sRGB-encoded pixels, dark ones a little lighter."""
    return light_from_display(linear_from_srgb(encoded)).clamp(min=DARKEST)


def _pixels(camera: OrbitCamera, size: int) -> npt.NDArray[np.float64]:
    """(3, 4) from head space to column · depth, row · depth and depth."""
    half = size / 2
    focal = half / np.tan(np.radians(camera.fov_degrees) / 2)
    lens = np.array([[focal, 0, -half], [0, -focal, -half], [0, 0, -1.0]])
    matrix: npt.NDArray[np.float64] = lens @ camera.view_from_head[:3]
    return matrix
