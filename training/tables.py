"""Results as tables: for people in Markdown, for programs in JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from head360.files import replacing


@dataclass(frozen=True, slots=True)
class Row:
    """Means over some pictures."""

    name: str
    pictures: int
    psnr: float  # dB, whole picture
    ssim: float
    hair_psnr: float | None = None  # dB, where there is hair


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that may be compared with each other."""

    title: str
    rows: tuple[Row, ...]
    target: str = ""


def markdown(tables: list[Table], note: str) -> str:
    """All tables as one page."""
    parts = ["# Generation\n", f"{note}\n"]
    for table in tables:
        hair = any(row.hair_psnr is not None for row in table.rows)
        parts.append(f"## {table.title}\n")
        parts.append("| | pictures | PSNR, dB | SSIM |" + (" PSNR of hair, dB |" if hair else ""))
        parts.append("|---|---|---|---|" + ("---|" if hair else ""))
        parts += [_line(row, hair) for row in table.rows]
        if table.target:
            parts.append(f"\nTarget: {table.target}.")
        parts.append("")
    return "\n".join(parts)


def _line(row: Row, hair: bool) -> str:
    line = f"| {row.name} | {row.pictures} | {row.psnr:.2f} | {row.ssim:.4f} |"
    if not hair:
        return line
    return line + (f" {row.hair_psnr:.2f} |" if row.hair_psnr is not None else " |")


def write_tables(folder: Path, name: str, tables: list[Table], note: str) -> None:
    """Write `folder`/NAME.md and `folder`/NAME.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.md") as path:
        path.write_text(markdown(tables, note), "utf-8")
    with replacing(folder / f"{name}.json") as path:
        content = {"note": note, "tables": [asdict(table) for table in tables]}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
