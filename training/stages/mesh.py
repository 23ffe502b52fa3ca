"""Trains the bilinear mesh: identity modes from the sampling's covariance, expressions by Tucker.

The covariance of random people's coefficients is known without looking at their meshes, so identity
modes are exact principal components. Expression deltas of many people, gains divided out, form a
tensor (people x 52 x vertices): its vertex mode is reduced by an SVD, its identity mode by
tensorly's partial Tucker, whose factors are then predicted from the shown identity modes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorly  # type: ignore[import-untyped]
import torch
from safetensors.numpy import save_file
from tensorly.decomposition import partial_tucker  # type: ignore[import-untyped]

from head360.model.bilinear import EXPRESSION_STEP, IDENTITY_STEP, SHOWN_MODES, STORED_MODES
from head360.model.checkpoint import deflated
from head360.model.sampling import Traits
from head360.model.topology import PREFIX
from training.stages.progress import Progress
from training.synhead.people import Proportions, neutral, random_person
from training.synhead.source import Source

Floats = npt.NDArray[np.float32]

VERTEX_RANK, IDENTITY_RANK = 156, 12
#: People whose covariance gives the modes; only their coefficients are needed.
_SAMPLES = 4000
_RIDGE = 3.0
#: Every so many-th person's deltas span the vertex basis; all of them train the rest.
_BASIS_EVERY = 4


@dataclass(frozen=True, eq=False)
class IdentityModes:
    """Principal components of the sampled people."""

    center: Floats  # (127,) mean coefficients
    mixing: npt.NDArray[np.float64]  # (127, 127) coefficients of each mode
    shapes: Floats  # (120, 3V) metres a standard deviation

    @cached_property
    def unmixing(self) -> npt.NDArray[np.float64]:
        """(120, 127) coefficients to code."""
        inverse: npt.NDArray[np.float64] = np.linalg.inv(self.mixing).astype(np.float64)
        return inverse[:STORED_MODES]

    def code(self, coefficients: Floats) -> npt.NDArray[np.float64]:
        """The (120,) code of a person's (127,) coefficients."""
        offset = np.asarray(coefficients - self.center, np.float64)
        code: npt.NDArray[np.float64] = self.unmixing @ offset
        return code


def identity_modes(source: Source) -> IdentityModes:
    """Exact principal components of random people, largest first."""
    people = [random_person(source, 10**6 + i).coefficients for i in range(_SAMPLES)]
    weights = np.stack(people).astype(np.float64)
    shapes = np.concatenate([source.modes, source.semantic]).reshape(weights.shape[1], -1)
    gram = shapes.astype(np.float64) @ shapes.T.astype(np.float64)
    covariance = np.cov(weights.T) + 1e-7 * np.eye(weights.shape[1])
    root = np.linalg.cholesky(covariance)
    _, vectors = np.linalg.eigh(root.T @ gram @ root)
    mixing = root @ vectors[:, ::-1]
    modes = (mixing[:, :STORED_MODES].T @ shapes).astype(np.float32)
    return IdentityModes(weights.mean(0).astype(np.float32), mixing, modes)


def mean_face(source: Source, modes: IdentityModes) -> Floats:
    """(V, 3) metres: the mean of the sampled people."""
    shapes = np.concatenate([source.modes, source.semantic])
    face: Floats = source.mean + np.tensordot(modes.center, shapes, 1)
    return face


def train_mesh(source: Source, people: int) -> Generator[Progress, None, dict[str, np.ndarray]]:
    """The arrays of mesh.safetensors, from so many random people."""
    modes = identity_modes(source)
    proportions = Proportions(source)
    sampled = [random_person(source, seed) for seed in range(people)]
    rows = []
    for i in range(0, people, _BASIS_EVERY):
        face = neutral(source, sampled[i])
        rows.append(proportions.deltas(face, None).reshape(len(source.expressions), -1))
        yield Progress(i + 1, 2 * people, 0.0)
    flat = source.expressions.reshape(len(source.expressions), -1)
    rows.append(
        (flat.reshape(*source.expressions.shape) * proportions.side[:, None])
        .reshape(flat.shape)
        .astype(np.float32)
    )
    basis = _vertex_basis(np.concatenate(rows))
    del rows
    blends = []
    for i, person in enumerate(sampled):
        face = neutral(source, person)
        moved = proportions.deltas(face, None).reshape(len(source.expressions), -1)
        blends.append(moved @ basis.T)
        yield Progress(people + i + 1, 2 * people, 0.0)
    codes = np.stack([modes.code(p.coefficients)[:SHOWN_MODES] for p in sampled])
    core, factor = _identity_core(np.stack(blends), codes)
    usual = (core[0] @ basis).reshape(len(core[0]), -1, 3)
    asymmetry = (usual * proportions.side[:, None]).reshape(len(core[0]), -1) @ basis.T
    return _packed(source, modes, basis, core, factor, asymmetry)


def _vertex_basis(rows: Floats) -> Floats:
    """(R, 3V) orthonormal rows that span most of (N, 3V) deltas."""
    gram = rows.astype(np.float32) @ rows.T
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    values, vectors = values[::-1][:VERTEX_RANK], vectors[:, ::-1][:, :VERTEX_RANK]
    basis: Floats = ((vectors / np.sqrt(values)).T.astype(np.float32) @ rows).astype(np.float32)
    return basis


def _identity_core(blends: Floats, codes: npt.NDArray[np.float64]) -> tuple[Floats, Floats]:
    """C0 and C_r (1 + r, 52, R), and the factors' dependence (50, r) on the shown modes."""
    usual = blends.mean(0)
    tensorly.set_backend("pytorch")
    centered = torch.from_numpy((blends - usual).astype(np.float32))
    (core, factors), _ = partial_tucker(centered, rank=[IDENTITY_RANK], modes=[0], init="svd")
    found = factors[0].numpy().astype(np.float64)  # (people, r)
    normal = codes.T @ codes + _RIDGE * np.eye(codes.shape[1])
    factor = np.linalg.solve(normal, codes.T @ found)
    return np.concatenate([usual[None], core.numpy()]).astype(np.float32), factor.astype(np.float32)


def _packed(
    source: Source,
    modes: IdentityModes,
    basis: Floats,
    core: Floats,
    factor: Floats,
    asymmetry: Floats,
) -> dict[str, np.ndarray]:
    integers = np.rint(modes.shapes / IDENTITY_STEP).astype(np.int16)
    amplitude = np.sqrt((core[0] ** 2).mean(0)) * 6 + 1e-9  # of a basis row, when fully used
    step = (EXPRESSION_STEP / amplitude).astype(np.float32)
    arrays: dict[str, np.ndarray] = {
        "mean": mean_face(source, modes),
        "identity": deflated(integers[:SHOWN_MODES]),
        "identity_rest": deflated(integers[SHOWN_MODES:]),
        "basis": deflated(np.rint(basis / step[:, None]).clip(-32767, 32767).astype(np.int16)),
        "basis_step": step,
        "core": core,
        "eye_offset": _eye_offsets(source),
        **_traits(source, modes),
        "factor": factor,
        "asymmetry": asymmetry.astype(np.float32),
        "code_center": modes.center,
        "code_mixing": modes.unmixing.astype(np.float32),
    }
    topology = source.topology
    for entry in fields(topology):
        arrays[PREFIX + entry.name] = np.ascontiguousarray(getattr(topology, entry.name))
    return arrays


def _traits(source: Source, modes: IdentityModes) -> dict[str, np.ndarray]:
    """How sex, age and ancestry move the shown code (`sampling.TRAITS`), and what they leave."""
    people = [random_person(source, 10**6 + i) for i in range(_SAMPLES)]
    rows = np.stack([Traits(p.sex, p.age, *p.ancestry).row for p in people]).astype(np.float64)
    codes = np.stack([modes.code(p.coefficients)[:SHOWN_MODES] for p in people])
    found = np.linalg.lstsq(rows, codes, rcond=None)[0]
    rest = (codes - rows @ found).std(0)
    return {"trait_codes": found.astype(np.float32), "trait_rest": rest.astype(np.float32)}


def _eye_offsets(source: Source) -> Floats:
    """(2, 3) metres from the mean of an eyeball's vertices to the point it turns about."""
    means = [source.mean[source.topology.eye == side].mean(0) for side in (1, 2)]
    offsets: Floats = (source.eye_centers - np.stack(means)).astype(np.float32)
    return offsets


def save_mesh(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write mesh.safetensors."""
    partial = path.with_suffix(".partial")
    save_file(arrays, partial)
    partial.replace(path)
