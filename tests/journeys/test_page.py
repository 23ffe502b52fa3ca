"""A head in one HTML file: what it holds, and what a browser makes of it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from head360 import __main__ as command_line
from head360.camera import OrbitCamera
from head360.engine import HeadEngine, finished
from head360.errors import ExportError
from head360.export.options import MeshOptions
from head360.export.page.contents import DELTA_STEP, NEUTRAL_STEP
from head360.export.page.packing import packed, unpacked
from head360.export.page.shaders import es_source
from head360.export.page.writer import _script, read_page, write_page
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import Performance, Sound
from head360.progress import Progress
from head360.project import Project, save_project
from head360.rendering.gpu_hair import GpuHair
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, SceneBuilder
from tests.browser import browser, chromium

MAX_BYTES = 12e6
needs_browser = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def head() -> HeadParams:
    return HeadEngine().initial_head().with_(hairstyle="pixie")


@pytest.fixture(scope="module")
def take() -> Performance:
    weights = np.zeros((3, 52), np.float32)
    weights[1, EXPRESSIONS.index("jawOpen")] = 0.8
    weights[2, EXPRESSIONS.index("mouthSmileLeft")] = 1.0
    pose = np.array([[0, 0, 0], [20, 5, 0], [-20, 0, 5]], np.float32)
    return Performance(np.array([0.0, 0.5, 1.0]), weights, pose, "Hello", 2.0, sound=hum())


def hum() -> Sound:
    """A second of a tone."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        tone = 9000 * np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 300)
        file.writeframes(tone.astype("<i2").tobytes())
    return Sound(buffer.getvalue())


@pytest.fixture(scope="module")
def page(models: Models, head: HeadParams, take: Performance, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "me.html"
    options = MeshOptions(name="Ada & <b>", performance=take)
    finished(write_page(models, SceneBuilder(models), head, path, options))
    return path


def test_one_file_that_asks_for_nothing(page: Path) -> None:
    text = page.read_text("utf-8")
    assert page.stat().st_size <= MAX_BYTES
    assert text.startswith("<!DOCTYPE html>")
    said = re.sub(r"[A-Za-z0-9+/=]{200,}", "", text)  # packed data says anything by chance
    assert len(said) > 20_000, "the viewer is still there"
    assert not re.findall(r"https?://|//cdn|\bimport\(|\bfetch\(|XMLHttpRequest|WebSocket", said)
    assert not re.findall(r'<(?:link|img|iframe)|\b(?:src|href)="', text)
    assert "default-src 'none'" in text
    assert "Ada &amp; &lt;b&gt;" in text
    assert "Ada & <b>" not in text
    assert "made with Head360 Studio" in text


def test_the_packed_mesh_is_the_head(page: Path, models: Models, head: HeadParams) -> None:
    facts, arrays = read_page(page)
    identity = SceneBuilder(models).identity(head)
    neutral = arrays["neutral"] * NEUTRAL_STEP
    np.testing.assert_allclose(neutral, identity.neutral.numpy(), atol=NEUTRAL_STEP)
    deltas = np.zeros((52, len(neutral), 3))
    which = np.repeat(np.arange(52), arrays["delta_count"])
    deltas[which, arrays["delta_vertex"]] = arrays["delta"] * DELTA_STEP
    assert np.linalg.norm(deltas - identity.deltas.numpy(), axis=2).max() < 2e-5
    assert facts["expressions"] == list(EXPRESSIONS)
    np.testing.assert_allclose(facts["expression"], head.expression)


def test_the_packed_skin_and_take_are_kept(
    page: Path, models: Models, head: HeadParams, take: Performance
) -> None:
    facts, arrays = read_page(page)
    maps = SceneBuilder(models).build(head).maps.numpy().transpose(1, 2, 0)
    assert np.abs(arrays["map_color"] / 255 - maps[..., :4]).max() < 0.51 / 255
    assert np.abs(arrays["map_height"] / 65535 - maps[..., 7:]).max() < 1e-5
    weights = arrays["take_weights"].T * facts["constants"]["steps"]["weight"]
    np.testing.assert_allclose(weights, take.expression, atol=2e-4)
    pose = arrays["take_pose"].T * facts["constants"]["steps"]["pose"]
    np.testing.assert_allclose(pose, take.head_pose, atol=3e-3)


@pytest.mark.usefixtures("gl")
def test_the_packed_hair_is_what_the_viewer_bakes(
    page: Path, models: Models, head: HeadParams, gl
) -> None:
    worn = SceneBuilder(models).build(head).hair
    assert worn is not None
    with gl:
        hair = GpuHair(gl, models.head, models.hair)
        hair.wear(worn)
        finished(hair.bake(draft=False))
        volume = hair._known[0].baked
        raw = np.frombuffer(volume.textures["u_volume_density"].read(alignment=1), np.float16)
    facts, arrays = read_page(page)
    roots = arrays["hair_density"] * facts["hair"]["steps"]["density"]
    (x, y, z), (columns, rows, depth) = volume.voxels.first, volume.voxels.size
    baked = np.zeros(roots.shape, np.float32)
    baked[z : z + depth, y : y + rows, x : x + columns] = (
        raw.reshape(depth, rows, columns).astype(np.float32).clip(0)
    )
    assert np.abs(roots - baked).mean() < 0.01
    assert np.percentile(np.abs(roots - baked)[baked > 1], 99) < 0.5
    assert len(arrays["hair_root"]) == (arrays["hair_density"] > 0).sum()


def test_packing_gives_back_what_it_took() -> None:
    rng = np.random.default_rng(1)
    arrays = {
        kind: rng.integers(-90 if kind[0] == "i" else 0, 90, (7, 6)).astype(kind)
        for kind in ("u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4")
    }
    facts, found = unpacked(packed({"a": [1]}, arrays, {"u1": 3, "i2": 6, "u4": 1}))
    assert facts == {"a": [1]}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, name)


@pytest.mark.parametrize("text", ["", "?", "eJwDAAAAAAE=", "AAAA"])
def test_damaged_pages_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        unpacked(text)
    broken = tmp_path / "no.html"
    broken.write_text(text)
    with pytest.raises(ExportError):
        read_page(broken)


def test_shaders_begin_with_their_version() -> None:
    text = es_source("// words\n#version 330\n\nout vec4 c; // more\nvoid main() {}\n")
    assert text.startswith("#version 300 es\n")
    assert "words" not in text
    assert "330" not in text


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_script_is_a_script(tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    path.write_text(_script(), "utf-8")
    subprocess.run(["node", "--check", str(path)], check=True, capture_output=True)


def test_a_project_takes_its_performance_along(
    take: Performance, head: HeadParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked = []

    class Exporter(HeadEngine):
        def export(self, params, path, options=None):
            asked.append(options)
            path.write_bytes(b"")
            yield Progress(0, 1, "The sound is left out.")
            return path

    monkeypatch.setattr(
        "head360.cli.terminal.Terminal.follow", lambda self, task, _: finished(task)
    )
    save_project(Project(head, performance=take), tmp_path / "me.h360")
    for ending in ("html", "glb"):
        words = ["export", str(tmp_path / "me.h360"), "-o", str(tmp_path / f"me.{ending}")]
        assert command_line.main(words, Exporter) == 0
    assert capsys.readouterr().err.count("The sound is left out.") == 2
    assert asked[0].performance.name == "Hello"
    assert asked[1].performance is None


@needs_browser
@pytest.mark.usefixtures("gl")
@pytest.mark.timeout(600)
def test_a_browser_draws_what_the_studio_draws(
    page: Path, head: HeadParams, tmp_path: Path
) -> None:
    size = 192
    engine = HeadEngine()
    with browser(tmp_path) as tab:
        tab.size(size, size)
        tab.open(page, "embed")
        for words, yaw, pose in (("", 0, (0, 0, 0)), ("yaw=140&turn=25&nod=8", 140, (25, 8, 0))):
            tab.wait("Boolean(window.head360)", 240)
            tab.value(f"location.hash = 'embed&{words}'")
            drawn = (
                f"head360.camera.yaw_degrees == {yaw} && document.documentElement.dataset.complete"
            )
            tab.wait(drawn, 240)
            turned = head.with_(head_pose=np.array(pose, np.float32))
            request = RenderRequest(turned, OrbitCamera(yaw_degrees=yaw), size, size)
            wanted = engine.render(request).image[..., :3].astype(int)
            apart = np.abs(tab.picture().astype(int) - wanted)
            assert apart.mean() <= 2, words
        assert tab.requests == [url for url in tab.requests if url.startswith("file:")]
        assert len({url.partition("#")[0] for url in tab.requests}) == 1
        assert tab.complaints == []
        assert int(tab.value("document.documentElement.dataset.firstMs")) > 0
        assert tab.value("head360.timeline.sound.bytes.length") > 4000
        decoded = "new OfflineAudioContext(1, 48000, 48000).decodeAudioData(bytes)"
        tab.value(
            "{ const bytes = head360.timeline.sound.bytes.slice().buffer;"
            f" {decoded}.then((buffer) => {{ window.heard_s = buffer.duration; }}); }}"
        )
        assert tab.wait("window.heard_s") == pytest.approx(1.0, abs=0.1)
        tab.value("head360.timeline.toggle()")
        tab.wait("head360.timeline.time > 0.05")  # heard or not, it plays
        tab.value("head360.timeline.toggle()")
        tab.value("head360.timeline.seek(0.5)")
        jaw = EXPRESSIONS.index("jawOpen")
        assert tab.value(f"head360.look.expression[{jaw}]") == pytest.approx(0.8, abs=1e-4)
        assert tab.value("document.querySelectorAll('#controls input[type=range]').length") == 57
        unnamed = (
            "[...document.querySelectorAll('input')].filter(i => !i.labels.length && !i.ariaLabel)"
        )
        assert tab.value(f"{unnamed}.length") == 0
    engine.close()
