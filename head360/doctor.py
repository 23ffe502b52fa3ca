"""Looks at an installation and says, for each part, whether it works and how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from head360 import __version__
from head360.assets import REFINE_FILE, catalog, checksum, refine_problem, resource
from head360.downloads import Asset, assets, is_here
from head360.errors import Head360Error, ResourceError
from head360.export.video import Renderer
from head360.rendering.request import RenderRequest

if TYPE_CHECKING:
    from head360.engine import HeadEngine

State: TypeAlias = Literal["good", "note", "bad"]

_PACKAGES = (
    "numpy", "scipy", "torch", "safetensors", "pillow", "moderngl", "av", "mediapipe", "pygltflib",
    "python-osc", "pyqtgraph",
)  # fmt: skip
_WINDOW_PACKAGE = "PySide6-Essentials"
#: Leaks a reference to None in every call of a void function and dies after a while.
_BROKEN_QT = "6.12.0"
_MODEL_FILES = (
    "environments/lights.safetensors",
    "models/mesh.safetensors",
    "models/texture*.safetensors",
    "models/fields.safetensors",
    "models/hair-*.safetensors",
    "models/faces.safetensors",
    "models/hairstyle.safetensors",
    "models/landmarks.safetensors",
    "models/shape.safetensors",
    "models/prompt.safetensors",
    "models/reading.safetensors",
)
_REINSTALL = "Reinstall Head360 Studio: “pip install --force-reinstall .” in its folder."
_REFINING_WAITS = "All else works; “Refine” stays off until a version that has it is installed."
_MIN_MEMORY, _MIN_DISK = 1.5e9, 0.5e9  # bytes
_FRAME_SIZE = 256
_SLOW_FRAME_MS = 500.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    state: State
    detail: str
    remedy: str = ""  # what to do, if anything


def diagnose(make_engine: Callable[[], HeadEngine]) -> Iterator[Finding]:
    """Look at one part after another; no finding stops the next."""
    yield Finding(
        "Head360 Studio", "good", f"{__version__} on Python {platform.python_version()}, "
        f"{platform.platform(terse=True)}, {os.cpu_count()} processors",
    )  # fmt: skip
    for package in _PACKAGES:
        yield _package(package)
    yield _sound()
    yield _windows()
    yield _graphics()
    yield _video_encoders()
    for pattern in _MODEL_FILES:
        yield _model_files(pattern)
    yield _refine_net()
    yield _catalog()
    for wanted in assets():
        yield _fetched(wanted)
    yield _memory()
    yield _disk()
    yield _first_frame(make_engine)


def _fetched(wanted: Asset) -> Finding:
    """What is not shipped but fetched; photos and cameras need it, all else works without."""
    if is_here(wanted):
        return Finding(wanted.title, "good", str(wanted.path))
    return Finding(
        wanted.title, "note", f"is not fetched: it {wanted.purpose}",
        f"head360 assets fetch {wanted.id}",
    )  # fmt: skip


def _package(name: str) -> Finding:
    try:
        return Finding(name, "good", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "bad", "is missing", f"pip install {name}")


def _sound() -> Finding:
    """What plays sounds in the window; films have theirs without it."""
    try:
        return Finding("miniaudio", "good", importlib.metadata.version("miniaudio"))
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            "miniaudio", "note", "is missing: the timeline plays silently", "pip install miniaudio"
        )


def _windows() -> Finding:
    """The window toolkit; the command line works without."""
    try:
        version = importlib.metadata.version(_WINDOW_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        remedy = f"pip install {_WINDOW_PACKAGE} — only the window needs it."
        return Finding("Qt", "bad", "is missing", remedy)
    if version == _BROKEN_QT:
        remedy = f"pip install “{_WINDOW_PACKAGE}<{_BROKEN_QT}”"
        return Finding("Qt", "bad", f"{version} crashes after a while", remedy)
    if _has_screen():
        return Finding("Qt", "good", version)
    remedy = "“head360 render” and “head360 turntable” work without one."
    return Finding("Qt", "note", f"{version}; there is no screen here for the window", remedy)


def _has_screen() -> bool:
    if platform.system() != "Linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _graphics() -> Finding:
    from head360.rendering.offscreen import create_context

    try:
        context = create_context()
    except Head360Error as error:
        return Finding("OpenGL", "bad", str(error), _graphics_remedy())
    info = context.info
    context.release()
    renderer = str(info["GL_RENDERER"])
    detail = f"{info['GL_VERSION']} — {info['GL_VENDOR']}, {renderer}"
    if any(word in renderer.lower() for word in ("llvmpipe", "softpipe", "swiftshader")):
        remedy = "It works, slower than a graphics card; install its driver if there is one."
        return Finding("OpenGL", "note", f"{detail} (drawn by the processor)", remedy)
    return Finding("OpenGL", "good", detail)


def _graphics_remedy() -> str:
    if platform.system() == "Linux":
        return (
            "Install your graphics driver, or software OpenGL: "
            "sudo apt install libegl1 libgl1 libgl1-mesa-dri"
        )
    return "Update the graphics driver; OpenGL 3.3 is needed."


def _video_encoders() -> Finding:
    try:
        import av
    except ImportError as error:
        return Finding("video", "bad", str(error), "pip install --force-reinstall av")
    missing = [name for name in ("libx264", "libvpx-vp9") if name not in av.codecs_available]
    if missing:
        return Finding(
            "video", "bad", f"PyAV lacks {', '.join(missing)}",
            "pip install --force-reinstall --only-binary av av; GIF and PNG frames still work.",
        )  # fmt: skip
    return Finding("video", "good", "H.264 and VP9")


def _model_files(pattern: str) -> Finding:
    from safetensors import SafetensorError, safe_open

    folder, name = pattern.rsplit("/", 1)
    try:
        files = sorted(resource(folder).glob(name))
    except ResourceError:
        files = []
    if not files:
        return Finding(pattern, "bad", "is missing", _REINSTALL)
    count = 0  # arrays
    for file in files:
        try:
            with safe_open(file, framework="np") as arrays:
                count += len(arrays.keys())
        except (OSError, SafetensorError) as error:
            return Finding(pattern, "bad", f"{file.name} is damaged: {error}", _REINSTALL)
    size = sum(file.stat().st_size for file in files)
    return Finding(pattern, "good", f"{_bytes(size)}, {count} arrays")


def _refine_net() -> Finding:
    """Everything works without it; only pictures cannot be refined."""
    if problem := refine_problem():
        return Finding(f"models/{REFINE_FILE}", "note", problem, _REFINING_WAITS)
    return _model_files(f"models/{REFINE_FILE}")


def _catalog() -> Finding:
    try:
        entries = catalog()
    except Head360Error as error:
        return Finding("models/catalog.json", "bad", str(error), _REINSTALL)
    altered = [name for name, known in entries.files.items() if _altered(name, known)]
    if altered:
        detail = f"other files than version {entries.version} came with: {', '.join(altered)}"
        return Finding("models/catalog.json", "bad", detail, _REINSTALL)
    detail = f"version {entries.version}, {len(entries.hairstyles)} hairstyles, checksums right"
    return Finding("models/catalog.json", "good", detail)


def _altered(name: str, known: str) -> bool:
    """Whether a model file is missing or is not the one that was shipped."""
    try:
        return checksum(resource("models", name)) != known
    except (OSError, ResourceError):
        return True


def _memory() -> Finding:
    free = _free_memory()
    if free is None:
        return Finding("memory", "good", "the system does not say how much is free")
    if free < _MIN_MEMORY:
        remedy = f"Close other programs: {_bytes(_MIN_MEMORY)} are needed."
        return Finding("memory", "bad", f"only {_bytes(free)} free", remedy)
    return Finding("memory", "good", f"{_bytes(free)} free")


def _free_memory() -> float | None:
    """Bytes, on systems that tell in a file."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return float(line.split()[1]) * 1024
    return None


def _disk() -> Finding:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if free < _MIN_DISK:
        return Finding("disk", "bad", f"only {_bytes(free)} free in {folder}", "Make some room.")
    return Finding("disk", "good", f"{_bytes(free)} free in {folder}")


def _first_frame(make_engine: Callable[[], HeadEngine]) -> Finding:
    name = f"one picture of {_FRAME_SIZE}²"
    try:
        engine = make_engine()
        try:
            milliseconds = _frame_time(engine, RenderRequest(engine.initial_head()))
        finally:
            engine.close()
    except Head360Error as error:
        return Finding(name, "bad", str(error), error.hint)
    except Exception as error:  # noqa: BLE001 (a report must not die of what it reports)
        remedy = "Please report this, with the whole text of “head360 doctor”."
        return Finding(name, "bad", f"{type(error).__name__}: {error}", remedy)
    detail = f"{milliseconds:.0f} ms"
    if milliseconds > _SLOW_FRAME_MS:
        remedy = "The window will be slow; a graphics driver or fewer running programs help."
        return Finding(name, "note", detail, remedy)
    return Finding(name, "good", detail)


def _frame_time(engine: Renderer, request: RenderRequest) -> float:
    """Milliseconds of a second picture, when everything is loaded."""
    small = RenderRequest(request.params, width=_FRAME_SIZE, height=_FRAME_SIZE)
    turned = RenderRequest(
        request.params, small.camera.with_(yaw_degrees=20.0), _FRAME_SIZE, _FRAME_SIZE
    )
    engine.render(small)
    return engine.render(turned).milliseconds


def _bytes(count: float) -> str:
    for size, unit in ((1e9, "GB"), (1e6, "MB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"
