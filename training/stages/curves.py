"""Draws loss curves with Pillow alone: one panel a kind of loss, logarithmic where that helps."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PANEL = (520, 320)  # pixels
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 118, 30, 28
_COLUMNS = 2
#: Points drawn of each curve; means of equal stretches where there are more.
_POINTS = 240
_LEGEND_LINES = 16
_INK, _GRID, _PAPER = (40, 40, 44), (222, 222, 226), (255, 255, 255)
#: Values that span more than this factor are drawn logarithmically.
_LOGARITHMIC_FROM = 4.0


@dataclass(frozen=True, slots=True)
class Series:
    """One curve."""

    name: str
    points: Sequence[tuple[int, float]]  # step, value


@dataclass(frozen=True, slots=True)
class _Axes:
    """Takes steps and values to pixels."""

    first: float
    last: float
    low: float
    high: float
    logarithmic: bool

    def at(self, step: float, value: float) -> tuple[float, float]:
        width, height = _PANEL[0] - _LEFT - _RIGHT, _PANEL[1] - _TOP - _BOTTOM
        across = (step - self.first) / max(self.last - self.first, 1)
        up = (self._scaled(value) - self._scaled(self.low)) / (
            self._scaled(self.high) - self._scaled(self.low)
        )
        return _LEFT + across * width, _TOP + (1 - min(max(up, 0.0), 1.0)) * height

    def ticks(self) -> list[float]:
        if self.logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            return [math.exp(low + (high - low) * i / 4) for i in range(5)]
        return [self.low + (self.high - self.low) * i / 4 for i in range(5)]

    def _scaled(self, value: float) -> float:
        return math.log(max(value, self.low)) if self.logarithmic else value


def curves(panels: Mapping[str, Sequence[Series]]) -> Image.Image:
    """All panels in one picture; an empty sheet of paper if there are none."""
    drawn = [_panel(title, series) for title, series in panels.items()]
    rows = max(1, math.ceil(len(drawn) / _COLUMNS))
    columns = min(_COLUMNS, max(1, len(drawn)))
    picture = Image.new("RGB", (_PANEL[0] * columns, _PANEL[1] * rows), _PAPER)
    for number, panel in enumerate(drawn):
        row, column = divmod(number, _COLUMNS)
        picture.paste(panel, (column * _PANEL[0], row * _PANEL[1]))
    return picture


def _panel(title: str, series: Sequence[Series]) -> Image.Image:
    picture = Image.new("RGB", _PANEL, _PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default()
    smooth = [Series(one.name, _thinned(one.points)) for one in series]
    axes = _axes(smooth)
    for value in axes.ticks():
        _, y = axes.at(axes.first, value)
        draw.line((_LEFT, y, _PANEL[0] - _RIGHT, y), _GRID)
        draw.text((_LEFT - 6, y), f"{value:.3g}", _INK, font, anchor="rm")
    for share in (0.0, 0.5, 1.0):
        step = axes.first + share * (axes.last - axes.first)
        x, _ = axes.at(step, axes.low)
        draw.text((x, _PANEL[1] - _BOTTOM + 6), f"{step:.0f}", _INK, font, anchor="ma")
    draw.text((_LEFT, 8), title, _INK, font)
    for number, one in enumerate(smooth):
        colour = _colour(number, len(smooth))
        draw.line([axes.at(*point) for point in one.points], colour, 2)
        if number < _LEGEND_LINES:
            label = f"{one.name[:12]} {one.points[-1][1]:.3g}"
            draw.text((_PANEL[0] - _RIGHT + 8, _TOP + 15 * number), label, colour, font)
    return picture


def _axes(series: Sequence[Series]) -> _Axes:
    steps = [step for one in series for step, _ in one.points]
    values = np.array([value for one in series for _, value in one.points])
    low, high = float(values.min()), float(np.quantile(values, 0.995))
    logarithmic = low > 0 and high > _LOGARITHMIC_FROM * low
    if high <= low:
        high = low + max(abs(low), 1e-6)
    return _Axes(min(steps), max(steps), low, high, logarithmic)


def _thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Means of equal stretches, so that noise does not hide the curve."""
    if len(points) <= _POINTS:
        return list(points)
    parts = np.array_split(np.array(sorted(points), np.float64), _POINTS)
    return [(int(part[-1, 0]), float(part[:, 1].mean())) for part in parts]


def _colour(number: int, count: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(number / max(count, 1) + 0.6, 0.8, 0.72)
    return round(red * 255), round(green * 255), round(blue * 255)
