"""Hair for other programs: cards over a dark core, or one textured surface.

`cards` look like hair from near; `surface` is a solid shape for programs that cannot cut holes.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor

from head360.export.anatomy import neck_weights
from head360.export.bust import Floats, Indices, Material, Part
from head360.export.hair_cards import cards
from head360.export.hair_paths import SOLID, trace
from head360.export.hair_picture import Colors, hair_pictures, root_picture
from head360.export.options import HairKind
from head360.export.surface_nets import surface_nets
from head360.model.field import EMPTY_LOG_EXTINCTION, HairField, HairPlanes
from head360.model.neck import turn_shares
from head360.model.planes import HAIR_BOX, cell_centres, sample_grid, sample_vectors
from head360.model.seating import Seating
from head360.rendering.scene import WornHair

#: The core of cards lies this deep below the outside, metres.
_CORE_DEPTH = 0.006
#: Cells along each side of the grid that a surface is found in.
_SURFACE_CELLS = 96
#: How dark the core is, and a surface whose strands shade each other.
_CORE_GAIN, _SURFACE_GAIN = 0.45, 0.9
#: Steps of searching where hair sits, the share of each that is taken, and how far off a place may
#: be that is found, metres.
_ROUNDS, _STRIDE, _MISSED = 40, 0.5, 0.002


def hair_parts(
    field: HairField,
    worn: WornHair,
    scalp: Tensor,
    colors: Colors,
    kind: HairKind,
    *,
    count: int,
    size: int,
    varied: bool = False,
) -> Generator[None, None, tuple[list[Part], list[Material]]]:
    """Meshes and materials of hair that sits on a head looking straight on.

    Args:
        field: the networks that read the style.
        worn: the style and where it sits.
        scalp: (M, 3) metres, points of the mean head's scalp.
        colors: linear RGB (N, 3) at shares (N, 1) of a strand's length, by scalp coordinates (N, 2)
            where it starts.
        kind: cards or a surface.
        count: about how many cards.
        size: width of the pictures, pixels.
        varied: whether strands differ in more than a shade.
    """
    if kind == "none":
        return [], []
    if kind == "surface":
        shape = yield from _surface(field, worn.style)
        picture = root_picture(colors, _SURFACE_GAIN, size // 2)
        part = yield from _rooted(field, worn, "Hair", shape)
        return [part], [Material("Hair", picture, roughness=0.5, specular=0.6)]
    rng = np.random.default_rng(360)
    paths = yield from trace(field, worn.style, scalp, count, rng)
    if not len(paths.points):
        return [], []
    points, normals, uv, triangles, lanes = cards(paths, colors, rng, varied=varied)
    yield
    hair = _part("Hair", worn, points, normals, uv, triangles)
    shown, bent = hair_pictures(lanes, size)
    material = Material(
        "Hair", shown, bent, roughness=0.42, specular=0.8, alpha_cutoff=0.35, double_sided=True
    )
    yield
    core = _core(worn.style)
    if not len(core[1]):
        return [hair], [material]
    base = yield from _rooted(field, worn, "HairCore", core)
    dark = Material("HairCore", root_picture(colors, _CORE_GAIN, 256), roughness=0.8, specular=0.3)
    return [base, hair], [dark, material]


def seated(points: Floats, seating: Seating) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Where canonical points (N, 3) lie on a head, metres, and which of them do (N,).

    The inverse of its seating, step by step; hair that is worn shorter loses places.
    """
    wanted = torch.from_numpy(np.asarray(points, np.float32))
    inverse = torch.linalg.inv(seating.matrix)
    moved = wanted
    for _ in range(_ROUNDS):
        missed = wanted - moved - sample_vectors(seating.displacement, moved, HAIR_BOX)
        moved = moved + _STRIDE * missed
    missed = wanted - moved - sample_vectors(seating.displacement, moved, HAIR_BOX)
    found: Floats = ((moved - seating.offset) @ inverse.T).numpy()
    return found, (missed.norm(dim=1) < _MISSED).numpy()


def _part(
    name: str, worn: WornHair, points: Floats, normals: Floats, uv: Floats, triangles: Indices
) -> Part:
    joints, weights = neck_weights(turn_shares(torch.from_numpy(points)).numpy())
    place, found = seated(points, worn.seating)
    kept = triangles[found[triangles].all(1)]
    return Part(name, name, place, normals, uv, kept, joints, weights)


def _rooted(
    field: HairField, worn: WornHair, name: str, shape: tuple[Floats, Indices]
) -> Generator[None, None, Part]:
    """A part whose texture runs along the strands: its UVs are where on the scalp they start."""
    points, triangles = shape
    roots = []
    for piece in torch.from_numpy(points).split(20_000):
        roots.append(field(worn.style, piece).root.clamp(0, 1))
        yield
    normals = _mesh_normals(points, triangles)
    return _part(name, worn, points, normals, torch.cat(roots).numpy(), triangles)


def _core(hair: HairPlanes) -> tuple[Floats, Indices]:
    """The shape of hair without its outer layer, canonical."""
    present = hair.grid.exp().numpy() > SOLID
    cell = 2 * np.array(HAIR_BOX.half[::-1]) / present.shape
    depth = gaussian_filter(distance_transform_edt(present, sampling=cell), 0.7)
    return _shape(np.pad(depth, 1), _CORE_DEPTH, len(present))


def _surface(field: HairField, hair: HairPlanes) -> Generator[None, None, tuple[Floats, Indices]]:
    """The outside of hair, canonical."""
    count = _SURFACE_CELLS
    nodes = cell_centres(HAIR_BOX, (count, count, count))
    grid = sample_grid(hair.grid, nodes, HAIR_BOX)
    near = torch.nonzero(grid > EMPTY_LOG_EXTINCTION)[:, 0]
    values = torch.full((count**3,), EMPTY_LOG_EXTINCTION)
    for some in near.split(50_000):
        values[some] = field(hair, nodes[some]).extinction.clamp(min=0.3).log()
        yield
    smooth = gaussian_filter(values.view(count, count, count).numpy(), 1.0)
    padded = np.pad(smooth, 1, constant_values=EMPTY_LOG_EXTINCTION)
    return _shape(padded, float(np.log(SOLID)), count)


def _shape(values: Floats, level: float, count: int) -> tuple[Floats, Indices]:
    """Surface of a padded grid over the hair box, metres."""
    places, triangles = surface_nets(values.astype(np.float32), level)
    unit = (places - 0.5) / count * 2 - 1
    points = unit * np.array(HAIR_BOX.half) + np.array(HAIR_BOX.centre)
    return points.astype(np.float32), triangles


def _mesh_normals(points: Floats, triangles: Indices) -> Floats:
    from head360.model.bilinear import vertex_normals

    corners = torch.from_numpy(triangles.astype(np.int64))
    normals: Tensor = vertex_normals(torch.from_numpy(points), corners)
    found: Floats = normals.numpy()
    return found
