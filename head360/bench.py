"""Measures how fast heads are drawn here, each figure as a ratio to the reference renderer too.

Machines differ and are busy with other things, so a figure in milliseconds says little alone; the
reference renderer is measured in the same minutes, and the ratio travels.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from head360.camera import OrbitCamera
from head360.errors import Head360Error
from head360.export.video import Renderer
from head360.params import EXPRESSIONS, HeadParams
from head360.progress import Progress
from head360.rendering.request import RendererName, RenderRequest

_WARM_UP = 2  # frames that load, compile and fill caches
_SLOW_WARM_UP = 1
_ORBIT_STEP_DEGREES = 7.0
_DRAG_STEPS = 16  # from closed to open and back
_DRAGGED = EXPRESSIONS.index("jawOpen")
_START_TIMEOUT_S = 300.0


class BenchError(Head360Error):
    """A measurement failed."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How long to measure."""

    frames: int = 20  # of each fast measurement
    reference_frames: int = 3  # of each slow one, after one to warm up; 0: no reference
    start: bool = True  # whether to measure the start in a fresh process
    large: bool = False  # whether to draw LARGE_SCENES too, which the reference is spared


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of frame."""

    name: str
    size: int  # pixels, the height
    drags: bool  # an expression changes from frame to frame; otherwise the camera
    draft: bool = True  # as the studio draws while something moves; otherwise as it draws at rest
    width: int | None = None  # pixels; None: as high as wide
    compared: bool = True  # the reference draws it, too


SCENES = (
    Scene("orbit_512", 512, drags=False),
    Scene("orbit_256", 256, drags=False),
    Scene("expression_256", 256, drags=True),
    Scene("still_512", 512, drags=False, draft=False),
)


#: Full HD, for machines with a graphics card.
LARGE_SCENES = (
    Scene("orbit_1080", 1080, drags=False, width=1920, compared=False),
    Scene("expression_1080", 1080, drags=True, width=1920, compared=False),
    Scene("still_1080", 1080, drags=False, draft=False, width=1920, compared=False),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """One kind of frame, in milliseconds."""

    median_ms: float
    slowest_tenth_ms: float  # 90th percentile
    frames_per_second: float  # at the median
    reference_ms: float | None  # the same frame by the reference renderer; None: not measured
    ratio: float | None  # how many times faster than that


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured."""

    machine: dict[str, str | int]
    hairstyle: str | None
    timings: dict[str, Timing]  # by the names of scenes
    first_picture_s: float | None  # from starting a new process to a 512² picture on disk
    peak_memory_mb: float | None  # of this process, before the reference renderer started


def measure(
    engine: Renderer, params: HeadParams, options: BenchOptions
) -> Generator[Progress, None, BenchReport]:
    """Draw one kind of frame after another; yields after each frame."""
    scenes = SCENES + (LARGE_SCENES if options.large else ())
    compared = [scene for scene in scenes if scene.compared]
    fast: dict[str, list[float]] = {scene.name: [] for scene in scenes}
    slow: dict[str, list[float]] = {scene.name: [] for scene in scenes}
    slow_frames = options.reference_frames and _SLOW_WARM_UP + options.reference_frames
    total = len(scenes) * (_WARM_UP + options.frames) + len(compared) * slow_frames
    done = 0
    for scene in scenes:
        for elapsed in _times(engine, params, scene, "fast", _WARM_UP + options.frames):
            fast[scene.name].append(elapsed)
            done += 1
            yield Progress(done, total)
    peak_mb = _peak_memory_mb()  # the reference needs more
    for scene in compared:
        for elapsed in _times(engine, params, scene, "reference", slow_frames):
            slow[scene.name].append(elapsed)
            done += 1
            yield Progress(done, total)
    return BenchReport(
        machine=_machine(),
        hairstyle=params.hairstyle,
        timings={name: _timing(fast[name][_WARM_UP:], slow[name][_SLOW_WARM_UP:]) for name in fast},
        first_picture_s=_first_picture_s() if options.start else None,
        peak_memory_mb=peak_mb,
    )


def _times(
    engine: Renderer, params: HeadParams, scene: Scene, renderer: RendererName, count: int
) -> Iterator[float]:
    """Milliseconds of each of `count` frames."""
    for index in range(count):
        request = _request(params, scene, renderer, index)
        started = time.perf_counter()
        engine.render(request)
        yield (time.perf_counter() - started) * 1000


def _request(params: HeadParams, scene: Scene, renderer: RendererName, index: int) -> RenderRequest:
    camera = OrbitCamera()
    if scene.drags:
        weights = params.expression.copy()
        weights[_DRAGGED] = 1 - abs((index % _DRAG_STEPS) / (_DRAG_STEPS / 2) - 1)
        params = params.with_(expression=weights)
    else:
        camera = camera.with_(yaw_degrees=index * _ORBIT_STEP_DEGREES)
    width = scene.width or scene.size
    return RenderRequest(params, camera, width, scene.size, renderer=renderer, draft=scene.draft)


def _timing(fast: list[float], slow: list[float]) -> Timing:
    median = float(np.median(fast))
    reference = float(np.median(slow)) if slow else None
    return Timing(
        median_ms=median,
        slowest_tenth_ms=float(np.quantile(fast, 0.9)),
        frames_per_second=1000 / median,
        reference_ms=reference,
        ratio=reference / median if reference else None,
    )


def _first_picture_s() -> float:
    """Seconds from starting a new process to a picture on disk."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "first.png"
        command = [sys.executable, "-m", "head360", "render", "-q", "-o", str(picture)]
        started = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_START_TIMEOUT_S, check=False
        )
        elapsed = time.perf_counter() - started
    if done.returncode:
        raise BenchError(f"A fresh process could not make a picture: {done.stderr.strip()}")
    return elapsed


def _peak_memory_mb() -> float | None:
    """Most memory this process has had so far, where the system tells."""
    try:
        resource = importlib.import_module("resource")  # not on Windows
    except ImportError:
        return None
    peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak / 1e6 if platform.system() == "Darwin" else peak * 1024 / 1e6


def _machine() -> dict[str, str | int]:
    from head360.rendering.offscreen import create_context

    context = create_context()
    renderer = str(context.info["GL_RENDERER"])
    context.release()
    return {
        "system": platform.platform(terse=True),
        "processors": os.cpu_count() or 1,
        "python": platform.python_version(),
        "opengl": renderer,
    }
