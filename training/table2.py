"""Table 2 of the paper on our data: a head from one photo, seen from all around.

Nobody was trained on these people: shape, skin and the cut of their hair are new, and photos and
views are drawn by the true renderer. Every head gets one frontal photo; views of what the fit makes
of it are compared with true ones in the same light. Only where the photo's camera stood is not
asked: fitted faces are aligned with true ones by a similarity first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.engine import finished
from head360.errors import PhotoError
from head360.fitting.dressing import BALD
from head360.fitting.face_network import FACES_FILE
from head360.fitting.fit import FitResult, Fitter
from head360.fitting.landmarks import CALIBRATION_FILE
from head360.fitting.likely_shape import SHAPE_FILE
from head360.fitting.photo import photo_from_pixels
from head360.fitting.request import FitOptions
from head360.fitting.style_network import STYLE_FILE
from head360.fitting.without import Without
from head360.light import Background, Light
from head360.rendering.lighting import lighting
from head360.rendering.scene import SceneBuilder
from training.contenders import viewer_picture
from training.ledger import Ledger, shipped_weights, weights_mark
from training.novel_views import (
    Similarity,
    around,
    geometry_error,
    portrait_camera,
    portrait_face,
)
from training.provenance import provenance
from training.scores import Measures, Scores, rows
from training.synhead.heads import TrueHead
from training.synhead.renderer import HairReach, SetUp, TruthRenderer
from training.synhead.source import FACE
from training.synhead.styles import STYLES
from training.synhead.views import set_ups
from training.tables import Row, Table, write_tables
from training.truths import TruthBench, pixels, show

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

#: The paper's own figures (its Table 2, its own data).
PAPER = (Row("paper: full", None, 17.41, 0.873, lpips=0.118, csim=0.874),)
FULL = "full"
#: What is compared, and what each of them leaves out of a fit.
WAYS: Mapping[str, Without] = {
    FULL: Without(),
    "codes alone (latent inversion)": Without(likeness=True),
    "without shape first (mean shape)": Without(shape=True),
    "without skin of one's own": Without(own_skin=True),
    "without hair removal and classification": Without(parsing=True),
}
#: Nobody that any stage learns from, or is measured on, has such a number.
FIRST_PERSON = 1_200_000
_SALT = 2000
_FITTING = (FACES_FILE, STYLE_FILE, CALIBRATION_FILE, SHAPE_FILE)
_PHOTO_PX = 512
#: Portraits are taken before a grey wall.
WALL = Background((0.46, 0.47, 0.48), (0.36, 0.37, 0.38))
#: Yaw of the views of the sheets, degrees, and for how many people they are drawn.
SHEET_YAWS, _SHEET_ROWS = (-35.0, 75.0, 180.0), 8
#: Of the second table: views whose camera is turned by at most so much, degrees.
_SIDES = (("face", 60.0), ("side", 120.0), ("back", 180.0))


@dataclass(frozen=True, slots=True)
class Table2:
    """One evaluation."""

    source: Path
    out: Path
    heads: int = 30
    views: int = 24  # of each head
    size: int = 512  # pixels of a view
    lpips_backbone: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A head made from a photo, and what was measured of it."""

    found: FitResult
    errors: dict[str, float]
    carried: Similarity  # onto the true head


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A held-out person before a camera."""

    head: TrueHead
    face: Floats  # (52,) expression
    light: Light
    photo: Picture  # (512, 512, 3)
    landmarks: Floats  # (68, 2) pixels of the photo


def run(job: Table2) -> Iterator[str]:
    """Measure; yields a line after each person, and writes table-2.md, .json and pictures.

    Raises:
        Head360Error: source data or a model is missing, or the face detector is not at hand.
    """
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    measures = Measures.at_hand(job.lpips_backbone)
    ledger = _ledger(job, measures)
    studio: PhotoStudio | None = None
    try:
        for number in range(job.heads):
            if not all(ledger.known(case) is not None for case in _cases(job, number)):
                studio = studio or PhotoStudio(job, measures)
                studio.measure(number, ledger)
            write_tables(job.out, "table-2", tables(job, ledger), _note(job, measures))
            yield f"head {number + 1}/{job.heads}: {_said(ledger, number)}"
    finally:
        if studio is not None:
            studio.close()


def tables(job: Table2, ledger: Ledger) -> list[Table]:
    """What was measured so far."""
    ways = {name: Scores() for name in WAYS}
    sides = {name: Scores() for name, _ in _SIDES}
    cameras = around(job.views)
    for number in range(job.heads):
        for name, values in (ledger.known(f"{number}/fit") or {}).items():
            ways[name].take(values)
        for view, camera in enumerate(cameras):
            known = ledger.known(f"{number}/{view}") or {}
            for name, values in known.items():
                ways[name].take(values)
            if FULL in known:
                sides[_side(camera)].take(known[FULL])
    title = f"From one photo, {job.size} pixels"
    return [
        Table("The paper's figures, for comparison (its own data)", PAPER),
        Table(title, rows(ways), "20 dB, SSIM 0.88, CSIM ahead of the inversion"),
        Table("The full method by where the camera stands", rows(sides)),
    ]


class PhotoStudio:
    """Takes photos of people, fits heads to them, and measures these."""

    def __init__(self, job: Table2, measures: Measures) -> None:
        self._job, self._measures = job, measures
        self._bench = TruthBench(job.source, job.size)
        self._camera = TruthRenderer(self._bench.maker.topology, _PHOTO_PX)
        self._fitter = Fitter(self._bench.models)
        self._builder = SceneBuilder(self._bench.models)
        self._face = self._bench.maker.topology.vertex_part == FACE

    def close(self) -> None:
        """Give everything back."""
        self._fitter.close()
        self._camera.release()
        self._bench.close()

    def sitter(self, number: int) -> Sitter:
        """Person `number`, and a photo of them."""
        seed = FIRST_PERSON + number
        rng = np.random.default_rng([_SALT, number])
        # Each round of so many people wears every style once, and one of them is bald.
        worn = (*STYLES, None)
        order = np.random.default_rng([_SALT, number // len(worn)]).permutation(len(worn))
        style = worn[order[number % len(worn)]]
        head = self._bench.maker.head(seed, style, hairdresser=seed)
        face, camera, light = portrait_face(rng), portrait_camera(rng), set_ups(seed, 1)[0]
        posed = show(self._bench.maker, self._camera, head, camera, face)
        reach = HairReach.of(head.groom) if head.groom else None
        photo = self._camera.picture(SetUp.of(lighting(light), reach), WALL)[..., :3]
        points = posed.vertices.numpy()[self._bench.maker.topology.landmarks68]
        return Sitter(head, face, light, photo, pixels(points, camera, _PHOTO_PX))

    def fitted(self, sitter: Sitter, without: Without) -> Fitted | None:
        """A head made from the photo; None if there is no usable face in it."""
        try:
            found = finished(
                self._fitter.fit(photo_from_pixels(sitter.photo), FitOptions(without=without))
            )
        except PhotoError:
            return None
        with torch.inference_mode():
            neutral = self._bench.models.mesh.identity_of(found.params).neutral.numpy()
        truth = sitter.head.identity.neutral.numpy()
        carried = Similarity.between(neutral[self._face], truth[self._face])
        return Fitted(found, self._measured(sitter, found, neutral), carried)

    def measure(self, number: int, ledger: Ledger) -> None:
        """Fit heads to the photo of person `number` in all ways, and compare all views."""
        sitter = self.sitter(number)
        made = {name: fit for name, w in WAYS.items() if (fit := self.fitted(sitter, w))}
        shots = [(camera, sitter.face) for camera in around(self._job.views)]
        light = lighting(sitter.light)
        for view, truth in enumerate(self._bench.pictures(sitter.head, shots, light)):
            found = {}
            for name, fit in made.items():
                image = self._drawn(fit, sitter, truth.camera)
                found[name] = Scores(self._measures).add(truth, image)
            ledger.note(f"{number}/{view}", found)
        if FULL in made and number < _SHEET_ROWS:
            path = self._job.out / "pictures" / f"person-{number}.png"
            save(path, self._sheet(sitter, made[FULL]))
        ledger.note(f"{number}/fit", {name: fit.errors for name, fit in made.items()})

    def _measured(self, sitter: Sitter, found: FitResult, neutral: Floats) -> dict[str, float]:
        truth = sitter.head.identity.neutral.numpy()
        style = sitter.head.params.hairstyle or BALD
        named = found.report.hairstyles
        return {
            "geometry_mm": geometry_error(neutral[self._face], truth[self._face]),
            "landmark_px": self._landmark_error(sitter, found),
            "style_found": float(bool(named) and named[0][0] == style),
        }

    def _landmark_error(self, sitter: Sitter, found: FitResult) -> float:
        """Pixels of the photo, mean over 68 landmarks of the fitted head in its camera."""
        mesh = self._bench.models.mesh
        with torch.inference_mode():
            identity = mesh.identity_of(found.params)
            vertices = mesh.pose(identity, torch.tensor(found.params.expression)).numpy()
        points = vertices[self._bench.maker.topology.landmarks68].astype(np.float64)
        crop = found.solution.first.camera.pixels(points).astype(np.float32)
        there = found.crop.to_photo(crop)[:, :2]
        return float(np.linalg.norm(there - sitter.landmarks, axis=1).mean())

    def _drawn(self, fit: Fitted, sitter: Sitter, camera: OrbitCamera) -> Picture:
        """The fitted head in the photo's true light."""
        scene = self._builder.build(fit.found.params.with_(light=sitter.light))
        seen = fit.carried.camera(camera)
        return viewer_picture(self._bench.viewer, scene, seen, self._job.size, exact=False)

    def _sheet(self, sitter: Sitter, fit: Fitted) -> list[Picture]:
        """The photo; then truth and fit, from three sides."""
        size = (self._job.size, self._job.size)
        small = Image.fromarray(sitter.photo).resize(size, Image.Resampling.LANCZOS)
        shown: list[Picture] = [np.asarray(small)]
        shots = [(OrbitCamera(yaw, 4.0), sitter.face) for yaw in SHEET_YAWS]
        for truth in self._bench.pictures(sitter.head, shots, lighting(sitter.light)):
            shown += [truth.image, self._drawn(fit, sitter, truth.camera)]
        return shown


def save(path: Path, pictures: Sequence[Picture]) -> None:
    """Pictures of one size beside each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(pictures, 1)).save(path)


def _cases(job: Table2, number: int) -> list[str]:
    return [f"{number}/fit", *(f"{number}/{view}" for view in range(job.views))]


def _side(camera: OrbitCamera) -> str:
    return next(name for name, most in _SIDES if abs(camera.yaw_degrees) <= most)


def _said(ledger: Ledger, number: int) -> str:
    errors = (ledger.known(f"{number}/fit") or {}).get(FULL)
    front = (ledger.known(f"{number}/0") or {}).get(FULL)
    if errors is None or front is None:
        return "no usable face"
    return f"{front['psnr']:.1f} dB from the front, {errors['geometry_mm']:.1f} mm"


def _ledger(job: Table2, measures: Measures) -> Ledger:
    """What a run that was stopped has measured already, with the same weights."""
    weights = shipped_weights()
    weights += [path for name in _FITTING if (path := resource("models", name)).exists()]
    settings = {
        "size": job.size, "views": job.views, "ways": list(WAYS),
        "weights": weights_mark(weights), "measures": measures.names,
    }  # fmt: skip
    return Ledger(job.out / "table-2.jsonl", settings)


def _note(job: Table2, measures: Measures) -> str:
    parser = resource("models", FACES_FILE).exists()
    parsed = "" if parser else " The network that parses photos was missing."
    return (
        f"{job.heads} people with shapes, skin and cuts of hair that nothing was trained on; one "
        f"frontal photo of {_PHOTO_PX} pixels in, {job.views} views out, true light, black "
        "background; faces aligned by a similarity. Geometry: neutral face. Landmarks: pixels of "
        f"the photo.{parsed} {measures.missing}{provenance()}"
    )
