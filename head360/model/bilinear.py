"""The parametric mesh: who (a shape code) and what the face does (52 ARKit weights) give vertices.

    N = mean + B·s      K(s) = C0 + Σ_r C_r·(P·s)_r      E = U·(g·K + g·a·A)      v = N + E·b

after Head360's bilinear model (eq. 1), with neutral and deltas apart: the identity found from a
neutral face alone then predicts the expressions (0.07 instead of 0.98 mm rms). Gains g and
asymmetries a are personal, 1 and 0 unless several expressions of a person are known. Lids are made
to meet on every head; eyeballs turn rigidly; the lower lip closes only as far as the jaw opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.model.checkpoint import Arrays, inflated, load_arrays
from head360.model.topology import Topology
from head360.params import EXPRESSIONS, HeadParams

#: Turns of an eyeball at full weight of an eyeLook shape, as the source's lids move, radians.
EYE_YAW, EYE_PITCH = radians(28.0), radians(25.0)
#: Steps of the stored integers, metres.
IDENTITY_STEP, EXPRESSION_STEP = 1e-5, 2e-5
#: Identity modes a slider shows, and all that are stored.
SHOWN_MODES, STORED_MODES = 50, 120
#: How far a lid's correction reaches along and away from its margin, metres.
_LID_REACH = 0.0035
#: No correction of a lid is larger, and none is left at the corners of the eye, metres.
_LID_LIMIT, _LID_CORNER = 0.003, 0.004
#: So many of the expressions that are in use are copied together rather than reading all.
_FEW = 12
_JAW_OPEN, _MOUTH_CLOSE = EXPRESSIONS.index("jawOpen"), EXPRESSIONS.index("mouthClose")
_SIDES = ("Left", "Right")
_UPPER_UP = [EXPRESSIONS.index(f"mouthUpperUp{side}") for side in _SIDES]
#: So much of mouthUpperUp is in jawOpen: the source's upper lip would hide all upper teeth.
_LIP_LIFT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """One person's neutral face and expressions."""

    neutral: Tensor  # (V, 3) metres
    deltas: Tensor  # (52, V, 3) metres
    eye_centers: Tensor  # (2, 3) metres, left and right


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the model is made of; see the top of this module."""

    modes: Tensor  # (120, 3V) B: metres per standard deviation
    factor: Tensor  # (50, r) P
    core: Tensor  # (1 + r, 52, R) C0, then C_r
    basis: Tensor  # (R, 3V) U, metres


class BilinearModel:
    """Turns codes into vertices; differentiable throughout."""

    def __init__(self, topology: Topology, arrays: Arrays) -> None:
        self.topology = topology
        self.mean = _tensor(arrays["mean"])  # (V, 3) metres
        count = len(self.mean)
        shown = inflated(arrays["identity"], (SHOWN_MODES, 3 * count))
        self._shown = _tensor(shown) * IDENTITY_STEP
        self._rest_packed = arrays["identity_rest"]
        self._rest: Tensor | None = None
        core = lip_lifted(_tensor(arrays["core"]))  # (1 + r, 52, R): C0, then C_r
        self._core = core
        self._asymmetry = lip_lifted(_tensor(arrays["asymmetry"])[None])[0]  # (52, R)
        self._factor = _tensor(arrays["factor"])  # (50, r)
        self._basis = _tensor(inflated(arrays["basis"], (core.shape[2], 3 * count)))
        self._basis *= _tensor(arrays["basis_step"])[:, None]
        self._eye_center_vertices = [
            torch.from_numpy(np.flatnonzero(topology.eye == side + 1)) for side in range(2)
        ]
        self._eye_offset = _tensor(arrays["eye_offset"])  # (2, 3) from the vertices' mean
        self._lids = [_Lid.find(topology, self.mean, side) for side in range(2)]

    @classmethod
    def load(cls, path: Path) -> BilinearModel:
        """Read resources/models/mesh.safetensors.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        arrays = load_arrays(path)
        return cls(Topology.of(arrays), arrays)

    def identity(
        self,
        shape: Tensor,
        gains: Tensor | None = None,
        asymmetry: Tensor | None = None,
        offsets: Tensor | None = None,
    ) -> Identity:
        """A person.

        Args:
            shape: (50,) or (120,) standard deviations.
            gains: (52,) factors on expressions.
            asymmetry: (52,) shares of their asymmetric variants.
            offsets: (V, 3) metres, free-form, added to the neutral face.
        """
        neutral = self.neutral(shape)
        if offsets is not None:
            neutral = neutral + offsets
        factors = torch.cat([shape.new_ones(1), shape[:SHOWN_MODES] @ self._factor])
        blend = torch.einsum("r,rjq->jq", factors, self._core)
        if asymmetry is not None:
            blend = blend + asymmetry[:, None] * self._asymmetry
        if gains is not None:
            blend = blend * gains[:, None]
        deltas = (blend @ self._basis).view(len(EXPRESSIONS), -1, 3)
        for side, lid in zip(_SIDES, self._lids, strict=True):
            deltas = lid.closed(neutral, deltas, EXPRESSIONS.index(f"eyeBlink{side}"))
        return Identity(neutral, deltas, self._eye_centers(neutral))

    def identity_of(self, params: HeadParams) -> Identity:
        """The person that parameters describe, with all that a photo may have added."""
        shape, offsets = _codes(params)
        return self.identity(shape, offsets=offsets)

    def neutral_of(self, params: HeadParams) -> tuple[Tensor, Tensor]:
        """Only `neutral` (V, 3) and `eye_centers` (2, 3) of `identity_of`, four times sooner."""
        shape, offsets = _codes(params)
        neutral = self.neutral(shape) if offsets is None else self.neutral(shape) + offsets
        return neutral, self._eye_centers(neutral)

    def _eye_centers(self, neutral: Tensor) -> Tensor:
        means = torch.stack([neutral[chosen].mean(0) for chosen in self._eye_center_vertices])
        return means + self._eye_offset

    def neutral(self, shape: Tensor) -> Tensor:
        """The neutral face (V, 3) metres of a (50,) or (120,) code."""
        offset = shape[:SHOWN_MODES] @ self._shown
        if len(shape) > SHOWN_MODES:
            offset = offset + shape[SHOWN_MODES:] @ self._unshown_modes()
        return self.mean + offset.view(-1, 3)

    def pose(self, identity: Identity, expression: Tensor) -> Tensor:
        """Vertices (V, 3) metres of a face that makes an expression, (52,) weights 0 … 1."""
        weights = limited(expression)
        moved = identity.neutral + _blended(weights, identity.deltas)
        for side, chosen in enumerate(self._eye_center_vertices):
            turn = eye_turn(weights, _SIDES[side], mirrored=side == 1)
            center = identity.eye_centers[side]
            turned = (identity.neutral[chosen] - center) @ turn.T + center
            moved = moved.index_put((chosen,), turned)
        return moved

    @property
    def parts(self) -> Parts:
        """The model's factors, to make other models from."""
        modes = torch.cat([self._shown, self._unshown_modes()])
        return Parts(modes, self._factor, self._core, self._basis)

    def _unshown_modes(self) -> Tensor:
        if self._rest is None:
            shape = (STORED_MODES - SHOWN_MODES, self.mean.numel())
            self._rest = _tensor(inflated(self._rest_packed, shape)) * IDENTITY_STEP
        return self._rest


def _blended(weights: Tensor, deltas: Tensor) -> Tensor:
    """(V, 3) sums of (E, V, 3) deltas; of few at once, where no gradient wants the others."""
    if not weights.requires_grad:
        used = torch.nonzero(weights)[:, 0]
        if len(used) <= _FEW:
            weights, deltas = weights[used], deltas[used]
    return (weights @ deltas.flatten(1)).view(deltas.shape[1:])


def lip_lifted(moves: Tensor) -> Tensor:
    """(N, 52, …) what expressions move, with an upper lip that goes up as the jaw goes down.

    As people's does; mouthClose takes it back, so that lips still meet with the jaw open.
    """
    lift = _LIP_LIFT * moves[:, _UPPER_UP].sum(1)
    changed = moves.clone()
    changed[:, _JAW_OPEN] += lift
    changed[:, _MOUTH_CLOSE] -= lift
    return changed


def limited(expression: Tensor) -> Tensor:
    """MouthClose lifts the lower lip to an upper lip that the jaw has left: at most jawOpen."""
    closing = torch.minimum(expression[_MOUTH_CLOSE], expression[_JAW_OPEN].clamp(min=0))
    index = torch.tensor([_MOUTH_CLOSE], device=expression.device)
    return expression.index_put((index,), closing[None])


def vertex_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Unit normals (V, 3), weighted by area, of (V, 3) vertices and (F, 3) triangles."""
    faces = _face_normals(vertices, triangles.unbind(1))
    normals = torch.zeros_like(vertices)
    for corner in range(3):
        normals = normals.index_add(0, triangles[:, corner], faces)
    return functional.normalize(normals, dim=-1, eps=1e-20)


class VertexNormals:
    """`vertex_normals` of one topology again and again, in half the time."""

    def __init__(self, triangles: Tensor, count: int) -> None:
        """Of (F, 3) triangles of `count` vertices."""
        self._corners = triangles.T.contiguous().unbind(0)
        owners = triangles.T.flatten()
        self._faces = torch.argsort(owners, stable=True) % len(triangles)  # vertex after vertex
        sizes = torch.bincount(owners, minlength=count)
        self._starts = sizes.cumsum(0) - sizes

    def __call__(self, vertices: Tensor) -> Tensor:
        """Unit normals (V, 3) of vertices (V, 3)."""
        faces = _face_normals(vertices, self._corners)
        normals = functional.embedding_bag(self._faces, faces, self._starts, mode="sum")
        return functional.normalize(normals, dim=-1, eps=1e-20)


def _face_normals(vertices: Tensor, corners: tuple[Tensor, ...]) -> Tensor:
    """(F, 3) normals, twice as long as their triangles are large."""
    a, b, c = (vertices.index_select(0, corner) for corner in corners)
    faces: Tensor = torch.linalg.cross(b - a, c - a)
    return faces


def eye_turn(weights: Tensor, side: str, *, mirrored: bool) -> Tensor:
    """(3, 3) rotation of one eyeball."""

    def weight(name: str) -> Tensor:
        return weights[EXPRESSIONS.index(f"eyeLook{name}{side}")]

    yaw = EYE_YAW * (weight("Out") - weight("In")) * (-1 if mirrored else 1)
    pitch = EYE_PITCH * (weight("Down") - weight("Up"))
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    cy, sy, cp, sp = yaw.cos(), yaw.sin(), pitch.cos(), pitch.sin()
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy]).view(3, 3)
    about_x = torch.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp]).view(3, 3)
    return about_y @ about_x


@dataclass(frozen=True, slots=True, eq=False)
class _Lid:
    """Makes one upper lid meet the lower one at full blink."""

    upper: Tensor  # (M,) vertices of the upper margin, from nose to temple
    lower: Tensor  # (M,)
    skin: Tensor  # (K,) vertices that follow the upper margin
    spread: Tensor  # (K, M) how they do

    @classmethod
    def find(cls, topology: Topology, mean: Tensor, side: int) -> _Lid:
        upper = torch.from_numpy(topology.upper_lids[side].astype(np.int64))
        lower = torch.from_numpy(topology.lower_lids[side].astype(np.int64))
        distance = torch.cdist(mean, mean[upper])
        lower_distance = torch.cdist(mean, mean[lower]).amin(1)
        nearest = distance.amin(1)
        follows = (nearest < 3 * _LID_REACH) & (nearest < lower_distance)
        follows &= torch.from_numpy(topology.eye == 0)
        skin = torch.nonzero(follows)[:, 0]
        kernel = torch.exp(-0.5 * (distance[skin] / (0.4 * _LID_REACH)) ** 2) + 1e-12
        kernel = kernel / kernel.sum(1, keepdim=True)
        fade = torch.exp(-0.5 * (nearest[skin] / _LID_REACH) ** 2)
        return cls(upper, lower, skin, kernel * fade[:, None])

    def closed(self, neutral: Tensor, deltas: Tensor, blink: int) -> Tensor:
        """The deltas with the blink's lid moved onto the lower lid's margin."""
        upper = neutral[self.upper] + deltas[blink, self.upper]
        lower = neutral[self.lower] + deltas[blink, self.lower]
        gap = (_along(lower, upper[:, 0]) - upper) * upper.new_tensor([0.0, 1.0, 1.0])
        size = gap.norm(dim=1, keepdim=True)
        gap = gap * (_LID_LIMIT / size.clamp(min=_LID_LIMIT)) * _between_corners(upper)[:, None]
        correction = torch.zeros_like(deltas[blink]).index_add(0, self.skin, self.spread @ gap)
        changed = (deltas[blink] + correction)[None]
        index = torch.tensor([blink], device=deltas.device)
        return deltas.index_put((index,), changed)


def _between_corners(margin: Tensor) -> Tensor:
    """(M,) 0 at the ends of a margin (M, 3), 1 further in."""
    x = margin[:, 0]
    to_end = torch.minimum(x - x.min(), x.max() - x) / _LID_CORNER
    return to_end.clamp(0, 1)


def _along(curve: Tensor, x: Tensor) -> Tensor:
    """(M, 3) points of a polyline (M, 3), monotonous in x, at given x."""
    order = torch.argsort(curve[:, 0])
    knots = curve[order]
    at = torch.searchsorted(knots[:, 0].detach().contiguous(), x.detach().contiguous())
    at = at.clamp(1, len(knots) - 1)
    low, high = knots[at - 1], knots[at]
    share = ((x - low[:, 0]) / (high[:, 0] - low[:, 0]).clamp(min=1e-9)).clamp(0, 1)
    return low + share[:, None] * (high - low)


def _tensor(array: object) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


def _codes(params: HeadParams) -> tuple[Tensor, Tensor | None]:
    """The identity code (50,) or (120,), and offsets (V, 3) metres if there are any."""
    shape, likeness = torch.tensor(params.shape), params.likeness
    if likeness is None:
        return shape, None
    if likeness.modes.any():
        shape = torch.cat([shape, torch.tensor(likeness.modes)])
    return shape, None if likeness.offsets is None else _tensor(likeness.offsets)
