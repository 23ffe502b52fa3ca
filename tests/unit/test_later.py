"""A module that nobody uses is not imported, and whoever uses it has the real one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from head360.later import imported_later
from tests.unit.test_starting import modules_after


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that counts its imports, and one that imports a part of it."""
    (tmp_path / "slow_charts").mkdir()
    (tmp_path / "slow_charts" / "__init__.py").write_text("")
    (tmp_path / "slow_charts" / "plots.py").write_text("def drawn(): return 'a chart'\n")
    (tmp_path / "drags_along.py").write_text(
        "import slow_charts.plots as plots\ndef drawn(): return plots.drawn()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("slow_charts", "slow_charts.plots", "drags_along"):
        sys.modules.pop(name, None)


def test_a_module_is_imported_by_who_uses_it(package: None) -> None:
    with imported_later("slow_charts.plots"):
        import drags_along
    assert "slow_charts" not in sys.modules

    assert drags_along.drawn() == "a chart"
    assert "slow_charts.plots" in sys.modules


def test_others_import_the_real_one(package: None) -> None:
    with imported_later("slow_charts.plots"):
        import drags_along  # noqa: F401

    import slow_charts.plots

    assert slow_charts.plots.drawn() == "a chart"
    assert Path(slow_charts.__file__ or "").name == "__init__.py"


def test_what_is_here_already_stays(package: None) -> None:
    import slow_charts.plots

    with imported_later("slow_charts.plots"):
        import drags_along

        assert drags_along.plots is slow_charts.plots


def test_the_detector_does_without_charts(face_landmarker: None) -> None:
    modules = modules_after("from head360.faces import FaceDetector\nFaceDetector().close()")

    assert "mediapipe" in modules
    assert not modules & {"matplotlib", "matplotlib.pyplot"}
