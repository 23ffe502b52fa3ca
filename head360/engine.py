"""The one door to the head model and its renderers, for the app, the CLI and scripts."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from head360.assets import REFINE_FILE, catalog, resource
from head360.editing.prompt import Understanding, understand
from head360.errors import UnknownNameError
from head360.export.options import MeshOptions
from head360.model.ahead import ReadAhead
from head360.model.refine import RefineNet, load_refine
from head360.model.sampling import chosen_head, random_person
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.reference_picture import reference_picture
from head360.rendering.refined import before, drawn_layers, refined, refined_layers
from head360.rendering.request import Frame, RenderRequest, ViewMode
from head360.rendering.scene import Models, Scene, SceneBuilder
from head360.rendering.viewer import Picture, Shot, Viewer

if TYPE_CHECKING:
    from head360 import faces
    from head360.editing.restyle import ImageEditor, RestyleOptions, RestyleStep
    from head360.editing.unfinished import Unfinished
    from head360.fitting.aligning import Aligned
    from head360.fitting.finding import FoundFaces
    from head360.fitting.fit import FitOptions, FitProgress, FitResult, Fitter
    from head360.fitting.photo import Photo
    from head360.fitting.solver import Solution
    from head360.params import FloatArray

Value = TypeVar("Value")

#: Samples along each side of a pixel of a complete picture.
SAMPLES = 2
#: A draft should take about so long, seconds, and have at least so many pixels along its sides.
_DRAFT_S, _MIN_DRAFT_PX = 0.08, 144
#: How far the drafts' scale may move from one to the next.
_LARGEST_STEP = 1.4


class HeadEngine:
    """Draws heads. Owns the model and an off-screen OpenGL context.

    Cheap to make; models and shaders load on first use. All calls must come from one thread
    (the one that made the first call), because the OpenGL context lives there. Engines in several
    threads do not disturb each other.
    """

    def __init__(self, ahead: ReadAhead | None = None) -> None:
        """An engine; `ahead` has begun to read the models (`head360.starting`)."""
        self._ahead = ahead
        self._models: Models | None = None
        self._scenes: SceneBuilder | None = None
        self._viewer: Viewer | None = None
        self._net: RefineNet | None = None
        self._fitter: Fitter | None = None
        self._draft_scale = 0.5
        self._gave_way = False  # the last draft was dropped for a newer request

    def initial_head(self) -> HeadParams:
        """The good-looking head a new project starts with."""
        return chosen_head()

    def random_head(self, seed: int, hairstyle: object = ...) -> HeadParams:
        """A plausible new person: shape, skin, eyes and hair, the same for the same seed.

        `hairstyle` overrides the one that comes with the seed; None is bald.

        Raises:
            UnknownNameError: there is no such hairstyle.
        """
        person = random_person(seed)
        names = [style.id for style in catalog().hairstyles]
        if hairstyle is ...:
            own = np.random.default_rng([seed, 7]).integers(len(names) + 1)
            return person.with_(hairstyle=[*names, None][own])
        if not (hairstyle is None or hairstyle in names):
            raise UnknownNameError("hairstyle", str(hairstyle), names)
        return person.with_(hairstyle=hairstyle)

    def render(self, request: RenderRequest) -> Frame:
        """Make one complete picture, however long it takes.

        Raises:
            Head360Error: a model is missing, OpenGL cannot be used, or a name is unknown.
        """
        start = time.perf_counter()
        if request.renderer == "reference":
            scene = self._scene(request)
            image = reference_picture(self._loaded(), scene, request, _samples(request))
            return _frame(image, True, start)
        if not request.refines:
            return _frame(finished(self._drawing(request, _shot(request))), True, start)
        scene, shot = self._scene(request), _shot(request)
        image = finished(refined(self._drawer(), self._refiner(), scene, shot))
        return _frame(image, True, start, refined=True)

    def refine(self, request: RenderRequest, is_stale: Callable[[], bool]) -> Iterator[Frame]:
        """Yield quick drafts first and the complete picture last; stop early once stale.

        `is_stale` is asked between tiles, so a newer request waits for one draft at most.
        """
        if request.renderer == "reference":
            yield self.render(request)
            return
        start = time.perf_counter()
        # Never twice in a row, or a face that moves all the time would not be seen at all.
        gives_way = _never if self._gave_way else is_stale
        draft = _unless_stale(self._drawing(request, self._draft(request)), gives_way)
        self._gave_way = draft is None
        if draft is None:
            return
        seconds = time.perf_counter() - start
        yield _frame(draft, False, start)
        self._adapt(seconds)
        if is_stale():
            return
        if request.refines:
            yield from self._refined(request, is_stale, start)
            return
        full = _unless_stale(self._drawing(request, _shot(request)), is_stale)
        if full is not None:
            yield _frame(full, True, start)

    def fit(
        self, photo: Photo | Path | faces.Picture, options: FitOptions | None = None
    ) -> Generator[FitProgress, None, FitResult]:
        """Make a head from a photo: a file, an (H, W, 3) sRGB array, or one that was read before.

        Iterate for progress and previews; the result is what the generator returns:

            engine = HeadEngine()
            result = finished(engine.fit(Path("photo.jpg")))
            frame = engine.render(RenderRequest(result.params))

        Closing the generator stops the fit. One fit at a time; it needs no OpenGL, so that it may
        run on another thread than rendering, with an engine of its own.

        Raises:
            PhotoError: the photo cannot be read or shows no usable face.
            AssetError: the face detector has not been fetched (`head360 assets fetch`).
        """
        from head360.fitting.photo import photo_from_pixels, read_photo

        if isinstance(photo, Path):
            photo = read_photo(photo)
        elif isinstance(photo, np.ndarray):
            photo = photo_from_pixels(photo)
        fitter = yield from self._photographer()
        return (yield from fitter.fit(photo, options))

    def fit_again(
        self, result: FitResult, landmarks: FloatArray, placed: tuple[int, ...] = ()
    ) -> tuple[HeadParams, Solution]:
        """The head of a fit by this engine after landmarks (478, 3) of its crop were dragged.

        21–26 ms of processor time were measured; skin and hair stay. `fitting.landmarks.moved`
        drags one and its neighbours.
        """
        if self._fitter is None:
            raise ValueError("fit a photo first")
        return self._fitter.again(result, landmarks, placed)

    def find_faces(self, photo: Photo) -> Generator[FitProgress, None, FoundFaces]:
        """Only find the faces of a photo, from left to right.

        Raises:
            PhotoError: there are none.
            AssetError: the face detector has not been fetched.
        """
        from head360.fitting.fit import waiting

        fitter = yield from self._photographer()
        return (yield from waiting(fitter.look(photo)))

    def align(
        self, found: FoundFaces, number: int | None = None
    ) -> Generator[FitProgress, None, Aligned]:
        """Cut out one of the faces, from 1 (None: the largest), with landmarks to look over.

        Raises:
            PhotoError: there is no such face, or no head can be made from it.
        """
        from head360.fitting.fit import waiting

        fitter = yield from self._photographer()
        return (yield from waiting(fitter.align(found, number)))

    def realign(self, before: Aligned, landmark: int, to: tuple[float, float]) -> Aligned:
        """The same face after one landmark was dragged to a column and row of the crop."""
        if self._fitter is None:
            finished(self._photographer())
        assert self._fitter is not None
        return self._fitter.realign(before, landmark, to)

    def _photographer(self) -> Generator[FitProgress, None, Fitter]:
        from head360.fitting.fit import Fitter, waiting
        from head360.fitting.steps import beside

        if self._fitter is None:
            models = yield from waiting(beside(self._loaded))
            self._fitter = Fitter(models)
        return self._fitter

    def export(
        self, params: HeadParams, path: Path, options: MeshOptions | None = None
    ) -> Generator[Progress, None, Path]:
        """Write a head as a mesh, a cloud or a page: .glb, .obj, .usdz, .usdc, .usda, .ply, .html.

        Yields progress; closing it before the end leaves nothing behind. Needs no OpenGL.

        Raises:
            ExportError: the ending is unknown, the options make no such file, or it cannot be
                written.
        """
        from head360.export.formats import export_head

        chosen = options or MeshOptions()
        yield Progress(0, 100)
        return (yield from export_head(self._loaded(), self._builder(), params, path, chosen))

    def understand(self, text: str, params: HeadParams) -> Understanding:
        """What a sentence asks for, as an edit layer over a head.

        Add it by `params.with_(edits=(*params.edits, understanding.layer))`.
        """
        return understand(text, params, self._loaded().mesh)

    def restyle(
        self,
        params: HeadParams,
        editor: ImageEditor,
        options: RestyleOptions | None = None,
        unfinished: Unfinished | None = None,
    ) -> Generator[RestyleStep, None, HeadParams]:
        """Repaint a head as an image editor repaints its pictures (`editing.restyle`).

        Iterate for progress and previews; the result, the head with one more layer, is what the
        generator returns. Closing it stops the work; with an `Unfinished` it can go on later.
        """
        from head360.editing.restyle import RestyleOptions, RestyleStep, restyle, shown_while
        from head360.editing.skin_paint import Model
        from head360.fitting.steps import beside

        options = options or RestyleOptions()
        first = RestyleStep(0, options.views * options.rounds, None, params)
        yield from shown_while(beside(self._loaded), first)

        models, builder = self._loaded(), self._builder()
        model = Model(
            models.texture,
            models.mesh.topology,
            models.mesh.mean,
            lambda head: builder.build(head).placed,
        )

        def draw(
            request: RenderRequest, modes: Sequence[ViewMode]
        ) -> Generator[None, None, tuple[Picture, ...]]:
            return self._drawer().layers(self._scene(request), _shot(request), modes)

        return (yield from restyle(params, editor, draw, model, options, unfinished))

    def describe_graphics(self) -> dict[str, str]:
        """What OpenGL says of itself: GL_VENDOR, GL_RENDERER, GL_VERSION and more."""
        return self._drawer().info

    def close(self) -> None:
        """Release the OpenGL context and the face detector."""
        if self._fitter is not None:
            self._fitter.close()
        if self._viewer is not None:
            self._viewer.release()
        self._viewer = self._scenes = None

    def _refined(
        self, request: RenderRequest, is_stale: Callable[[], bool], start: float
    ) -> Iterator[Frame]:
        """The picture as drawn, at full size, and then the refined one."""
        net, shot = self._refiner(), _shot(request)
        scene = self._scene(request)
        layers = _unless_stale(drawn_layers(self._drawer(), scene, shot), is_stale)
        if layers is None:
            return
        drawn = _unless_stale(before(layers.shaded, shot.background), is_stale)
        if drawn is None:
            return
        yield _frame(drawn, False, start)
        image = _unless_stale(refined_layers(net, layers, shot.background), is_stale)
        if image is not None:
            yield _frame(image, True, start, refined=True)

    def _drawing(self, request: RenderRequest, shot: Shot) -> Generator[None, None, Picture]:
        if self._viewer is not None:
            return self._viewer.draw(self._scene(request), shot)
        self._builder()
        with ThreadPoolExecutor(1, "first scene") as beside:  # while shaders are compiled here
            scene = beside.submit(self._scene, request)
            viewer = self._drawer()
            viewer.prepare(shot)
            return viewer.draw(scene.result(), shot)

    def _scene(self, request: RenderRequest) -> Scene:
        return self._builder().build(request.params, observed=request.mode == "observed")

    def _draft(self, request: RenderRequest) -> Shot:
        scale = min(1.0, self._draft_scale)
        least = min(1.0, _MIN_DRAFT_PX / min(request.width, request.height))
        scale = max(scale, least)
        size = (max(1, round(request.width * scale)), max(1, round(request.height * scale)))
        return replace(_shot(request), width=size[0], height=size[1], samples=1, draft=True)

    def _adapt(self, seconds: float) -> None:
        """Choose the next draft's scale from how long this one took."""
        wanted = sqrt(_DRAFT_S / max(seconds, 1e-4))
        step = min(max(wanted, 1 / _LARGEST_STEP), _LARGEST_STEP)
        if not 0.9 < wanted < 1.15:  # hysteresis: small changes would only make the picture swim
            self._draft_scale = min(max(self._draft_scale * step, 0.1), 1.0)

    def _loaded(self) -> Models:
        if self._models is None:
            self._models, self._ahead = Models.load(self._ahead), None
        return self._models

    def _builder(self) -> SceneBuilder:
        if self._scenes is None:
            self._scenes = SceneBuilder(self._loaded())
        return self._scenes

    def _refiner(self) -> RefineNet:
        if self._net is None:
            self._net = load_refine(resource("models", REFINE_FILE))
        return self._net

    def _drawer(self) -> Viewer:
        if self._viewer is None:
            self._viewer = Viewer(self._loaded())
        return self._viewer


def _shot(request: RenderRequest) -> Shot:
    return Shot(
        request.camera,
        request.width,
        request.height,
        _samples(request),
        request.mode,
        exact=request.renderer == "exact",
        background=request.background,
        draft=request.draft,
    )


def _samples(request: RenderRequest) -> int:
    return 1 if request.draft else SAMPLES


def _never() -> bool:
    return False


def _unless_stale(
    steps: Generator[None, None, Value], is_stale: Callable[[], bool]
) -> Value | None:
    """What the steps make, or None as soon as it is no longer wanted."""
    try:
        while True:
            next(steps)
            if is_stale():
                return None
    except StopIteration as done:
        value: Value = done.value
        return value
    finally:
        steps.close()


def finished(steps: Generator[object, None, Value]) -> Value:
    """What a task returns, its progress ignored."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            value: Value = done.value
            return value


def _frame(image: Picture, complete: bool, start: float, *, refined: bool = False) -> Frame:
    return Frame(image, complete, (time.perf_counter() - start) * 1e3, refined)
