"""A light engine and a window for the GUI tests: no OpenGL, no trained weights."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app.document import HeadDocument
from app.locks import Locks
from app.main_window import MainWindow, Services
from app.settings import WELCOMED, Places, Settings
from app.stage import Stage
from app.theme import Theme
from app.workers.speaker import NoSpeakerError, Pull
from head360.assets import Catalog, Hairstyle
from head360.camera import OrbitCamera
from head360.editing.prompt import Understanding
from head360.edits import Change, EditLayer, Wish
from head360.errors import PhotoError
from head360.export.options import MeshOptions
from head360.files import replacing
from head360.fitting.aligning import Aligned
from head360.fitting.crop import crop_face
from head360.fitting.finding import FoundFaces
from head360.fitting.fit import STEPS, FitOptions, FitProgress, FitResult
from head360.fitting.photo import Photo
from head360.fitting.quality import PhotoWarning
from head360.fitting.request import Looked
from head360.fitting.shaping import Shaped
from head360.params import ATTRIBUTES, HeadParams, neutral_head
from head360.progress import Progress
from head360.rendering.request import Frame, RenderRequest
from head360.sitting import Sitting
from tests.gui.photo_stand_ins import fake_face, fake_hair, fake_report, fake_solution
from tests.gui.repaint_stand_ins import restyled

DRAFT = 4  # how much smaller a draft is


class FakeEngine:
    """Draws an egg that depends on everything in the request; refined, it is a little brighter."""

    REFINED = 20  # of 255

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.drawn: list[RenderRequest] = []
        self.exported: list[tuple[HeadParams, Path, MeshOptions | None]] = []
        self.dragged: list[tuple[int, tuple[float, float]]] = []
        self.fitted: list[tuple[Photo, FitOptions]] = []
        self.restyled: list[int] = []  # from which picture on
        self.closed = False

    def initial_head(self) -> HeadParams:
        return neutral_head().with_(hairstyle="bob")

    def random_head(self, seed: int) -> HeadParams:
        random = np.random.default_rng(seed)
        return neutral_head().with_(
            shape=random.normal(0, 0.7, 50),
            texture=random.normal(0, 0.7, 64),
            attributes=random.uniform(0, 1, len(ATTRIBUTES)),
            hairstyle=str(random.choice(["bob", "afro", "buzz"])),
            hair_color=random.uniform(0, 0.5, 3),
            iris_color=random.uniform(0, 0.5, 3),
        )

    def understand(self, text: str, params: HeadParams) -> Understanding:
        """Knows one word."""
        if "freckles" not in text:
            return Understanding(None, (text,), (f"Not understood: “{text}”.",))
        strengths = np.zeros(len(ATTRIBUTES), np.float32)
        strengths[ATTRIBUTES.index("freckles")] = 0.5
        wish = Wish("Freckles", "freckles", 1.0, Change(attributes=strengths))
        return Understanding(EditLayer(text, (wish,)), (), ())

    def render(self, request: RenderRequest) -> Frame:
        self.drawn.append(request)
        image = draw_egg(request, request.width, request.height)
        if request.refines:
            image[..., :3] = np.minimum(image[..., :3], 255 - self.REFINED) + self.REFINED
        return Frame(image, True, 1.0, request.refines)

    def refine(self, request: RenderRequest, is_stale: Callable[[], bool]) -> Iterator[Frame]:
        small = (max(request.width // DRAFT, 1), max(request.height // DRAFT, 1))
        yield Frame(draw_egg(request, *small), False, 1.0)
        waited = time.monotonic() + self.seconds
        while time.monotonic() < waited:
            if is_stale():
                return
            time.sleep(0.002)
        if request.refines and not is_stale():
            yield Frame(draw_egg(request, request.width, request.height), False, 1.0)
        if not is_stale():
            yield self.render(request)

    def export(
        self, params: HeadParams, path: Path, options: MeshOptions | None = None
    ) -> Generator[Progress, None, Path]:
        self.exported.append((params, path, options))
        with replacing(path) as partial:
            for step in range(20):
                partial.write_text(str(step))
                yield Progress(step, 20)
                time.sleep(self.seconds / 20)
        return path

    def find_faces(self, photo: Photo) -> Generator[FitProgress, None, FoundFaces]:
        """As many faces as the photo is times wider than high; none in a black one."""
        yield FitProgress(0, 7, "prepare")
        if not photo.image.any():
            raise PhotoError("No face was found.", "Use a photo that shows a face.")
        height, width = photo.image.shape[:2]
        count = max(1, width // height)
        faces = [fake_face((i + 0.5) * width / count, height) for i in range(count)]
        return FoundFaces(photo, tuple(faces))

    def align(
        self, found: FoundFaces, number: int | None = None
    ) -> Generator[FitProgress, None, Aligned]:
        yield FitProgress(0, 7, "prepare")
        face = found.chosen(number)
        if found.photo.name == "turned.png":
            raise PhotoError("The face is turned 70° to its left.", "Use one from the front.")
        crop = crop_face(found.photo.image, face.landmarks)
        looked = Looked(found, face, crop, crop.from_photo(face.landmarks), face.expression)
        warning = PhotoWarning("dark", "The face is dark.", "Use more light.", 40.0)
        return Aligned(looked, fake_solution(looked.landmarks), (), (warning,))

    def realign(self, before: Aligned, landmark: int, to: tuple[float, float]) -> Aligned:
        self.dragged.append((landmark, to))
        time.sleep(self.seconds / 10)
        landmarks = before.landmarks.copy()
        landmarks[landmark, :2] = to
        looked = replace(before.looked, landmarks=landmarks)
        placed = (*before.placed, landmark)
        return replace(before, looked=looked, solution=fake_solution(landmarks), placed=placed)

    def fit(
        self, photo: Photo, options: FitOptions | None = None
    ) -> Generator[FitProgress, None, FitResult]:
        assert options is not None
        self.fitted.append((photo, options))
        blank = neutral_head()
        found = FoundFaces(photo, (fake_face(photo.image.shape[1] / 2, photo.image.shape[0]),))
        aligned = yield from self.align(found)
        params = blank
        for number, step in enumerate(STEPS):
            if step == "parse":
                params = self.random_head(7).with_(hairstyle="bob")
            if photo.name == "bad.png" and step == "skin":
                raise PhotoError("The photo is bad.", "Use another.")
            for _ in range(10):
                yield FitProgress(number, len(STEPS), step, photo.image[:64, :64], params)
                time.sleep(self.seconds / 10 / len(STEPS))
        file = io.BytesIO()
        Image.fromarray(photo.image).save(file, "JPEG")
        matrix = aligned.crop.crop_from_photo / aligned.crop.size
        a, b, c, d, e, f = (float(number) for number in matrix.ravel())
        placed = options.by_hand(1.0)
        sitting = Sitting((a, b, c, d, e, f), OrbitCamera(distance=1.1), 2.0, placed)
        return FitResult(
            params, fake_report(photo.name, aligned), file.getvalue(), sitting,
            aligned.crop, aligned.looked.sight(), found, Shaped(aligned.solution, aligned.solution),
            marks=options.marks,
        )  # fmt: skip

    restyle = restyled

    def close(self) -> None:
        self.closed = True


def draw_egg(request: RenderRequest, width: int, height: int) -> np.ndarray:
    """(H, W, 4) a lit egg with a cap of hair, two eyes and a mouth."""
    params, camera = request.params, request.camera
    rays = camera.rays(width, height)
    center, radii = np.array([0, -0.01, 0]), np.array([0.078, 0.115, 0.095])
    start = (camera.eye - center) / radii
    ray = rays / radii
    a, b, c = (ray**2).sum(-1), (ray * start).sum(-1), (start**2).sum() - 1
    root = b * b - a * c
    hit = root > 0
    t = (-b - np.sqrt(np.maximum(root, 0))) / a
    p = start + ray * t[..., None]
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    lamp = np.deg2rad(params.light.rotation_degrees + 35)
    lit = 0.35 + 0.65 * np.clip(x * np.sin(lamp) + 0.4 * y + z * np.cos(lamp), 0, 1)
    color = np.array([0.80, 0.60, 0.50]) * (1 + 0.1 * np.tanh(params.texture[:3]))
    image = np.broadcast_to(color, (*hit.shape, 3)).copy()
    jaw, smile = params.expression[24], params.expression[43]
    for side in (-1, 1):
        image[(z > 0) & ((x - 0.35 * side) ** 2 + (y - 0.12) ** 2 * 3 < 0.018)] = 0.95
        iris = (z > 0) & ((x - 0.35 * side) ** 2 + (y - 0.12) ** 2 < 0.005)
        image[iris] = np.sqrt(params.iris_color)
    mouth_y = -0.5 + smile * 0.5 * x**2 * 4
    image[(z > 0) & (abs(x) < 0.3) & (abs(y - mouth_y) < 0.03 + 0.15 * jaw)] = (0.5, 0.2, 0.2)
    if params.hairstyle:
        low = {"bob": -0.3, "afro": 0.0, "buzz": 0.4}.get(params.hairstyle, 0.1)
        image[(y > 0.45) | ((z < 0.1) & (y > low))] = np.sqrt(params.hair_color)
    image *= lit[..., None] * params.light.intensity
    back, out = request.background, np.zeros((*hit.shape, 4))
    radius = np.hypot(*np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height)))
    mix = np.clip(radius / 1.3, 0, 1)[..., None]
    out[..., :3] = np.array(back.inner) * (1 - mix) + np.array(back.outer) * mix
    out[..., 3] = 0.0 if back.transparent else 1.0
    out[hit, :3], out[hit, 3] = image[hit], 1.0
    return (np.clip(out, 0, 1) * 255).astype(np.uint8)


CATALOG = Catalog(
    version="test",
    hairstyles=tuple(
        Hairstyle(name, name.replace("_", " ").capitalize(), kind, 0.7)
        for name, kind in (
            ("buzz", "short"), ("short_side_part", "short"), ("quiff", "short"),
            ("pixie", "short"), ("bob", "medium"), ("lob_wavy", "medium"),
            ("long_straight", "long"), ("long_wavy", "long"), ("long_curly", "curly"),
            ("afro", "curly"), ("ponytail", "tied"), ("braid", "braided"),
        )
    ),
    shape_names=("Width", "Length", "Jaw", "Nose length", *[""] * 46),
    texture_names=("Skin tone", "Age", *[""] * 62),
)  # fmt: skip


@pytest.fixture
def document() -> HeadDocument:
    """A plain head, open."""
    return HeadDocument(neutral_head())


@pytest.fixture
def stage(document: HeadDocument) -> Stage:
    """What it is seen on."""
    return Stage(document)


@pytest.fixture
def locks() -> Locks:
    """Nothing is locked."""
    return Locks()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", cache=tmp_path / "cache")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(QSettings(str(tmp_path / "studio.ini"), QSettings.Format.IniFormat))
    settings.set(WELCOMED, True)
    return settings


@pytest.fixture
def theme(qapp: QApplication, tmp_path: Path) -> Theme:
    return Theme("dark", tmp_path / "icons")


@pytest.fixture
def engines() -> list[FakeEngine]:
    """Every engine that was made, the render thread's first."""
    return []


@dataclass
class Pace:
    """How long engines made from now on take for a complete picture."""

    seconds: float = 0.0


@pytest.fixture
def pace() -> Pace:
    return Pace()


@dataclass
class FakeSpeaker:
    """A loudspeaker that asks for samples when a test says so."""

    ask: Pull
    is_open: bool = True

    def close(self) -> None:
        self.is_open = False


class Speakers:
    """Every loudspeaker that was opened."""

    def __init__(self) -> None:
        self.opened: list[FakeSpeaker] = []
        self.missing = False

    def open(self, pull: Pull) -> FakeSpeaker:
        if self.missing:
            raise NoSpeakerError("Nothing can be heard here.", "Plug one in.")
        self.opened.append(FakeSpeaker(pull))
        return self.opened[-1]

    @property
    def on(self) -> FakeSpeaker | None:
        """The one that is open."""
        return next((speaker for speaker in self.opened if speaker.is_open), None)


@pytest.fixture
def speakers() -> Speakers:
    return Speakers()


@pytest.fixture
def services(
    settings: Settings, places: Places, engines: list[FakeEngine], pace: Pace, speakers: Speakers
) -> Services:
    def make_engine() -> FakeEngine:
        engines.append(FakeEngine(pace.seconds))
        return engines[-1]

    return Services(make_engine, CATALOG, settings, places, speakers.open)


def end(window: MainWindow) -> None:
    """Close a window, however long its threads take on a busy machine."""
    window.close_without_asking()
    window.renderer.wait()
    for maker in (window.panels.hair.thumbnails, window.panels.light.thumbnails):
        while not maker.stop():
            pass


@pytest.fixture
def window(qtbot: QtBot, services: Services) -> Iterator[MainWindow]:
    """A window that shows its first head."""
    window = MainWindow(services)
    window.resize(1280, 800)
    with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
        window.show()
    yield window
    end(window)
    window.deleteLater()


@pytest.fixture
def answer(qtbot: QtBot) -> Callable[[str], list[str]]:
    """Presses a button of the next question; gives a list that then holds what was asked."""

    def prepare(button_text: str) -> list[str]:
        asked: list[str] = []

        def press() -> None:
            box = QApplication.activeModalWidget()
            if not isinstance(box, QMessageBox):
                QTimer.singleShot(10, press)
                return
            asked.append(box.text())
            next(b for b in box.buttons() if b.text() == button_text).click()

        QTimer.singleShot(0, press)
        return asked

    return prepare


@pytest.fixture
def detector_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.workers.photos.asset_path", lambda _: tmp_path)
    monkeypatch.setattr("app.photo_session.tell_hair", fake_hair)


@pytest.fixture(autouse=True)
def no_leaked_windows(qapp: QApplication) -> Iterator[None]:
    """Fail when a test leaves a window behind."""
    before = set(qapp.topLevelWidgets())
    yield
    qapp.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    leaked = [w for w in qapp.topLevelWidgets() if w not in before and w.isVisible()]
    assert not leaked, f"left open: {leaked}"
