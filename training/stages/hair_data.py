"""A groom as the hair field meets it: six planes and a grid to start from, and rays to match."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from scipy.ndimage import distance_transform_edt, maximum_filter
from torch import Tensor

from head360.camera import OrbitCamera
from head360.files import replacing
from head360.model.field import HAIR_CHANNELS, HairPlanes
from head360.model.planes import HAIR_BOX, PLANES
from head360.rendering.march import NO_HIT, Rays
from head360.rendering.reference import mesh_distance
from training.stages.strands import StrandRenderer, StrandView
from training.synhead.grooms import Groom

Floats: TypeAlias = npt.NDArray[np.float32]

#: Texels with less coverage take their attributes from the nearest texel with more.
_TRUSTED_COVERAGE = 0.08
_MAX_SPREAD = 0.06  # metres
#: Mean share of a strand's width that is seen across it, over all directions.
_MEAN_SINE = np.pi / 4
#: Steps into which strand segments are cut when they are counted into cells.
_SUBSTEPS = 6
#: Log(1/m): cells without strands, and cells beside strands (training may fill those).
_EMPTY, _FRINGE = -2.0, 0.0
#: Pixels this near to hair are learned from, too.
_MARGIN_PX = 9


@dataclass(frozen=True, slots=True, eq=False)
class RayTargets:
    """Rays and what hair they meet, times coverage."""

    rays: Rays  # N rays
    limit: Tensor  # (N,) metres to the head, NO_HIT where there is none
    columns: Tensor  # (N, 9) HAIR_COLUMNS, all but the first times alpha

    def to(self, device: torch.device) -> RayTargets:
        """The same on another device."""
        rays = Rays(self.rays.origins.to(device), self.rays.directions.to(device))
        return RayTargets(rays, self.limit.to(device), self.columns.to(device))

    def __getitem__(self, chosen: Tensor) -> RayTargets:
        return RayTargets(self.rays[chosen], self.limit[chosen], self.columns[chosen])

    def __len__(self) -> int:
        return len(self.limit)


@dataclass(frozen=True, slots=True, eq=False)
class CheckView:
    """A picture that nothing is learned from."""

    targets: RayTargets
    pixels: Tensor  # (N,) which pixel of the picture each ray is, row by row
    size: int  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class HairData:
    """All the training data of one style."""

    start: HairPlanes
    targets: RayTargets
    check: CheckView

    def to(self, device: torch.device) -> HairData:
        """The same on another device."""
        check = CheckView(
            self.check.targets.to(device), self.check.pixels.to(device), self.check.size
        )
        return HairData(self.start.to(device), self.targets.to(device), check)


#: Camera of the check view.
_CHECK = OrbitCamera(35.0, 8.0, 1.25, (0.0, -0.03, -0.01), fov_degrees=20.0)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The head that hair is groomed on."""

    vertices: Floats  # (V, 3) metres
    triangles: npt.NDArray[np.int64]  # (F, 3)


class HairCapture:
    """Draws the training data of one groom after another, all from the same cameras."""

    def __init__(
        self,
        planes: StrandRenderer,
        pictures: StrandRenderer,
        cameras: list[OrbitCamera],
        head: Mesh,
    ) -> None:
        """Every fourth camera sees the hair alone, the others on the head."""
        self._planes, self._pictures = planes, pictures
        pictures.hide_behind(head.vertices, head.triangles)
        size = pictures.size
        self._check = _View(_CHECK, _head_limit(head, _CHECK, size))
        self._views = [
            _View(camera, _head_limit(head, camera, size) if i % 4 else None)
            for i, camera in enumerate(cameras)
        ]

    def data(self, groom: Groom, *, grid_size: int, most: int = 0, seed: int = 0) -> HairData:
        """Capture a groom.

        Args:
            groom: the strands.
            grid_size: cells along each side of the hair box.
            most: rays to keep, chosen by chance; 0 keeps all.
            seed: of the choice.
        """
        self._planes.load(groom)
        self._pictures.load(groom)
        counted = extinction_grid(groom, grid_size)
        start = HairPlanes(captured_planes(self._planes), counted, counted)
        rng = np.random.default_rng(seed)
        share = most // len(self._views) if most else None
        parts = [_thinned(_targets(self._pictures, v)[0], share, rng) for v in self._views]
        check, pixels = _targets(self._pictures, self._check)
        view = CheckView(check, torch.from_numpy(pixels), self._pictures.size)
        return HairData(start, joined(parts), view)


def joined(parts: list[RayTargets]) -> RayTargets:
    """All rays in one."""
    return RayTargets(
        Rays(
            torch.cat([part.rays.origins for part in parts]),
            torch.cat([part.rays.directions for part in parts]),
        ),
        torch.cat([part.limit for part in parts]),
        torch.cat([part.columns for part in parts]),
    )


def captured_planes(renderer: StrandRenderer) -> Tensor:
    """What the six planes see of the strands: (6, 11, R, R), HAIR_CHANNELS."""
    views = [renderer.plane(k, HAIR_BOX) for k in range(PLANES)]
    stacked = np.stack([_plane_channels(view) for view in views])
    assert stacked.shape[1] == len(HAIR_CHANNELS)
    return torch.from_numpy(stacked)


def _plane_channels(view: StrandView) -> Floats:
    """(11, R, R): means where there is hair, continued outwards where there is none."""
    covered = np.maximum(view.coverage, 1e-6)
    depth = view.depth / covered
    variance = view.depth_squared / covered - depth**2
    spread = np.sqrt(np.clip(variance, 0, _MAX_SPREAD**2))
    means = [depth, spread, view.along / covered]
    means += [view.tangent[..., i] / covered for i in range(3)]
    means += [view.root[..., i] / covered for i in range(2)]
    depth, spread, along, *tangent, root_u, root_v = _continued(
        np.stack(means), view.coverage > _TRUSTED_COVERAGE
    )
    none = np.zeros_like(along)
    channels = [view.coverage, depth, spread, along, *tangent, none, root_u, root_v, none]
    return np.stack(channels).astype(np.float32)


def _continued(channels: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Unknown texels of (C, H, W) take the value of the nearest known one."""
    rows, columns = distance_transform_edt(~known, return_distances=False, return_indices=True)
    continued: Floats = channels[:, rows, columns]
    return continued


def extinction_grid(groom: Groom, size: int) -> Tensor:
    """Log of the projected strand area per volume, 1/m, in `size`³ cells of the hair box."""
    centre, half = np.array(HAIR_BOX.centre), np.array(HAIR_BOX.half)
    lengths = np.linalg.norm(np.diff(groom.positions, axis=1), axis=-1) / _SUBSTEPS
    area = np.zeros(size**3)
    for step in range(_SUBSTEPS):
        share = (step + 0.5) / _SUBSTEPS
        points = groom.positions[:, :-1] * (1 - share) + groom.positions[:, 1:] * share
        widths = groom.widths[:, :-1] * (1 - share) + groom.widths[:, 1:] * share
        cell = np.floor(((points - centre) / half * 0.5 + 0.5) * size).astype(np.int64)
        inside = ((cell >= 0) & (cell < size)).all(-1)
        x, y, z = cell[inside].T
        area += np.bincount((z * size + y) * size + x, (widths * lengths)[inside], size**3)
    volume = float(np.prod(2 * half)) / size**3
    extinction = area.reshape(size, size, size) * _MEAN_SINE / volume
    grid = np.log(np.maximum(extinction, np.exp(_EMPTY)))
    beside = maximum_filter(extinction, 3) > np.exp(_FRINGE)
    return torch.from_numpy(np.where(beside, np.maximum(grid, _FRINGE), grid).astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    camera: OrbitCamera
    limit: Floats | None  # (H, W) metres to the head; None: the hair alone


def _head_limit(head: Mesh, camera: OrbitCamera, size: int) -> Floats:
    vertices, triangles = torch.from_numpy(head.vertices), torch.from_numpy(head.triangles)
    distance: Floats = mesh_distance(vertices, triangles, camera, (size, size)).numpy()
    return distance


def _targets(renderer: StrandRenderer, of: _View) -> tuple[RayTargets, npt.NDArray[np.int64]]:
    """The pixels of a picture in and near hair, and which pixels they are."""
    view = renderer.view(of.camera, hidden=of.limit is not None)
    size = renderer.size
    chosen = maximum_filter(view.coverage, _MARGIN_PX) > 0
    limit = np.full((size, size), NO_HIT, np.float32) if of.limit is None else of.limit
    if of.limit is not None:
        chosen &= ~_on_outline(limit < NO_HIT)
    directions = torch.from_numpy(of.camera.rays(size, size)[chosen].astype(np.float32))
    origins = torch.from_numpy(of.camera.eye.astype(np.float32)).expand_as(directions)
    shape = np.stack([view.coverage, view.coverage, view.along, view.depth], -1)
    columns = np.concatenate([shape, view.tangent, view.root], -1)
    targets = RayTargets(
        Rays(origins, directions),
        torch.from_numpy(limit[chosen]),
        torch.from_numpy(columns[chosen]),
    )
    return targets, np.flatnonzero(chosen)


def _thinned(targets: RayTargets, most: int | None, rng: np.random.Generator) -> RayTargets:
    if most is None or len(targets) <= most:
        return targets
    return targets[torch.from_numpy(rng.choice(len(targets), most, replace=False))]


def save_data(path: Path, data: HairData) -> None:
    """Write a style's data for another process."""
    tensors = {"planes": data.start.planes, "grid": data.start.grid, "pixels": data.check.pixels}
    if data.start.counted is not None:
        tensors["counted"] = data.start.counted.clone()  # may be the grid itself
    tensors["size"] = torch.tensor(data.check.size)
    for name, targets in (("train", data.targets), ("check", data.check.targets)):
        tensors[f"{name}.origins"] = targets.rays.origins
        tensors[f"{name}.directions"] = targets.rays.directions
        tensors[f"{name}.limit"] = targets.limit
        tensors[f"{name}.columns"] = targets.columns
    with replacing(path) as partial:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)


def load_data(path: Path, device: torch.device) -> HairData:
    """What `save_data` wrote."""
    found = load_file(path, device=str(device))

    def targets(name: str) -> RayTargets:
        rays = Rays(found[f"{name}.origins"], found[f"{name}.directions"])
        return RayTargets(rays, found[f"{name}.limit"], found[f"{name}.columns"])

    check = CheckView(targets("check"), found["pixels"], int(found["size"]))
    start = HairPlanes(found["planes"], found["grid"], found.get("counted"))
    return HairData(start, targets("train"), check)


def _on_outline(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Pixels that are half head, half not: their limit is not to be trusted."""
    edge: npt.NDArray[np.bool_] = maximum_filter(mask, 3) & maximum_filter(~mask, 3)
    return edge
