"""How near bent hair is to true hair where the photo does not look:
`python -m training.hair_around --source DIR OUT.json [STYLE …]`.

Grooms that no library style is (a style as another hairdresser cuts it) are seen from about the
front, as a photo would; a library style, the groom's own or the likeliest other, gets their
silhouette, and both are compared all around. Figures are overlaps of opacities, least by most.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from head360.camera import OrbitCamera
from head360.engine import finished
from head360.files import replacing
from head360.fitting.face_network import BACKGROUND, PARTS
from head360.fitting.hair import Silhouette, Worn, fit_hair_shape, silhouette
from head360.fitting.hair_choice import Candidate, candidates
from head360.fitting.hair_own import fit_own_hair
from head360.fitting.parsing import ClassMap
from head360.fitting.view import PhotoCamera
from head360.model.field import HairPlanes
from head360.model.hair_shape import HairShaper
from head360.model.seating import Seat, Seating
from head360.model.strand_ends import strands_volume, thinned
from head360.own_hair import OwnHair
from head360.rendering.grown import with_own
from head360.rendering.scene import Models
from training.arguments import add_source, source_of
from training.provenance import provenance
from training.stages.hair_data import extinction_grid
from training.stages.hair_pool import mean_scalp
from training.synhead.grooms_varied import varied_groom

STYLES = (
    "short_side_part", "quiff", "messy", "pixie", "caesar", "bob", "bob_bangs", "lob_wavy",
    "long_straight", "long_side_swept", "long_wavy", "long_bangs", "short_curly", "long_curly",
    "undercut",
)  # fmt: skip
#: Hairdressers; yaw and pitch of the photos, one after another.
_SEEDS = (7001, 7002)
_PHOTOS = ((0.0, 0.0), (-12.0, 4.0), (9.0, -5.0), (20.0, 2.0), (-5.0, 8.0))
#: Yaws and pitches that both are compared at.
_VIEWS: dict[str, tuple[tuple[float, float], ...]] = {
    "30": ((-30, 0), (30, 0)), "60": ((-60, 0), (60, 0)), "90": ((-90, 0), (90, 0)),
    "behind": ((135, 0), (180, 0), (225, 0)), "above": ((0, 70),),
}  # fmt: skip
_SIZE, _FOCAL, _DISTANCE, _CELLS = 80, 2.4, 1.1, 64  # pixels, sides, metres, cells of a grid


@dataclass(frozen=True, slots=True)
class Case:
    """One groom in one library style."""

    groom: str
    seed: int
    style: str
    own: bool  # whether that is the groom's
    photo: float
    around: Mapping[str, float]


class Ring:
    """The mean head, and cameras all around it."""

    def __init__(self, source: Path) -> None:
        self.models = Models.load()
        mesh = self.models.mesh
        self._triangles = torch.from_numpy(mesh.topology.triangles[mesh.topology.drawn]).long()
        self.shaper = HairShaper(mesh.topology, mesh.mean)
        self.seating = Seat(mesh.topology, mesh.mean).fit(mesh.mean)
        self._scalp = mean_scalp(source)
        self._around = {
            name: [self.seen(yaw, pitch) for yaw, pitch in views] for name, views in _VIEWS.items()
        }

    def groom(self, style: str, seed: int) -> Tensor:
        """(z, y, x) log extinctions of a style as somebody wears it."""
        return extinction_grid(varied_groom(style, self._scalp, seed), _CELLS)

    def seen(self, yaw: float, pitch: float) -> Silhouette:
        """The bald head from somewhere."""
        nothing = np.zeros((len(PARTS), _SIZE, _SIZE), np.float32)
        nothing[BACKGROUND] = 1
        bald = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
        return silhouette(bald, _camera(yaw, pitch), self.models.mesh.mean, self._triangles)

    def shares(self, seen: Silhouette, grid: Tensor, seating: Seating) -> Tensor:
        """(R,) how much of each ray hair stops."""
        return Worn(seen, seating, self.shaper).shares(grid[None])[0].clamp(0, 1)

    def overlaps(self, true: Tensor, grid: Tensor, seating: Seating) -> dict[str, float]:
        """How alike two grids of hair look from each side, the first one on the plain seating."""
        return {
            name: float(
                np.mean(
                    [
                        overlap(
                            self.shares(seen, true, self.seating), self.shares(seen, grid, seating)
                        )
                        for seen in views
                    ]
                )
            )
            for name, views in self._around.items()
        }


def overlap(one: Tensor, other: Tensor) -> float:
    """Least by most of (R,) opacities: 1 the same."""
    most = torch.maximum(one, other).sum().clamp(min=1e-6)
    return float(torch.minimum(one, other).sum() / most)


def cases(ring: Ring, styles: Sequence[str]) -> Iterator[Case]:
    """Every groom, in its own style and in the likeliest other."""
    number = 0
    for style in styles:
        for seed in _SEEDS:
            true = ring.groom(style, seed)
            seen = ring.seen(*_PHOTOS[number % len(_PHOTOS)])
            number += 1
            seen = replace(seen, share=ring.shares(seen, true, ring.seating))
            worn = Worn(seen, ring.seating, ring.shaper)
            told = [each for each in candidates([], worn, ring.models.styles) if each.style]
            own = next(each for each in told if each.style == style)
            other = min((each for each in told if each is not own), key=lambda each: each.unlike)
            for given in (own, other):
                yield _bent(ring, worn, true, given, (style, seed))


def _bent(ring: Ring, worn: Worn, true: Tensor, given: Candidate, groom: tuple[str, int]) -> Case:
    assert given.style is not None
    plain = ring.models.styles.planes(given.style)
    style = plain.mirrored() if given.mirrored else plain
    shape = finished(fit_hair_shape(worn, plain.grid, mirrored=given.mirrored)).shape
    strands = strands_volume(ring.models.hair, style)
    found = finished(fit_own_hair(worn, style.grid, strands, shape))
    own = OwnHair.made(
        given.style, mirrored=given.mirrored, ways=found.ways, cut=found.cut, ragged=found.ragged
    )
    seating = ring.shaper.own(ring.shaper.shaped(ring.seating, shape), own, shape)
    grid = _cut(ring, with_own(ring.models.hair, style, own, 1.0, mirrored=given.mirrored))
    photo = overlap(worn.seen.share, ring.shares(worn.seen, grid, seating))
    around = ring.overlaps(true, grid, seating)
    return Case(*groom, given.style, given.style == groom[0], photo, around)


def _cut(ring: Ring, style: HairPlanes) -> Tensor:
    """(z, y, x) log extinctions of a style as it is cut."""
    return thinned(ring.models.hair, replace(style, counted=None))


def _camera(yaw: float, pitch: float) -> PhotoCamera:
    camera = OrbitCamera(
        yaw_degrees=yaw, pitch_degrees=pitch, distance=_DISTANCE, target=(0.0, 0.0, -0.01)
    )
    rotation = np.diag([1.0, -1.0, -1.0]) @ np.array(camera.view_from_head)[:3, :3]
    return PhotoCamera(rotation, -rotation @ np.array(camera.eye, float), _SIZE * _FOCAL, _SIZE)


def means(found: Sequence[Case]) -> dict[str, dict[str, float]]:
    """By whether the style is the groom's: the mean of each view."""
    result = {}
    for name, own in (("own style", True), ("another style", False)):
        chosen = [case for case in found if case.own == own]
        views = {key: float(np.mean([case.around[key] for case in chosen])) for key in _VIEWS}
        result[name] = {"photo": float(np.mean([case.photo for case in chosen])), **views}
    return result


def main() -> None:
    """Measure, write all cases and say the means."""
    parser = argparse.ArgumentParser(
        prog="python -m training.hair_around",
        description="Compare bent hair with true hair from around.",
    )
    add_source(parser)
    parser.add_argument("out", type=Path, metavar="OUT.json")
    parser.add_argument("styles", nargs="*", metavar="STYLE", default=list(STYLES))
    parsed = parser.parse_args()
    found = list(cases(Ring(source_of(parsed)), parsed.styles))
    views = means(found)
    told = {"made": provenance(), "means": views, "cases": [asdict(case) for case in found]}
    with replacing(parsed.out) as partial:
        partial.write_text(json.dumps(told, indent=1), "utf-8")
    for name, shares in views.items():
        line = ", ".join(f"{key} {share:.3f}" for key, share in shares.items())
        sys.stdout.write(f"{name}: {line}\n")


if __name__ == "__main__":
    main()
