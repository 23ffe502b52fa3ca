"""Project files to damage, for tests."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

VECTORS = (
    "shape", "texture", "attributes", "expression", "hair_color", "iris_color", "head_pose",
)  # fmt: skip


def rewrite(path: Path, entries: dict[str, bytes]) -> None:
    """Replace or add parts of a project file."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | entries
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())


def edit(path: Path, **changes: object) -> None:
    """Change values of project.json."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("project.json"))
    rewrite(path, {"project.json": json.dumps(manifest | changes).encode()})
