"""Progress in a terminal."""

from __future__ import annotations

import io

from head360.cli.terminal import ProgressBar, duration
from head360.progress import Progress


def test_a_progress_bar_forecasts() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, now = Screen(), iter([0.0, 1.0, 30.0, 90.0, 120.0])
    bar = ProgressBar(screen, "turn.mp4", lambda: next(now))
    for done in (0, 30, 90, 120):
        bar.show(Progress(done, 120))
    bar.finish()

    drawn = screen.getvalue().split("\r")
    assert "30/120  1 min 30 s left" in drawn[2]
    assert "90/120  30 s left" in drawn[3]
    assert "120/120  2 min 0 s" in drawn[4]
    assert duration(7500) == "2 h 5 min"


def test_a_progress_bar_counts_where_nobody_knows_the_end() -> None:
    log = io.StringIO()
    bar = ProgressBar(log, "webcam.webm")
    for done in range(250):
        bar.show(Progress(done, 0))
    bar.finish()

    assert log.getvalue().splitlines() == ["webcam.webm 0", "webcam.webm 100", "webcam.webm 200"]
