"""What the photo dock says."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from head360.downloads import Asset
from head360.errors import Head360Error

if TYPE_CHECKING:
    from head360.fitting.quality import PhotoWarning
    from head360.fitting.report import FitReport

#: Steps of a fit as people call them; keys as `head360.fitting.fit.STEPS`.
STEPS = {
    "prepare": "Getting ready…",
    "detect": "Looking at the face…",
    "solve": "Finding the shape…",
    "parse": "Telling hair from skin…",
    "hair": "Choosing the hair…",
    "skin": "Painting the skin…",
    "report": "Finishing…",
}


def tr(text: str) -> str:
    """In the language of the window."""
    return QCoreApplication.translate("photo", text)


def step_words(step: str) -> str:
    """What is being done."""
    return tr(STEPS.get(step, "Working…"))


def fetch_words(wanted: Asset) -> str:
    """Why something must be fetched, how large it is, and under which terms."""
    text = tr(
        "To find faces, the studio needs “{title}” once: {size:.1f} MB, licence {licence}. "
        "Photos never leave this computer."
    )
    return text.format(title=wanted.title, size=wanted.bytes / 1e6, licence=wanted.licence)


def remarks_html(
    warnings: Sequence[PhotoWarning], refusal: Exception | None, warning: str, danger: str
) -> str:
    """What is wrong with a photo and what to do about it; colours as #rrggbb."""
    if refusal is not None:
        hint = refusal.hint if isinstance(refusal, Head360Error) else ""
        return _remark(str(refusal), hint, danger)
    return "".join(_remark(entry.text, entry.remedy, warning) for entry in warnings)


def _remark(text: str, remedy: str, color: str) -> str:
    dot = f"<span style='color: {color}'>●</span>"
    return f"<p style='margin: 0 0 6px 0'>{dot} {escape(text)} {escape(remedy)}</p>"


def report_html(report: FitReport, titles: dict[str, str], dim: str) -> str:
    """A fit's report as a table; `titles` are those of the hairstyles."""
    yaw, pitch, roll = report.angles_degrees
    mean, high = report.landmark_error_fitted_px
    hair = titles.get(report.hair, tr("none"))
    rows = [
        (tr("Landmarks"), tr("{mean:.1f} px off on average, 95 % within {high:.1f} px").format(
            mean=mean, high=high)),
        (tr("Face"), tr("{height:.0f} px high in the photo").format(height=report.face_height_px)),
        (tr("Turned"), f"{yaw:+z.0f}° / {pitch:+z.0f}° / {roll:+z.0f}°"),
        (tr("Distance"), tr("{metres:.2f} m ({focal})").format(
            metres=report.distance_m,
            focal=tr("lens known") if report.focal == "exif" else tr("lens assumed"))),
        (tr("Skin seen"), f"{report.observed:.0%}"),
        (tr("Hair"), hair),
        (tr("Time"), _times(report)),
        (tr("Versions"), ", ".join(f"{k} {_short(v)}" for k, v in report.versions.items())),
    ]  # fmt: skip
    rows += [(tr("Note"), note) for note in report.notes]
    cells = "".join(
        f"<tr><td style='color: {dim}; padding: 0 12px 4px 0'>{escape(name)}</td>"
        f"<td style='padding-bottom: 4px'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _times(report: FitReport) -> str:
    steps = [f"{step} {seconds:.1f}" for step, seconds in report.seconds.items()]
    return f"{report.total_seconds:.1f} s ({', '.join(steps)})"


def _short(version: str) -> str:
    """A version; of a checksum only its beginning."""
    return version[:8] if len(version) >= 40 else version
