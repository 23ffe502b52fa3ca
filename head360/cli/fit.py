"""`head360 fit`: a photo becomes a project; a folder of photos, a folder of projects."""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.cli.arguments import UsageError
from head360.cli.places import check_folder, make_folder, project_target
from head360.cli.scene import one_of
from head360.cli.terminal import Terminal
from head360.errors import Head360Error, PhotoError
from head360.files import replacing
from head360.fitting.dressing import AUTO, BALD
from head360.fitting.fit import FitOptions, FitResult
from head360.fitting.masks import marks_from_files
from head360.fitting.photo import SUFFIXES, Photo, read_photo
from head360.fitting.report import FitReport, write_report
from head360.project import SUFFIX, Project, save_project

if TYPE_CHECKING:
    from head360.engine import HeadEngine

#: Columns of a folder's summary.
_COLUMNS = (
    "photo", "project", "problem", "faces", "face_height_px", "yaw_degrees", "pitch_degrees",
    "landmark_error_px", "landmark_error_fitted_px", "hair", "observed", "warnings", "seconds",
)  # fmt: skip
_SUMMARY = "fit.csv"


def fit(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Fit one photo, or a folder of them."""
    styles = [style.id for style in catalog().hairstyles]
    second = read_photo(arguments.second) if arguments.second else None
    options = FitOptions(
        face=arguments.face,
        hair=one_of("hairstyle", arguments.hair, [AUTO, BALD, *styles]),
        second=second,
        skin=not arguments.no_skin,
        hair_shape=not arguments.quick,
    )
    if arguments.report:
        check_folder(arguments.report.parent)
    if arguments.photo.is_dir():
        _fit_folder(arguments, options, engine, terminal)
        return
    photo = read_photo(arguments.photo)
    if arguments.list_faces:
        _list_faces(photo, engine, terminal)
        return
    marks = marks_from_files(photo, arguments.leave_out, arguments.hair_mask)
    options = replace(options, marks=marks)
    wanted = arguments.output or arguments.photo.with_suffix(SUFFIX)
    path = project_target(wanted, force=arguments.force)
    result = terminal.follow(engine.fit(photo, options), photo.name)
    _save(result, path, arguments.name or path.stem)
    if arguments.report:
        write_report(result.report, arguments.report)
    terminal.note("\n".join([f"{path}  {_summary(result.report)}", *_remarks(result.report)]))


def _save(result: FitResult, path: Path, name: str) -> None:
    camera = OrbitCamera()
    project = Project(
        result.params, camera, name,
        photo=result.photo, sitting=result.sitting, marks=result.marks,
    )  # fmt: skip
    save_project(project, path)


def _list_faces(photo: Photo, engine: HeadEngine, terminal: Terminal) -> None:
    found = terminal.follow(engine.find_faces(photo), photo.name)
    for number, face in enumerate(found.faces, 1):
        left, top, right, bottom = (round(edge) for edge in face.box)
        yaw = face.angles_degrees[0]
        mark = "  (largest)" if number == found.largest + 1 else ""
        terminal.result(
            f"face {number}: columns {left} … {right}, rows {top} … {bottom}, "
            f"turned {round(yaw):+d}°{mark}"
        )


def _fit_folder(
    arguments: argparse.Namespace, options: FitOptions, engine: HeadEngine, terminal: Terminal
) -> None:
    """Fit all photos of a folder; one that fails does not stop the others."""
    folder: Path = arguments.photo
    photos = _photos(folder)
    if not photos:
        raise PhotoError(
            f"There are no photos in “{folder}”.", f"Kinds that can be read: {' '.join(SUFFIXES)}."
        )
    if options.second is not None:
        raise UsageError("A second photo belongs to one photo, not to a folder of them.")
    if arguments.leave_out or arguments.hair_mask:
        raise UsageError("A mask belongs to one photo, not to a folder of them.")
    out: Path = arguments.output or folder
    make_folder(out)
    rows = []
    names = _names(photos)
    for path in photos:
        target = out / names[path]
        rows.append(_fit_one(path, target, options, engine, terminal, force=arguments.force))
        _write_summary(rows, arguments.report or out / _SUMMARY)
    made = sum(not row["problem"] for row in rows)
    terminal.note(f"{out}  {made} of {len(rows)} photos became heads")
    if not made:
        raise PhotoError(
            "None of the photos became a head.", f"{arguments.report or out / _SUMMARY} says why."
        )


def _photos(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise PhotoError(
            f"The folder “{folder}” cannot be read: {error.strerror or error}.",
            "Check whether you may read it.",
        ) from error


def _names(photos: list[Path]) -> dict[Path, str]:
    """What each photo's project is called: as the photo, ending included where two differ in it."""
    stems = Counter(path.stem.lower() for path in photos)
    return {
        path: f"{path.stem if stems[path.stem.lower()] == 1 else path.name}{SUFFIX}"
        for path in photos
    }


def _fit_one(
    path: Path,
    target: Path,
    options: FitOptions,
    engine: HeadEngine,
    terminal: Terminal,
    *,
    force: bool,
) -> dict[str, object]:
    try:
        project_target(target, force=force)
        result = terminal.follow(engine.fit(read_photo(path), options), path.name)
        _save(result, target, path.stem)
    except Head360Error as error:
        terminal.note(f"{path.name}: {error}")
        return {**dict.fromkeys(_COLUMNS, ""), "photo": path.name, "problem": str(error)}
    terminal.note(f"{target}  {_summary(result.report)}")
    return _row(result.report, target)


def _row(report: FitReport, target: Path) -> dict[str, object]:
    return {
        "photo": report.photo,
        "project": target.name,
        "problem": "",
        "faces": report.faces,
        "face_height_px": report.face_height_px,
        "yaw_degrees": report.angles_degrees[0],
        "pitch_degrees": report.angles_degrees[1],
        "landmark_error_px": report.landmark_error_px[0],
        "landmark_error_fitted_px": report.landmark_error_fitted_px[0],
        "hair": report.hair,
        "observed": report.observed,
        "warnings": ", ".join(warning.code for warning in report.warnings),
        "seconds": round(report.total_seconds, 2),
    }


def _write_summary(rows: list[dict[str, object]], path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    try:
        with replacing(path) as partial:
            partial.write_text(text.getvalue(), "utf-8")
    except OSError as error:
        raise PhotoError(f"“{path}” cannot be written: {error.strerror or error}.") from error


def _summary(report: FitReport) -> str:
    error = report.landmark_error_fitted_px[0]
    return f"{report.hair}, landmarks {error:.2f} px, {report.total_seconds:.1f} s"


def _remarks(report: FitReport) -> list[str]:
    warned = [f"  {warning.text} {warning.remedy}" for warning in report.warnings]
    return warned + [f"  {note}" for note in report.notes]
