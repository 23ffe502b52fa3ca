"""Fixtures every test may use, and the automatic markers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from head360.params import HeadParams, neutral_head

if TYPE_CHECKING:
    from head360.faces import FaceDetector

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_TOLERANCE = 2  # of 255
GOLDEN_OUTLIERS = 0.001  # fraction of values that may differ by more


@pytest.fixture
def neutral() -> HeadParams:
    """The mean head: no expression, bald."""
    return neutral_head()


@pytest.fixture(scope="session")
def gl():
    """An off-screen OpenGL 3.3 context; skips where the machine has none."""
    import moderngl

    options = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        context = moderngl.create_context(standalone=True, require=330, **options)
    except Exception as error:  # noqa: BLE001 (drivers fail in many ways)
        pytest.skip(f"no off-screen OpenGL 3.3: {error}")
    yield context
    context.release()


@pytest.fixture(scope="session")
def face_landmarker() -> None:
    """The face detector's weights; skips where they were not fetched, or cannot be used."""
    from head360.downloads import asset, is_here
    from head360.faces import detector_problem

    if problem := detector_problem():
        pytest.skip(problem)

    if not is_here(asset("face_landmarker")):
        pytest.skip("the face detector's weights are not here (head360 assets fetch)")


@pytest.fixture(scope="session")
def detector(face_landmarker: None) -> Iterator[FaceDetector]:
    """A detector of up to five faces in still pictures."""
    from head360.faces import FaceDetector

    with FaceDetector(faces=5) as made:
        yield made


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A real photo with clear rights, (512, 512, 3) sRGB."""
    data = pytest.importorskip("skimage.data", reason="scikit-image brings the test photo")
    return data.astronaut()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[np.ndarray, str], None]:
    """Compares an (H, W, 3 or 4) uint8 picture with `golden/NAME.png`; see `--update-golden`."""

    def check(image: np.ndarray, name: str) -> None:
        path = GOLDEN / f"{name}.png"
        if request.config.getoption("--update-golden"):
            Image.fromarray(image).save(path)
            return
        expected = np.asarray(Image.open(path))
        assert image.shape == expected.shape
        difference = np.abs(image.astype(int) - expected)
        outliers = float((difference > GOLDEN_TOLERANCE).mean())
        if outliers > GOLDEN_OUTLIERS:
            _write_failure(name, image, expected, difference)
        assert outliers <= GOLDEN_OUTLIERS, f"{outliers:.2%} of {name} differs: see golden/failed"

    return check


def _write_failure(
    name: str, actual: np.ndarray, expected: np.ndarray, difference: np.ndarray
) -> None:
    folder = GOLDEN / "failed"
    folder.mkdir(exist_ok=True)
    magnified = (difference[..., :3] * 8).clip(0, 255).astype(np.uint8)
    for kind, image in (("actual", actual), ("expected", expected), ("difference", magnified)):
        Image.fromarray(image).save(folder / f"{name}-{kind}.png")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden images")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Derive markers from fixtures, so that nobody forgets one."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "gl" in names:
            item.add_marker("gl")
        if "qtbot" in names:
            item.add_marker("gui")


@pytest.fixture(autouse=True)
def no_unexpected_warnings(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on any log record of WARNING or worse that the test did not clear."""
    yield
    loud = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not loud, f"unexpected log records: {loud}"
