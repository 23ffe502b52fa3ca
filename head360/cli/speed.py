"""`head360 bench`: the figures as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from head360.bench import BenchOptions, BenchReport, Timing, measure
from head360.cli.scene import hairstyle
from head360.cli.terminal import Terminal

if TYPE_CHECKING:
    from head360.engine import HeadEngine

_QUICK = BenchOptions(frames=5, reference_frames=0, start=False)


def bench(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Measure, and print the figures."""
    params = engine.initial_head()
    if arguments.hair is not None:
        params = params.with_(hairstyle=hairstyle(arguments.hair))
    options = replace(_QUICK if arguments.quick else BenchOptions(), large=arguments.large)
    if arguments.no_reference:
        options = replace(options, reference_frames=0)
    report = terminal.follow(measure(engine, params, options), "bench")
    if arguments.json:
        terminal.result(json.dumps(asdict(report), indent=2))
    else:
        terminal.result("\n".join(_table(report)))


def _table(report: BenchReport) -> list[str]:
    machine = report.machine
    lines = [
        f"{machine['system']}, {machine['processors']} processors, {machine['opengl']}",
        f"hairstyle: {report.hairstyle or 'bald'}",
        "",
        f"{'frame':<18}{'median':>10}{'slow 10 %':>12}{'a second':>10}"
        f"{'reference':>12}{'ratio':>9}",
    ]
    lines += [_row(name, timing) for name, timing in report.timings.items()]
    if report.first_picture_s is not None:
        lines.append(f"start to first picture  {report.first_picture_s:.1f} s")
    if report.peak_memory_mb is not None:
        lines.append(f"peak memory             {report.peak_memory_mb:.0f} MB")
    return lines


def _row(name: str, timing: Timing) -> str:
    row = f"{name:<18}{timing.median_ms:>7.1f} ms{timing.slowest_tenth_ms:>9.1f} ms"
    row += f"{timing.frames_per_second:>10.1f}"
    if timing.reference_ms is None or timing.ratio is None:
        return f"{row}{'not measured':>21}"
    return f"{row}{timing.reference_ms:>9.0f} ms{timing.ratio:>8.0f}×"
