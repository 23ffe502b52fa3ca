"""Reads data sets that `python -m training synhead --out DIR` wrote as a folder a head."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from training.synhead.samples import Sample, sample_key, unpack
from training.synhead.tars import LIMITS, PackedSample, ShardError

_HEAD, _VIEW = re.compile(r"head-\d{5,}"), re.compile(r"\d{3}")
_KEPT_RECORDS = 64


class FolderDataset(Dataset[Sample]):
    """Every finished head's views as samples; neighbouring ones are lit differently."""

    def __init__(self, folder: Path) -> None:
        """List what is there.

        Raises:
            ShardError: there is no finished head.
        """
        heads = sorted(p for p in folder.glob("head-*") if _HEAD.fullmatch(p.name) and p.is_dir())
        self._views = [
            view for head in heads for view in sorted(head.iterdir()) if _VIEW.fullmatch(view.name)
        ]
        if not self._views:
            hint = "Make one with “python -m training synhead --out DIR”."
            raise ShardError(f"“{folder}” holds no finished head.", hint)

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int) -> Sample:
        """A sample.

        Raises:
            ShardError: a file is missing or damaged.
        """
        folder = self._views[index]
        head, number = _record(folder.parent), int(folder.name)
        try:
            members = {path.name: _content(path) for path in sorted(folder.iterdir())}
            plain = {name: value for name, value in head.items() if name != "views"}
            record = {"number": number, "head": plain, "view": head["views"][number]}
            key = sample_key(int(head["seed"]), number)
        except (OSError, KeyError, IndexError, TypeError, ValueError) as error:
            raise ShardError(f"“{folder}” is damaged.") from error
        return unpack(PackedSample(key, {**members, "json": json.dumps(record).encode()}), index)


@lru_cache(maxsize=_KEPT_RECORDS)
def _record(head: Path) -> dict[str, Any]:
    try:
        record = json.loads(_content(head / "head.json"))
    except (OSError, ValueError, RecursionError) as error:
        raise ShardError(f"“{head / 'head.json'}” is missing or damaged.") from error
    if not isinstance(record, dict):
        raise ShardError(f"“{head / 'head.json'}” is damaged.")
    return record


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LIMITS.member_bytes + 1)
    if len(content) > LIMITS.member_bytes:
        raise ShardError(f"“{path}” is larger than {LIMITS.member_bytes} bytes.")
    return content
