"""Learns to read faces from what the tracker said of rendered people whose faces are known.

Each landmark's move is taken as the sum of what the shapes do, what the turn of the head does, and
errors that go together. What a shape does starts from what it does on our mesh and is corrected as
far as enough was seen of it (ridge). Every person counts twice, once as in a looking glass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.spatial.distance import cdist

from head360.assets import resource
from head360.driving.names import mirrored_name
from head360.driving.reading import (
    NETWORK_KEY,
    READ,
    FaceReader,
    Look,
    Network,
    aligned,
    network_inputs,
    turned,
)
from head360.faces import LANDMARKS, MESH_LANDMARKS, OVAL
from head360.files import replacing
from head360.fitting.landmarks import (
    BROWS,
    EYE_CORNERS,
    FOREHEAD,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    NOSE,
    RIGHT_EYE,
    LandmarkModel,
)
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS
from training.faces_network import trained
from training.faces_shown import Shown

Doubles = npt.NDArray[np.float64]

_HALVED = ("basis", NETWORK_KEY + "hidden", NETWORK_KEY + "out")  # kept in half precision
DIRECTIONS = 88  # of landmarks' moves that are kept
#: Trust in the mesh's own moves, in pictures; of turns; and the least variance, of the mean.
_MESH_PULL, _TURN_PULL, _FLOOR = 12.0, 1.0, 0.02
#: A score at full weight is never taken as less than this: on real faces it is more than on ours.
_LEAST_GAIN = 0.8
_PRIOR = (3.0, 8.0)
_MOST_STRETCH = 1.3  # more overdid smiles of real people
_STRETCHED = 0.4  # shapes with a lower correlation are rather too calm than wrong
_CHEEKS = (
    205, 50, 101, 36, 187, 147, 213, 192, 214, 207, 216, 212, 202, 204, 210, 211, 106, 182, 18, 83,
    200, 199, 175, 201, 208, 8, 107, 151, 164, 167, 165, 92, 186, 57, 43, 116, 117, 118, 119, 100,
    142, 203, 206, 98, 129, 209, 49, 131, 134, 51, 3, 45,
)  # fmt: skip
_STEADY = (168, 6, 197, 195, 133, 33, 127, 234, 93, 10, 151, 9, 109, 67, 162, 21, 54)
#: The irises' points of one eye, and of the other in the same order, as in a looking glass.
_IRISES = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What was seen, less each person's face at rest; N pictures, half of them mirrored."""

    moves: Doubles  # (N, 3 L)
    scores: Doubles  # (N, 51)
    turns: Doubles  # (N, 6)
    weights: Doubles  # (N, 51) the truth
    person: npt.NDArray[np.int64]  # (N,)
    rest_scores: Doubles  # (51,)
    reader: FaceReader  # that knows where to look, and nothing else yet


def lessons(people: Sequence[Shown]) -> Lessons:
    """Everybody's pictures, aligned."""
    mirror = mirrored_landmarks()
    whole = _template(people, mirror)
    both = [(person, flip) for person in people for flip in (False, True)]
    rows = [_seen(person, whole, mirror if flip else None) for person, flip in both]
    moves, scores, turns, weights = (np.concatenate(part) for part in zip(*rows, strict=True))
    persons = np.repeat(np.arange(len(both)) // 2, [len(row[0]) for row in rows])
    at_rest = np.concatenate([p.scores[p.rest][:, READ].astype(np.float64) for p in people])
    return Lessons(moves, scores, turns, weights, persons, at_rest.mean(0), whole)


def learnt(seen: Lessons, which: npt.NDArray[np.bool_] | None = None) -> FaceReader:
    """What some of the pictures (all, by default) teach."""
    use = np.ones(len(seen.moves), bool) if which is None else which
    reader = summing(seen, use)
    moved = _looks(reader, seen, use)
    inputs = np.stack([network_inputs(look, reader.summed(look)) for look in moved])
    return replace(reader, network=trained(inputs, seen.weights[use]))


def summing(seen: Lessons, use: npt.NDArray[np.bool_]) -> FaceReader:
    """What some pictures teach of the sum of shapes."""
    moves, weights, turns = seen.moves[use], seen.weights[use], seen.turns[use]
    basis = np.linalg.eigh(moves.T @ moves)[1][:, : -DIRECTIONS - 1 : -1].T
    points, own = moves @ basis.T, mesh_moves(seen.reader) @ basis.T
    causes = np.concatenate([weights, turns], 1)
    pull = np.r_[np.full(len(READ), _MESH_PULL), np.full(turns.shape[1], _TURN_PULL)]
    gram = causes.T @ causes + np.diag(pull)
    found = np.linalg.solve(gram, causes.T @ (points - weights @ own))
    found[: len(READ)] += own
    left = points - causes @ found
    spread = left.T @ left / len(left)
    spread += _FLOOR * np.trace(spread) / len(spread) * np.eye(len(spread))
    gain, trust = _scores_worth(seen.scores[use], weights)
    return replace(
        seen.reader, basis=basis, response=found[: len(READ)], turning=found[len(READ) :],
        precision=np.linalg.inv(spread), score_gain=gain, score_trust=trust,
        prior=np.array(_PRIOR), rest_scores=seen.rest_scores,
    )  # fmt: skip


def read_all(reader: FaceReader, seen: Lessons, which: npt.NDArray[np.bool_]) -> Doubles:
    """(n, 51) what a reader makes of some pictures."""
    rest = replace(reader.usual_rest, scores=np.zeros(len(READ)))
    looks = _looks(reader, seen, which)
    return np.stack([reader.read(look, rest)[READ] for look in looks]).astype(np.float64)


def _looks(reader: FaceReader, seen: Lessons, which: npt.NDArray[np.bool_]) -> list[Look]:
    """Some pictures as looks, less each person's at rest."""
    points = seen.moves[which] @ reader.basis.T
    return list(map(Look, points, seen.turns[which], seen.scores[which]))


def tried(seen: Lessons, folds: int = 3) -> Doubles:
    """(N, 51) what is read of people by what the others taught."""
    found = np.zeros_like(seen.weights)
    for fold in range(folds):
        held = seen.person % folds == fold
        found[held] = read_all(learnt(seen, ~held), seen, held)
    return found


def stretched(reader: FaceReader, truth: Doubles, found: Doubles) -> FaceReader:
    """With shapes as strong as they are, where they are well told."""
    ratio = truth.std(0) / np.maximum(found.std(0), 1e-6)
    well = correlations(truth, found) >= _STRETCHED
    return replace(reader, stretch=np.where(well, ratio.clip(1, _MOST_STRETCH), 1.0))


def correlations(truth: Doubles, found: Doubles) -> Doubles:
    """(51,) Pearson's of each shape; 0 where nothing moves."""
    a, b = truth - truth.mean(0), found - found.mean(0)
    size = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    together: Doubles = (a * b).sum(0) / np.maximum(size, 1e-9)
    return together


def summary(truth: Doubles, found: Doubles) -> str:
    """How well weights (N, 51) were told, in words."""
    together = correlations(truth, found)
    error = np.sqrt(np.square(found - truth).mean())
    return (
        f"median correlation {np.median(together):.2f}, {(together >= 0.5).sum()} shapes at 0.5 or"
        f" above, error {error:.3f}"
    )


def write(reader: FaceReader, path: Path) -> None:
    """Write it where `FaceReader.load` reads it; large parts in half precision."""
    arrays = {name: getattr(reader, name) for name in FaceReader.__slots__ if name != "network"}
    arrays |= {NETWORK_KEY + name: getattr(reader.network, name) for name in Network.__slots__}
    kept = {
        name: values.astype(np.float16 if name in _HALVED else np.float32)
        for name, values in arrays.items()
    }
    kept["places"] = reader.places.astype(np.int32)
    with replacing(path) as partial:
        save_file({name: np.ascontiguousarray(values) for name, values in kept.items()}, partial)


def mesh_moves(reader: FaceReader) -> Doubles:
    """(51, 3 L) where each shape takes the landmarks on our mesh, aligned as pictures are."""
    points = _on_mesh().points
    ours = np.array([1, -1, -1]) * points.mean
    eyes = [np.flatnonzero(reader.places == corner).item() for corner in EYE_CORNERS]
    apart = np.linalg.norm(np.subtract(*reader.template[eyes]))
    scale = apart / np.linalg.norm(np.subtract(*ours[list(EYE_CORNERS)]))
    known = reader.places < MESH_LANDMARKS
    moves = np.zeros((len(READ), len(reader.places), 3))
    picked = points.expressions(np.zeros(1))[READ][:, reader.places[known]]
    moves[:, known] = picked * scale * [1, -1, -1]
    start = reader.template
    shown = [aligned(start + move, start, reader.steady)[0] - start for move in moves]
    return np.stack(shown).reshape(len(READ), -1)


def mirrored_landmarks() -> npt.NDArray[np.int64]:
    """(478,) of each landmark the one on the other side."""
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    mean = LandmarkModel.uncalibrated(mesh).points.mean
    other = cdist(mean * [-1, 1, 1], mean).argmin(1)
    return np.concatenate([other, _IRISES]).astype(np.int64)


@cache
def _on_mesh() -> LandmarkModel:
    return LandmarkModel.of(BilinearModel.load(resource("models", "mesh.safetensors")))


def _template(people: Sequence[Shown], mirror: npt.NDArray[np.int64]) -> FaceReader:
    """The mean face at rest, symmetric, and where to look."""
    steady = np.zeros(LANDMARKS)
    steady[[*_STEADY, *mirror[list(_STEADY)]]] = 1
    steady /= steady.sum()
    at_rest = np.concatenate([p.landmarks[p.rest].astype(np.float64) for p in people])
    mean = at_rest[0] / np.linalg.norm(np.subtract(*at_rest[0][list(EYE_CORNERS)]))
    for _ in range(3):
        mean = np.mean([aligned(points, mean, steady)[0] for points in at_rest], axis=0)
    mean[:, 0] -= mean[mirror == np.arange(LANDMARKS), 0].mean()
    mean = (mean + mean[mirror] * [-1, 1, 1]) / 2
    parts = (LIPS_OUTER, LIPS_INNER, RIGHT_EYE, LEFT_EYE, BROWS, NOSE, FOREHEAD, OVAL, _CHEEKS)
    looked = {int(place) for part in parts for place in part}
    looked |= {int(mirror[place]) for place in looked} | set(range(MESH_LANDMARKS, LANDMARKS))
    places = np.array(sorted(looked))
    nothing, none = np.zeros((0, 0)), np.zeros(0)
    shares = steady[places] / steady[places].sum()
    return FaceReader(
        places, mean[places], shares, nothing, nothing, nothing, nothing, none, none,
        np.ones(len(READ)), none, none,
    )  # fmt: skip


def _seen(
    person: Shown, whole: FaceReader, mirror: npt.NDArray[np.int64] | None
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Moves, scores, turns and true weights of a person's pictures, less rest."""
    landmarks = person.landmarks.astype(np.float64)
    scores, weights = person.scores[:, READ].astype(float), person.expression[:, READ]
    if mirror is not None:
        landmarks = landmarks[:, mirror] * [-1, 1, 1]
        sides = _mirrored_shapes()
        scores, weights = scores[:, sides], weights[:, sides]
    placed = [aligned(one, whole.template, whole.steady) for one in landmarks[:, whole.places]]
    points = np.stack([place.ravel() for place, _ in placed])
    turns = np.stack([turned(turn) for _, turn in placed])
    rest = person.rest
    return (
        points - points[rest].mean(0), scores - scores[rest].mean(0), turns - turns[rest].mean(0),
        weights.astype(np.float64),
    )  # fmt: skip


def _mirrored_shapes() -> npt.NDArray[np.int64]:
    names = [EXPRESSIONS[place] for place in READ]
    return np.array([names.index(mirrored_name(name)) for name in names])


def _scores_worth(scores: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Of each score its gain, and one over its variance."""
    gain = ((weights * scores).sum(0) / np.square(weights).sum(0)).clip(_LEAST_GAIN, 1)
    return gain, 1 / np.square(scores - gain * weights).mean(0)
