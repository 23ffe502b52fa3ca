"""Results as tables: for people in Markdown, for programs in JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from head360.files import replacing


@dataclass(frozen=True, slots=True)
class Row:
    """Means over some pictures; None was not measured."""

    name: str
    pictures: int | None
    psnr: float | None = None  # dB, whole picture
    ssim: float | None = None
    hair_psnr: float | None = None  # dB, where there is hair
    flip: float | None = None  # mean ꟻLIP, less is better
    lpips: float | None = None  # less is better
    csim: float | None = None  # cosine similarity of face embeddings, faces only
    geometry_mm: float | None = None  # root mean square over the neutral face, after alignment
    landmark_px: float | None = None  # mean over 68 landmarks, in the photo
    style_found: float | None = None  # share of people whose hairstyle was named first


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that may be compared with each other."""

    title: str
    rows: tuple[Row, ...]
    target: str = ""
    note: str = ""


#: Columns in order: field, heading, decimals.
_COLUMNS = (
    ("psnr", "PSNR, dB", 2), ("ssim", "SSIM", 4), ("hair_psnr", "PSNR of hair, dB", 2),
    ("flip", "ꟻLIP", 4), ("lpips", "LPIPS", 4), ("csim", "CSIM", 3),
    ("geometry_mm", "geometry, mm", 2), ("landmark_px", "landmarks, px", 2),
    ("style_found", "hairstyle found", 2),
)  # fmt: skip


def markdown(tables: list[Table], note: str, title: str = "Generation") -> str:
    """All tables as one page; columns that nobody measured are left out."""
    parts = [f"# {title}\n", f"{note}\n"]
    for table in tables:
        columns = [c for c in _COLUMNS if any(getattr(r, c[0]) is not None for r in table.rows)]
        parts.append(f"## {table.title}\n")
        parts.append("| | pictures |" + "".join(f" {heading} |" for _, heading, _ in columns))
        parts.append("|---|---|" + "---|" * len(columns))
        parts += [_line(row, columns) for row in table.rows]
        if table.target:
            parts.append(f"\nTarget: {table.target}.")
        if table.note:
            parts.append(f"\n{table.note}")
        parts.append("")
    return "\n".join(parts)


def _line(row: Row, columns: list[tuple[str, str, int]]) -> str:
    cells = ["" if row.pictures is None else str(row.pictures)]
    for name, _, decimals in columns:
        value = getattr(row, name)
        cells.append("" if value is None else f"{value:.{decimals}f}")
    return f"| {row.name} | " + " | ".join(cells) + " |"


def write_tables(folder: Path, name: str, tables: list[Table], note: str) -> None:
    """Write `folder`/NAME.md and `folder`/NAME.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.md") as path:
        path.write_text(markdown(tables, note, name.capitalize().replace("-", " ")), "utf-8")
    with replacing(folder / f"{name}.json") as path:
        content = {"note": note, "tables": [asdict(table) for table in tables]}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
