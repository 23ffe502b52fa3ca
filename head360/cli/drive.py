"""`head360 drive`: faces from videos, recordings, webcams and phones, to recordings and films."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from head360.camera import OrbitCamera
from head360.camera_path import CameraPath
from head360.cli.arguments import UsageError
from head360.cli.commands import checked, on_background, video_options
from head360.cli.on_camera import CameraStage, camera_stage
from head360.cli.scene import Scene, one_of, scene_of
from head360.cli.terminal import Terminal
from head360.driving.bvh import read_bvh, write_bvh
from head360.driving.csv import read_csv, write_csv
from head360.driving.exercise import exercise
from head360.driving.names import PACKET_ORDERS
from head360.driving.source import LiveSource
from head360.driving.tracker import CAMERA_GAINS
from head360.driving.tuning import Tuning, rest_at_start, tuned_take
from head360.driving.udp import ProtocolName
from head360.errors import DrivingError, UnknownNameError
from head360.params import EXPRESSIONS
from head360.performance import (
    POSE_CHANNELS,
    Performance,
    looped,
    ping_pong,
    retimed,
    smoothed,
    trimmed,
)
from head360.project import SUFFIX, Project, load_project, save_project
from head360.sound import read_sound

if TYPE_CHECKING:
    from head360.driving.live import Live
    from head360.engine import HeadEngine
    from head360.export.video import VideoOptions
    from head360.performance import Sample

_CSV, _BVH = ".csv", ".bvh"
_WEBCAM = r"\d{1,3}"  # webcams have numbers
_RECORDINGS = {_CSV: write_csv, _BVH: write_bvh}
_PROTOCOLS: tuple[ProtocolName, ...] = ("livelink", "ifacialmocap", "vmc")
_Key: TypeAlias = tuple[float, dict[str, float]]  # seconds, and what the camera is like then
#: `--smooth 1` blurs a recording with this standard deviation, seconds; live, see filters.
_SMOOTHEST_S = 0.12
_SMOOTH_CAMERA = 0.3  # of pictures, unless said otherwise; recordings stay as they are
_FILM_FPS = 30
_TOLD_EVERY_S, _LOOKED_EVERY_S = 1.0, 0.01
_TOLD_SHAPES = 3


def drive(
    arguments: argparse.Namespace, make_engine: Callable[[], HeadEngine], terminal: Terminal
) -> None:
    """Follow a face, and do with it what was asked for."""
    if arguments.devices:
        _list_devices(terminal)
        return
    outputs = [path for path in arguments.output if _is_film(path)]
    plan = {path: _film_options(arguments, path) for path in outputs}  # refuse before following
    keys = [_key(text) for text in arguments.key]
    with camera_stage(arguments, make_engine, terminal) as stage:
        take = _edited(_take(arguments, terminal, stage), arguments)
        terminal.note(
            f"“{take.name}”  {len(take)} moments  {take.duration_s:.2f} s  {take.fps:.4g} a second"
        )
        if stage is not None and not _is_live(arguments):  # else it was shown while it happened
            terminal.note(f"{stage.play(take)} pictures shown")
    for path in arguments.output:
        if write := _RECORDINGS.get(path.suffix.lower()):
            write(take, path)
            terminal.note(str(path))
    if plan or any(path.suffix.lower() == SUFFIX for path in arguments.output):
        _play(arguments, take, plan, keys, make_engine, terminal)
    if arguments.send:
        _send(arguments, take, terminal)


def _list_devices(terminal: Terminal) -> None:
    from head360.driving.camera import devices

    found = devices()
    for device in found:
        terminal.result(f"{device.index}  {device.title}")
    if not found:
        terminal.note("No webcam was found.")


# --- where the face comes from -------------------------------------------------------------------


def _is_live(arguments: argparse.Namespace) -> bool:
    return bool(arguments.listen or re.fullmatch(_WEBCAM, str(arguments.source)))


def _take(
    arguments: argparse.Namespace, terminal: Terminal, stage: CameraStage | None
) -> Performance:
    source = str(arguments.source)
    if _is_live(arguments):
        followed = _stream(arguments) if arguments.listen else _webcam(source)
        return _followed(arguments, followed, terminal, stage)
    if source == "exercise":
        return _tuned(exercise(arguments.fps or _FILM_FPS), arguments, 0.0)
    path = Path(source)
    if path.suffix.lower() == _CSV:
        return _tuned(read_csv(path, arguments.source_fps), arguments, 0.0)
    if path.suffix.lower() == _BVH:
        return _tuned(read_bvh(path), arguments, 0.0)
    if path.suffix.lower() == SUFFIX:
        return _tuned(_of_project(path, arguments), arguments, 0.0)
    take = _tracked(path, arguments, terminal)
    return _tuned(take, arguments, _SMOOTH_CAMERA, CAMERA_GAINS)


def _of_project(path: Path, arguments: argparse.Namespace) -> Performance:
    performance = load_project(path).performance
    if performance is None:
        raise DrivingError(
            f"“{path.name}” holds no performance.", "Record one, or choose another project."
        )
    if arguments.head is None and arguments.seed is None:
        arguments.head = path
    return performance


def _tracked(path: Path, arguments: argparse.Namespace, terminal: Terminal) -> Performance:
    from head360.driving.camera import open_camera
    from head360.driving.tracker import FaceTracker, track_all

    camera = open_camera(path, arguments.source_fps or _FILM_FPS)
    with FaceTracker(film=True) as tracker:
        steps = track_all(camera, tracker, path.stem, arguments.calibrate or 0.0)
        take = terminal.follow(steps, path.name)
    if path.is_file():
        try:
            return take.with_(sound=read_sound(path))
        except DrivingError:
            return take  # a silent film
    return take


def _webcam(number: str) -> LiveSource:
    from head360.driving.camera import open_camera
    from head360.driving.capture import CameraSource
    from head360.driving.tracker import FaceTracker

    return CameraSource(open_camera(number), FaceTracker)


def _stream(arguments: argparse.Namespace) -> LiveSource:
    from head360.driving.udp import UdpSource, protocol

    name = one_of("protocol", arguments.listen, _PROTOCOLS)
    order = one_of("side order", arguments.side_order, tuple(PACKET_ORDERS))
    source = UdpSource(protocol(name, order), arguments.port, arguments.address)
    if arguments.phone:
        source.request(arguments.phone)
    return source


def _followed(
    arguments: argparse.Namespace,
    source: LiveSource,
    terminal: Terminal,
    stage: CameraStage | None = None,
) -> Performance:
    """Follow a live face for some seconds, telling how it goes."""
    from head360.driving.live import Live

    strength = 0.5 if arguments.smooth is None else arguments.smooth
    live = Live(_tuning(arguments, strength, {} if arguments.listen else CAMERA_GAINS))
    live.follow(source)
    try:
        terminal.note(source.status().text)
        if arguments.calibrate:
            live.calibrate()
            _watch(live, arguments.calibrate, terminal)
            live.calibrated()
        live.record()
        _watch(live, arguments.seconds, terminal, stage)
    except KeyboardInterrupt:
        terminal.note("\nStopped.")  # what was recorded counts
    finally:
        live.follow(None)
    take = live.finish()
    if take is None:
        raise DrivingError(
            "No face came.", "Check the sender's address and port, or that the camera sees a face."
        )
    return take


def _watch(
    live: Live, seconds: float, terminal: Terminal, stage: CameraStage | None = None
) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _wait(live, min(left, _TOLD_EVERY_S), stage)
        status, sample = live.status(), live.newest()
        if status is None or status.state in ("failed", "ended"):
            if status is not None and status.state == "failed":
                raise DrivingError(status.text)
            return
        line = f"{status.text}  {status.fps:.0f} faces/s  {1e3 * live.latency_s:.0f} ms"
        terminal.note(line + (_strongest(sample) if sample else ""))


def _wait(live: Live, seconds: float, stage: CameraStage | None) -> None:
    """Let time pass; a stage shows every face that is new by the time it can."""
    end, shown = time.monotonic() + seconds, None
    while (left := end - time.monotonic()) > 0:
        sample = live.newest() if stage is not None else None
        if stage is None or sample is None or sample is shown:
            time.sleep(left if stage is None else min(left, _LOOKED_EVERY_S))
        else:
            stage.show(sample)
            shown = sample


def _strongest(sample: Sample) -> str:
    ranked = sorted(zip(sample.expression, EXPRESSIONS, strict=True), reverse=True)[:_TOLD_SHAPES]
    shapes = " ".join(f"{name} {weight:.2f}" for weight, name in ranked)
    yaw, pitch, roll = sample.head_pose
    return f"  {shapes}  head {yaw:.0f}° {pitch:.0f}° {roll:.0f}°"


# --- what is done with it ------------------------------------------------------------------------


def _tuning(
    arguments: argparse.Namespace, strength: float, usual_gains: Mapping[str, float]
) -> Tuning:
    gains = dict(usual_gains)
    for setting in arguments.gain:
        name, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"“{setting}” is not of the form name=factor, such as jawOpen=1.2.")
        gains |= dict.fromkeys(_channels(name), _number(text, setting))
    try:
        return Tuning(None, gains, arguments.mirror, strength)
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _channels(name: str) -> list[str]:
    meant = {f"{name}{side}".lower() for side in ("", "Left", "Right")}
    known = (*EXPRESSIONS, *POSE_CHANNELS)
    if not (found := [channel for channel in known if channel.lower() in meant]):
        raise UnknownNameError("channel", name, known)
    return found


def _tuned(
    take: Performance,
    arguments: argparse.Namespace,
    usual_smoothing: float,
    usual_gains: Mapping[str, float] | None = None,
) -> Performance:
    """A recording as the options want it; without any it stays as it is."""
    strength = usual_smoothing if arguments.smooth is None else arguments.smooth
    tuning = _tuning(arguments, strength, usual_gains or {})
    if arguments.calibrate:
        samples = [take.at(float(moment)) for moment in take.times]
        tuning = replace(tuning, rest=rest_at_start(samples, arguments.calibrate))
    if tuning.rest is not None or tuning.gains or tuning.mirror:
        # Afterwards one may look ahead: a blur does not lag, as a filter must.
        take = tuned_take(take, replace(tuning, smoothing=0.0))
    return smoothed(take, strength * _SMOOTHEST_S)


def _edited(take: Performance, arguments: argparse.Namespace) -> Performance:
    try:
        if arguments.trim:
            take = trimmed(take, *_span(arguments.trim))
        if arguments.speed != 1:
            take = retimed(take, arguments.speed)
        if arguments.ping_pong:
            take = ping_pong(take)
        if arguments.loop != 1:
            take = looped(take, arguments.loop)
    except ValueError as error:
        raise UsageError(f"{error}.".capitalize()) from error
    return take.with_(sound=read_sound(arguments.sound)) if arguments.sound else take


def _play(
    arguments: argparse.Namespace,
    take: Performance,
    plan: dict[Path, VideoOptions],
    keys: list[_Key],
    make_engine: Callable[[], HeadEngine],
    terminal: Terminal,
) -> None:
    """Films, and projects with the recording in them."""
    from head360.export.video import Play, film

    engine = make_engine()
    try:
        scene = scene_of(arguments, engine)
        play = Play(scene.params, _camera(scene.camera, keys), take, arguments.turns)
        for path in arguments.output:
            if path.suffix.lower() == SUFFIX:
                _save(scene, take, path)
                terminal.note(str(path))
            elif path in plan:
                options = play.filmed(on_background(plan[path], scene.background))
                terminal.follow(film(engine, play, options, path), path.name)
                terminal.note(f"{path}  {options.frames} frames  {options.seconds:.2f} s")
    finally:
        engine.close()


def _save(scene: Scene, take: Performance, path: Path) -> None:
    save_project(Project(scene.params, scene.camera, path.stem, scene.background, take), path)


def _send(arguments: argparse.Namespace, take: Performance, terminal: Terminal) -> None:
    from head360.driving.send import UdpSender, played

    name = one_of("protocol", arguments.send, _PROTOCOLS)
    sender = UdpSender(name, None if arguments.listen else arguments.port, arguments.address)
    try:
        count = sum(1 for _ in played(take, sender))
    finally:
        sender.close()
    terminal.note(f"{count} faces sent")


def _is_film(path: Path) -> bool:
    return path.suffix.lower() not in (*_RECORDINGS, SUFFIX)


def _film_options(arguments: argparse.Namespace, path: Path) -> VideoOptions:
    fps = arguments.fps or _FILM_FPS
    options = video_options(argparse.Namespace(**vars(arguments) | {"fps": fps}), path)
    return checked(replace(options, frames=1, supersampling=arguments.supersample))


def _camera(start: OrbitCamera, keys: list[_Key]) -> OrbitCamera | CameraPath:
    """A path through the keys; what a key does not say stays as at the key before."""
    if not keys:
        return start
    placed: list[tuple[float, OrbitCamera]] = []
    for moment, changes in sorted(keys, key=lambda key: key[0]):
        start = start.with_(**changes)
        placed.append((moment, start))
    try:
        return CameraPath(tuple(placed))
    except ValueError as error:
        raise UsageError(f"The camera's keys are at impossible times: {error}.") from error


_KEY_NAMES = {
    "yaw": "yaw_degrees", "pitch": "pitch_degrees", "distance": "distance", "fov": "fov_degrees",
}  # fmt: skip


def _key(text: str) -> _Key:
    """A time and what the camera is like then, from “2:yaw=30,distance=1”."""
    moment, colon, rest = text.partition(":")
    changes = {}
    for setting in rest.split(","):
        name, equals, value = setting.partition("=")
        if not (colon and equals and name in _KEY_NAMES):
            raise UsageError(f"“{text}” is not of the form 2.5:yaw=30,distance=1.")
        changes[_KEY_NAMES[name]] = _number(value, text)
    distance, fov = changes.get("distance", 1.0), changes.get("fov_degrees", 18.0)
    if not (0.05 <= distance <= 20 and 1 <= fov <= 170):
        raise UsageError(f"The camera of “{text}” sees nothing.")
    return _number(moment, text), changes


def _span(text: str) -> tuple[float, float]:
    start, colon, stop = text.partition(":")
    if not colon:
        raise UsageError(f"“{text}” is not of the form from:to, such as 1.5:8.")
    return _number(start or "0", text), _number(stop or "1e5", text)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1e6 < value < 1e6:
        raise UsageError(f"“{text}” in “{where}” is not a number.")
    return value
