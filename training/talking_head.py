"""How well the tracker sees what a head does: films known curves, tracks them, compares.

`python -m training.talking_head DIR [--sheet FILE.png] [--latency]` films the initial head doing
every shape once (DIR/clip.mp4, unless it is there), feeds the film to the tracker as if it were a
webcam's, and prints how well each shape and the turn of the head come back. `--seed N` films
another person in some light, `--acted` natural mixtures instead of single shapes; both as pictures
of drafts (DIR/NAME/0000.png …), which are quicker to draw.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from head360.camera import OrbitCamera
from head360.driving.capture import CameraSource
from head360.driving.live import Live
from head360.driving.tracker import CAMERA_GAINS, FaceTracker, track_all
from head360.driving.tuning import Tuning, rest_at_start, tuned_take
from head360.engine import HeadEngine
from head360.export.images import Picture
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import CHANNELS, Performance, applied
from head360.rendering.request import RenderRequest
from training.filmed_faces import FPS, Filmed

_REST_S = 0.6
#: Seconds of the clip that the sheet shows are this many, evenly chosen among the strongest faces.
_COLUMNS = 9
_TILE = 152  # pixels
#: Of the film's frames, and of the other head, the sheet shows the face.
_FACE = (54, 14, 270, 230)  # left, top, right, bottom, pixels
_CLOSE = OrbitCamera(distance=0.75, target=(0.0, 0.01, 0.0))
_LIVE_SECONDS, _LIVE_SIZE = 20.0, 256


@dataclass(frozen=True, slots=True)
class Row:
    """How one channel came back."""

    channel: str
    correlation: float  # Pearson's, over all frames; NaN: the tracker never moved it
    response: float  # how much is tracked for each 1 of it, others taken out by least squares
    height: float  # the most that was tracked while the known curve was at its peak
    rest: float  # what was tracked while nothing moved


def main(words: list[str] | None = None) -> None:
    """Film, track, compare."""
    parser = argparse.ArgumentParser(prog="python -m training.talking_head")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, help="film this random person in some light instead")
    parser.add_argument("--acted", action="store_true", help="natural mixtures of shapes")
    parser.add_argument("--scores", action="store_true", help="take MediaPipe's scores as they are")
    parser.add_argument("--sheet", type=Path, help="picture of both heads")
    parser.add_argument("--latency", action="store_true", help="measure live driving too")
    arguments = parser.parse_args(words)
    filmed = Filmed(arguments.folder, arguments.seed, arguments.acted)
    engine = HeadEngine()
    for done, total in filmed.make(engine):
        if done % 20 == 0:
            _say(f"{done}/{total}")
    seen = tracked(filmed, landmarks=not arguments.scores)
    _say(table(compared(filmed.known, seen)))
    if arguments.sheet:
        Image.fromarray(sheet(engine, filmed, seen)).save(arguments.sheet)
    if arguments.latency:
        _say(live_report(engine, filmed))
    engine.close()


def tracked(filmed: Filmed, *, landmarks: bool = True) -> Performance:
    """Every frame of a film as the tracker sees it; its beginning shows rest."""
    with FaceTracker(landmarks=landmarks, film=True) as tracker:
        steps = track_all(filmed.camera, tracker, rest_s=_REST_S)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                take: Performance = done.value
                return take


def compared(known: Performance, seen: Performance) -> list[Row]:
    """Each channel of both, at the times of the known one."""
    rows, responses = [], _responses(known, seen)
    for place, channel in enumerate(CHANNELS):
        truth = known.channel(channel)
        found = np.interp(known.times, seen.times, seen.channel(channel))
        moving = truth.std() > 0 and found.std() > 0
        correlation = float(np.corrcoef(truth, found)[0, 1]) if moving else float("nan")
        peak = np.abs(truth) > 0.8 * np.abs(truth).max()
        height = float(np.abs(found[peak]).max())
        rest = float(np.median(found[known.times < _REST_S]))
        rows.append(Row(channel, correlation, responses[place], height, rest))
    return rows


def _responses(known: Performance, seen: Performance) -> list[float]:
    """Of each channel what its own known curve explains, among all known curves at once."""
    truth = np.stack([known.channel(channel) for channel in CHANNELS], 1).astype(float)
    causes = np.concatenate([truth, np.ones((len(truth), 1))], 1)
    found = [np.interp(known.times, seen.times, seen.channel(channel)) for channel in CHANNELS]
    weights = np.linalg.lstsq(causes, np.stack(found, 1), rcond=None)[0]
    return [float(weights[place, place]) for place in range(len(CHANNELS))]


def table(rows: list[Row]) -> str:
    """Markdown, the best first."""
    ranked = sorted(rows, key=lambda row: -np.nan_to_num(row.correlation, nan=-2.0))
    lines = [
        "| channel | correlation | response | tracked at its peak | at rest |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.channel} | {row.correlation:.2f} | {row.response:.2f} | {row.height:.2f}"
        f" | {row.rest:.2f} |"
        for row in ranked
    ]
    shapes = [row.correlation for row in rows if row.channel in EXPRESSIONS]
    shapes = [value for value in shapes if np.isfinite(value)]
    lines.append(f"\nMedian of {len(shapes)} shapes: {np.median(shapes):.2f}")
    return "\n".join(lines)


def sheet(engine: HeadEngine, filmed: Filmed, seen: Performance) -> Picture:
    """Above, frames of the film; below, another head that plays what was tracked of them."""
    samples = [seen.at(float(moment)) for moment in seen.times]
    tuning = Tuning(rest_at_start(samples, _REST_S), CAMERA_GAINS, smoothing=0)
    take = tuned_take(seen, tuning)
    moments = _strongest(take)
    frames = {round(time_s, 3): picture for picture, time_s in filmed.camera.frames()}
    stamps = np.array(sorted(frames))
    head = engine.random_head(7)
    above, below = [], []
    for moment in moments:
        nearest = float(stamps[np.abs(stamps - moment).argmin()])
        frame = Image.fromarray(frames[nearest]).crop(_FACE)
        above.append(np.asarray(frame.resize((_TILE, _TILE), Image.Resampling.LANCZOS)))
        below.append(_drawn(engine, applied(head, take.at(moment)), _TILE, _CLOSE))
    return np.concatenate([np.concatenate(above, 1), np.concatenate(below, 1)], 0)


def live_report(engine: HeadEngine, filmed: Filmed) -> str:
    """Drive a head by the film as if it were a webcam, and say how late and how often it is drawn.

    Capturing, tracking and drawing are on three threads, as in the studio.
    """
    live, head = Live(), engine.initial_head()
    _drawn(engine, head, _LIVE_SIZE)  # loads everything
    live.follow(CameraSource(filmed.camera, FaceTracker, loop=True))
    late: list[float] = []
    shown, began, used = None, 0.0, 0.0
    while not late or time.perf_counter() - began < _LIVE_SECONDS:
        sample = live.newest()
        if sample is None or sample is shown:
            time.sleep(0.001)
            continue
        if not late:
            began, used = time.perf_counter(), time.process_time()
        shown = sample
        size = _LIVE_SIZE
        engine.render(RenderRequest(applied(head, sample), width=size, height=size, draft=True))
        late.append(time.perf_counter() - sample.time_s)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    status = live.status()
    live.follow(None)
    low, middle, high = 1e3 * np.quantile(late, [0.05, 0.5, 0.95])
    return (
        f"{_LIVE_SIZE}²: {len(late) / seconds:.1f} pictures/s of {FPS} faces/s;"
        f" light to picture {middle:.0f} ms (5 %: {low:.0f}, 95 %: {high:.0f});"
        f" of that tracking {1e3 * (status.latency_s if status else 0):.0f} ms;"
        f" processor {1e3 * used / len(late):.0f} ms a picture"
    )


def _strongest(take: Performance) -> list[float]:
    """The moment with the most expression in each of so many equal parts."""
    strength = take.expression.sum(1)
    parts = np.array_split(np.arange(len(take)), _COLUMNS)
    return [float(take.times[part[strength[part].argmax()]]) for part in parts]


def _drawn(
    engine: HeadEngine, params: HeadParams, size: int, camera: OrbitCamera | None = None
) -> Picture:
    request = RenderRequest(params, camera or OrbitCamera(), width=size, height=size)
    return engine.render(request).image[..., :3]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
