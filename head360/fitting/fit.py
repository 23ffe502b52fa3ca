"""From a photo to a head, step by step: prepare, detect, solve, parse, skin, report.

`Fitter.fit` is one generator. Every `yield` is progress, comes every few hundredths of a second,
and is where a caller may stop; nothing is written anywhere, so nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.assets import catalog
from head360.errors import PhotoError, UnknownNameError
from head360.faces import Face, FaceDetector, Picture
from head360.fitting.aligning import Aligned, aligned, realigned
from head360.fitting.crop import SIZE, Crop, crop_face, cut
from head360.fitting.drawing import marked, outlined, preview
from head360.fitting.dressing import AUTO, BALD, Dressed, Dresser
from head360.fitting.finding import MOST_FACES, FoundFaces, find_faces
from head360.fitting.landmarks import face_height
from head360.fitting.painted import Painted, check_shown, painted
from head360.fitting.parsing import ClassMap
from head360.fitting.photo import Photo, kept
from head360.fitting.quality import PhotoWarning, check_usable, unsure, warnings_about
from head360.fitting.report import FitReport, rounded, spread
from head360.fitting.request import STEPS, FitOptions, FitProgress, Looked, StepName, waiting
from head360.fitting.shape import remaining
from head360.fitting.shaping import Shaped, followed, headed, likely
from head360.fitting.solver import Sight, Solution, solve
from head360.fitting.steps import Clock, all_beside, beside
from head360.fitting.stock import Stock
from head360.fitting.versions import versions
from head360.fitting.view import PhotoCamera
from head360.marks import Marks, resized
from head360.params import FloatArray, HeadParams, neutral_head
from head360.rendering.scene import Models
from head360.sitting import MAX_PHOTO_BYTES, Sitting, photo_size

__all__ = ["STEPS", "FitOptions", "FitProgress", "FitResult", "Fitter", "waiting"]

#: Pixels along each side of the crop that skin is taken from.
_SKIN_PX = 1024
#: A second photo turned further than this shows one half of the face only, degrees.
_PROFILE = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class FitResult:
    """A head made from a photo."""

    params: HeadParams
    report: FitReport
    photo: bytes  # JPEG, to be stored with the head
    sitting: Sitting
    crop: Crop
    sight: Sight  # what the solver was told, landmarks in pixels of the crop
    faces: FoundFaces
    shaped: Shaped
    marks: Marks | None = None  # (H, W) of the stored photo: what was painted on it

    @property
    def solution(self) -> Solution:
        """Whom the photo likely shows, and from where."""
        return self.shaped.solution

    @property
    def landmarks(self) -> FloatArray:
        """(478, 3) pixels of the crop, as used."""
        return self.sight.landmarks


@dataclass(slots=True, eq=False)
class _Work:
    """A fit in progress."""

    photo: Photo
    options: FitOptions
    clock: Clock = field(default_factory=Clock)
    params: HeadParams = field(default_factory=neutral_head)
    glasses: float = 0.0  # area over the face's height squared, as parsed
    rest: npt.NDArray[np.floating] | None = None  # (468,) pixels left after the free-form rest


@dataclass(frozen=True, slots=True, eq=False)
class _Parsed:
    """What the photo shows where."""

    fine: Crop  # with more pixels, for skin
    brushed: Painted | None  # what a person painted there
    parts: ClassMap | None  # None if nobody can tell


class Fitter:
    """Fits heads to photos; what all fits need is made once. One fit at a time."""

    def __init__(self, models: Models) -> None:
        self._mesh = models.mesh
        self._detector: FaceDetector | None = None
        self._stock = Stock(models)
        self._dresser = Dresser(models, self._stock)
        self._stock.begin()

    def fit(
        self, photo: Photo, options: FitOptions | None = None
    ) -> Generator[FitProgress, None, FitResult]:
        """Make a head.

        Raises:
            PhotoError: there is no usable face.
            AssetError: the face detector has not been fetched.
            UnknownNameError: there is no such hairstyle.
        """
        work = _Work(photo, options or FitOptions())
        _check_hair(work.options.hair)
        yield _progress(work, "prepare", preview(photo.image))
        yield from self._run(work, "prepare", beside(self._eyes))
        looked, second = yield from self._run(work, "detect", self._look(work))
        found = looked.found
        yield _progress(work, "detect", outlined(found.photo.image, found.faces, looked.face))
        sights = _sights(work, looked, second)
        solved = yield from self._run(
            work, "solve", beside(partial(self._solve, work, looked, sights))
        )
        yield _progress(
            work, "solve", marked(looked.crop.image, looked.landmarks, solved.first.projected)
        )
        parsed = yield from self._parse(work, looked)
        shaped = yield from self._run(
            work, "parse", beside(partial(self._shape, work, looked, sights, solved, parsed.parts))
        )
        dressed = yield from self._dress(work, shaped.solution.first.camera, parsed)
        task = beside(partial(_result, work, looked, shaped, dressed))
        result: FitResult = yield from self._run(work, "report", task)
        return result

    def look(self, photo: Photo) -> Generator[None, None, FoundFaces]:
        """Only find the faces of a photo.

        Raises:
            PhotoError: there are none.
            AssetError: the face detector has not been fetched.
        """
        yield from beside(self._eyes)
        return (yield from all_beside(find_faces(photo, self._eyes())))

    def align(self, found: FoundFaces, number: int | None = None) -> Generator[None, None, Aligned]:
        """Cut out a face, from 1 (None: the largest), and explain its landmarks.

        Raises:
            PhotoError: there is no such face, or no head can be made from it.
        """
        yield from beside(self._eyes)
        face = found.chosen(number)
        looked = yield from beside(partial(self._cut, found, face, None))
        check_usable(face, looked.crop, face.angles_degrees[0])
        return (yield from beside(partial(aligned, self._stock.landmarks(), looked)))

    def realign(self, before: Aligned, landmark: int, to: tuple[float, float]) -> Aligned:
        """Explain them anew after a landmark was dragged to a column and row of the crop."""
        return realigned(self._stock.landmarks(), before, landmark, to)

    def close(self) -> None:
        """Free the detector, and make nothing ahead any more."""
        self._stock.close()
        if self._detector is not None:
            self._detector.close()
        self._detector = None

    def _run(
        self, work: _Work, step: StepName, task: Generator[None, None, Any]
    ) -> Generator[FitProgress, None, Any]:
        """What a task returns, its time measured and its yields made progress."""
        with work.clock.step(step):
            try:
                while True:
                    next(task)
                    yield _progress(work, step, None)
            except StopIteration as done:
                return done.value
            finally:
                task.close()

    def _eyes(self) -> FaceDetector:
        if self._detector is None:
            self._detector = FaceDetector(faces=MOST_FACES)
        return self._detector

    def _look(self, work: _Work) -> Generator[None, None, tuple[Looked, Looked | None]]:
        """The face in the photo, and in the second one."""
        options = work.options
        found = yield from all_beside(find_faces(work.photo, self._eyes()))
        face = found.chosen(options.face)
        given = options.landmarks
        looked = yield from beside(partial(self._cut, found, face, given))
        check_usable(face, looked.crop, face.angles_degrees[0])
        if options.second is None:
            return looked, None
        try:
            others = yield from all_beside(find_faces(options.second, self._eyes()))
        except PhotoError as error:
            raise PhotoError(
                f"In the second photo: {error}",
                "Use one that is turned by at most some 70°, or leave it out.",
            ) from error
        other = others.chosen(None)
        return looked, (yield from beside(partial(self._cut, others, other, None)))

    def _cut(self, found: FoundFaces, face: Face, given: FloatArray | None) -> Looked:
        """Cut a face out, and look again: upright and near, landmarks come out better."""
        crop = crop_face(found.photo.image, face.landmarks if given is None else given)
        again = self._eyes().detect(crop.image)
        best = min(again, key=_away_from_middle, default=None)
        if best is None:
            return Looked(found, face, crop, crop.from_photo(face.landmarks), face.expression)
        landmarks = best.landmarks if given is None else crop.from_photo(given)
        return Looked(found, face, crop, landmarks, best.expression)

    def _solve(self, work: _Work, looked: Looked, sights: Sequence[Sight]) -> Solution:
        """What the landmarks alone ask for."""
        found = solve(self._stock.landmarks(), sights, shaped=not work.options.without.shape)
        check_usable(looked.face, looked.crop, found.first.camera.head_angles_degrees[0])
        self._take(work, looked, found)
        return found

    def _shape(
        self,
        work: _Work,
        looked: Looked,
        sights: Sequence[Sight],
        solved: Solution,
        parts: ClassMap | None,
    ) -> Shaped:
        """Whom the photos likely show."""
        if work.options.without.shape:
            return Shaped(solved, solved)
        shaped = likely(self._stock, sights, solved, parts)
        self._take(work, looked, shaped.solution)
        return shaped

    def _take(self, work: _Work, looked: Looked, solution: Solution) -> None:
        """Let the head have a shape, and what landmarks ask for beyond it."""
        offsets = None
        if work.options.free_form and not work.options.without.free_form:
            offsets = self._stock.free_form().offsets(solution.first, looked.landmarks)
            work.rest = remaining(self._mesh.topology, solution.first, looked.landmarks, offsets)
        work.params = headed(self._mesh, work.params, solution, offsets, looked.landmarks)

    def again(
        self, result: FitResult, landmarks: FloatArray, placed: tuple[int, ...]
    ) -> tuple[HeadParams, Solution]:
        """The head of a fit after landmarks were dragged, its skin and hair as they were.

        Quick enough to call while dragging (30 ms of processor time). The skin still lies as
        the old shape had it: fit once more with `FitOptions.landmarks` when the dragging is over.

        Args:
            result: a fit by this fitter.
            landmarks: (478, 3) pixels of its crop, see `landmarks.moved`.
            placed: which of them a person has placed.
        """
        sight = replace(result.sight, landmarks=landmarks, fixed=placed)
        solution = followed(self._stock, result.shaped, sight).solution
        offsets = self._stock.free_form().offsets(solution.first, landmarks)
        return headed(self._mesh, result.params, solution, offsets, landmarks), solution

    def _parse(self, work: _Work, looked: Looked) -> Generator[FitProgress, None, _Parsed]:
        """What the photo shows where, as far as that is wanted."""
        options = work.options
        fine, brushed = yield from self._run(work, "parse", beside(partial(_fine, looked, options)))
        if options.without.parsing:
            return _Parsed(fine, brushed, None)
        landmarks = looked.landmarks * np.float32(fine.size / looked.crop.size)
        task = beside(partial(self._dresser.parse, fine, landmarks, brushed))
        parts: ClassMap | None = yield from self._run(work, "parse", task)
        if parts is not None:
            work.glasses = float(parts.mask("glasses").sum()) / face_height(landmarks) ** 2
        return _Parsed(fine, brushed, parts)

    def _dress(
        self, work: _Work, camera: PhotoCamera, parsed: _Parsed
    ) -> Generator[FitProgress, None, Dressed]:
        """Hair and skin, as far as they are wanted."""
        options, dresser, without = work.options, self._dresser, work.options.without
        fine, parts = parsed.fine, parsed.parts
        camera = camera.scaled(fine.size)
        steps = dresser.with_hair(
            work.params, camera, fine, parts, options.hair, shaped=options.hair_shape
        )
        dressed: Dressed = yield from self._run(work, "hair", all_beside(steps))
        work.params = dressed.params
        yield _progress(work, "hair", None)
        if options.skin:
            own = not (without.own_skin or without.likeness)
            skin = dresser.with_skin(dressed, camera, fine, parts, parsed.brushed, own=own)
            dressed = yield from self._run(work, "skin", all_beside(skin))
            work.params = dressed.params
        return without.coded(dressed)


def _sights(work: _Work, looked: Looked, second: Looked | None) -> list[Sight]:
    """What the solver is told of each photo."""
    sights = [looked.sight(work.options.placed)]
    if second is not None:
        turned = abs(second.face.angles_degrees[0]) > _PROFILE
        sights.append(second.sight(profile=turned))
    return sights


def _check_hair(hair: str) -> None:
    known = [AUTO, BALD, *(style.id for style in catalog().hairstyles)]
    if hair not in known:
        raise UnknownNameError("hairstyle", hair, known)


def _progress(work: _Work, step: StepName, shown: Picture | None) -> FitProgress:
    done = STEPS.index(step)
    return FitProgress(done, len(STEPS), step, shown, work.params)


def _away_from_middle(face: Face) -> float:
    left, top, right, bottom = face.box
    return abs(left + right - SIZE) + abs(top + bottom - SIZE)


def _fine(looked: Looked, options: FitOptions) -> tuple[Crop, Painted | None]:
    """The crop again with more pixels, for skin; and what was painted on it."""
    scale = _SKIN_PX / looked.crop.size
    matrix, photo = looked.crop.crop_from_photo * scale, looked.found.photo.image
    brushed = painted(options.marks, photo, matrix, _SKIN_PX)
    if brushed is not None:
        check_shown(brushed, looked.landmarks * np.float32(scale))
    return cut(photo, matrix, _SKIN_PX), brushed


def _result(work: _Work, looked: Looked, shaped: Shaped, dressed: Dressed) -> FitResult:
    seen = shaped.solution.first
    warnings = (
        *unsure(shaped.solved.first.errors),
        *warnings_about(
            looked.found.photo, looked.face, looked.crop, looked.landmarks,
            seen.camera.head_angles_degrees, work.glasses,
        ),
    )  # fmt: skip
    photo, scale = kept(looked.found.photo, MAX_PHOTO_BYTES)
    camera, roll = seen.camera.orbit()
    matrix = looked.crop.crop_from_photo / looked.crop.size
    matrix[:, :2] /= scale
    a, b, c, d, e, f = (float(number) for number in matrix.ravel())
    by_hand = work.options.by_hand(scale)
    report = _report(work, looked, shaped, dressed, warnings)
    return FitResult(
        dressed.params, report, photo, Sitting((a, b, c, d, e, f), camera, roll, by_hand),
        looked.crop, looked.sight(work.options.placed), looked.found, shaped,
        resized(work.options.marks, *photo_size(photo)),
    )  # fmt: skip


def _report(
    work: _Work,
    looked: Looked,
    shaped: Shaped,
    dressed: Dressed,
    warnings: tuple[PhotoWarning, ...],
) -> FitReport:
    solution, faces = shaped.solution, looked.found.faces
    seen, errors = solution.first, shaped.solved.first.errors
    left = seen.errors if work.rest is None else work.rest
    known = looked.found.photo.focal is not None
    return FitReport(
        photo=work.photo.name,
        faces=len(faces),
        face=1 + next(i for i, face in enumerate(faces) if face is looked.face),
        face_height_px=round(face_height(looked.face.landmarks), 1),
        angles_degrees=rounded(seen.camera.head_angles_degrees, 1),
        landmark_error_px=spread(errors),
        landmark_error_fitted_px=spread(left),
        rounds=shaped.solved.rounds,
        distance_m=round(seen.camera.distance, 3),
        focal="exif" if known else "assumed",
        focal_deviation=round(solution.deviations["log_focal"], 3),
        shape_size=round(float(np.linalg.norm(solution.shape)), 2),
        identity_left=round(solution.deviations["identity"], 3),
        hairstyles=dressed.hairstyles,
        hair=dressed.params.hairstyle or BALD,
        observed=round(dressed.observed, 3),
        warnings=warnings,
        notes=(*looked.found.photo.notes, *dressed.notes),
        seconds=work.clock.seconds,
        versions=versions(),
        light=dressed.light,
    )
