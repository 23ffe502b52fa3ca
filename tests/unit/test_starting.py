"""What a start must not wait for, in kind: what is imported, and what is unpacked beside torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from head360 import engine as engine_module
from head360.assets import resource
from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.errors import GraphicsError, ResourceError
from head360.model import ahead as ahead_module
from head360.model.ahead import ReadAhead
from head360.model.bilinear import BilinearModel
from head360.model.texture import TextureModel
from head360.model.topology import Topology
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models

#: Each takes a tenth of a second or more to import, and no first picture needs them.
HEAVY = ("scipy", "sympy", "torch._dynamo", "mediapipe", "cv2", "av", "trimesh", "PySide6")


def modules_after(code: str) -> set[str]:
    """Names of all modules of a fresh process that has run some code."""
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(found.stdout.split())


def test_reading_ahead_does_not_wait_for_torch() -> None:
    reading = "from head360.model.ahead import ReadAhead\nReadAhead().texture()"

    modules = modules_after(f"import head360.starting\n{reading}")

    assert "head360.model.texture_file" in modules
    assert not modules & {"torch", *HEAVY}


def test_an_engine_starts_without_what_it_may_never_need() -> None:
    code = """
from head360.starting import started_engine
from head360.rendering.scene import Models, SceneBuilder
import head360.cli.commands
engine = started_engine()
models = engine._loaded()
SceneBuilder(models).build(engine.initial_head())
assert models.mesh._rest is None  # modes that no slider shows stay packed
assert list(models.styles._unpacked) == [engine.initial_head().hairstyle]
"""

    assert not modules_after(code) & set(HEAVY)


def test_reading_ahead_changes_nothing() -> None:
    ahead = ReadAhead()
    mesh, texture = (
        resource("models", "mesh.safetensors"),
        resource("models", "texture.safetensors"),
    )

    arrays = ahead.mesh()
    known, found = BilinearModel.load(mesh), BilinearModel(Topology.of(arrays), arrays)
    code = torch.linspace(-1, 1, 50)
    assert torch.equal(found.neutral(code), known.neutral(code))
    assert torch.equal(found.identity(code).deltas, known.identity(code).deltas)
    weights = TextureModel.load(texture).generator.state_dict()
    for name, values in TextureModel.of_file(ahead.texture()).generator.state_dict().items():
        assert torch.equal(values, weights[name]), name


def test_a_missing_file_is_told_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_parts: str) -> None:
        raise ResourceError("It is missing.")

    monkeypatch.setattr(ahead_module, "resource", missing)
    ahead = ReadAhead()  # in the background, so nothing is raised yet

    with pytest.raises(ResourceError, match="missing"):
        Models.load(ahead)


def test_without_opengl_the_first_picture_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_models: Models) -> None:
        raise GraphicsError("There is none.")

    engine = HeadEngine()
    monkeypatch.setattr(engine_module, "Viewer", none)

    with pytest.raises(GraphicsError):
        engine.render(RenderRequest(engine.initial_head(), OrbitCamera(), 8, 8))
