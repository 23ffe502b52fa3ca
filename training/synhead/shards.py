"""Data sets as shards: tar files of so many samples each, made by as many machines as there are.

    DIR/dataset.json         options: what is in it is decided by them alone
    DIR/shard-000012.tar     samples 12 × size … (see `tars`)
    DIR/shard-000012.json    its checksum; written last, so that it says “finished”
    DIR/index.json           all finished shards; written again at the end of every part

Sample number n is view n mod views of person n div views, so a shard's content follows from its
number. A part is a run of neighbouring shards; machines need nothing from each other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from head360.errors import Head360Error
from head360.files import replacing
from head360.progress import Progress
from training.synhead.samples import pack, sample_key
from training.synhead.tars import PackedSample, ShardError, read_tar, writing_tar
from training.synhead.writer import Order, Shoot, Studio, Written, claim

FORMAT = "head360-shards"
VERSION = 1
INDEX = "index.json"
_NAME = re.compile(r"shard-\d{6}\.tar")
_READ_BYTES = 2**20
_MOST_INDEX_BYTES = 64 * 2**20


class PartError(Head360Error):
    """A part that does not exist was asked for."""

    hint = "Write it as --part 3/16: the third of sixteen."


@dataclass(frozen=True, slots=True)
class ShardOrder:
    """Shards to be written."""

    out: Path
    identities: int
    views: int  # of each
    seed: int = 0  # of the first person
    size: int = 256  # samples in a shard
    part: tuple[int, int] = (1, 1)  # which of how many, from 1
    options: Mapping[str, Any] = field(default_factory=dict)  # everything that shapes a picture

    @property
    def shards(self) -> range:
        """The numbers of this part's shards."""
        which, parts = self.part
        count = -(-self.identities * self.views // self.size)
        return range(count * (which - 1) // parts, count * which // parts)

    def samples(self, shard: int) -> range:
        """The numbers of a shard's samples."""
        first = shard * self.size
        return range(first, min(first + self.size, self.identities * self.views))


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """A finished shard."""

    name: str
    samples: int
    bytes: int
    sha256: str


def parse_part(text: str) -> tuple[int, int]:
    """`3/16` as (3, 16).

    Raises:
        PartError: it is nothing like that.
    """
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    which, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= which <= parts:
        raise PartError(f"“{text}” is no part.")
    return which, parts


def write_shards(order: ShardOrder, studio: Studio) -> Generator[Progress, None, Written]:
    """Write this part's shards that are not finished yet; a step of progress is a sample.

    Raises:
        DataSetError: the folder cannot be written, or holds another data set.
    """
    claim_shards(order)
    missing = [shard for shard in order.shards if finished(order.out, shard) is None]
    total, done = sum(len(order.samples(shard)) for shard in missing), 0
    yield Progress(0, total)
    photographer = _Photographer(order, studio)
    for shard in missing:
        for _ in _write_shard(order, shard, photographer):
            done += 1
            yield Progress(done, total)
    write_index(order.out)
    return Written(len(missing), len(order.shards) - len(missing))


def claim_shards(order: ShardOrder) -> None:
    """Make the folder, or see that it was made with the same options.

    Raises:
        DataSetError: it was not, or cannot be written.
    """
    options = {
        **order.options, "identities": order.identities, "seed": order.seed,
        "shard_size": order.size, "format": FORMAT, "version": VERSION,
    }  # fmt: skip
    claim(Order(order.out, order.identities, order.views, order.seed, options))


class _Photographer:
    """Opens each person once while samples are asked for in order."""

    def __init__(self, order: ShardOrder, studio: Studio) -> None:
        self._order, self._studio = order, studio
        self._open: tuple[int, Shoot] | None = None

    def sample(self, number: int) -> PackedSample:
        person, view = divmod(number, self._order.views)
        seed = self._order.seed + person
        if self._open is None or self._open[0] != seed:
            self._open = seed, self._studio.open(seed)
        shoot = self._open[1]
        return pack(sample_key(seed, view), shoot.record, shoot.view(view), view)


def _write_shard(
    order: ShardOrder, shard: int, photographer: _Photographer
) -> Generator[None, None, None]:
    """A step is a sample."""
    path, numbers = order.out / f"shard-{shard:06d}.tar", order.samples(shard)
    with writing_tar(path) as add:
        for number in numbers:
            add(photographer.sample(number))
            if number != numbers[-1]:
                yield
    entry = ShardEntry(path.name, len(numbers), path.stat().st_size, sha256_of(path))
    _write_json(path.with_suffix(".json"), _record(entry))
    yield


def finished(folder: Path, shard: int) -> ShardEntry | None:
    """What is known of a shard, if it is complete."""
    path = folder / f"shard-{shard:06d}.json"
    try:
        entry = _entry(json.loads(path.read_text("utf-8")))
        whole = (folder / entry.name).stat().st_size == entry.bytes
    except (OSError, ValueError, ShardError):
        return None
    return entry if whole and entry.name == path.with_suffix(".tar").name else None


def write_index(folder: Path) -> list[ShardEntry]:
    """Gather all finished shards of a folder, whoever made them, in index.json."""
    numbers = sorted(int(path.stem.removeprefix("shard-")) for path in _sidecars(folder))
    entries = [entry for number in numbers if (entry := finished(folder, number))]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "samples": sum(entry.samples for entry in entries),
        "shards": [_record(entry) for entry in entries],
    }
    _write_json(folder / INDEX, content)
    return entries


def read_index(folder: Path) -> list[ShardEntry]:
    """The shards of a folder.

    Raises:
        ShardError: there is no index, or it is damaged.
    """
    path = folder / INDEX
    try:
        if path.stat().st_size > _MOST_INDEX_BYTES:
            raise ShardError(f"“{path}” is too large for an index.")
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != FORMAT or content["version"] > VERSION:
            raise ShardError(f"“{path}” is of another kind or a later version.")
        return [_entry(record) for record in content["shards"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "Run the command that makes the shards again: it writes a new index."
        raise ShardError(f"“{path}” is missing or damaged.", hint) from error


def read_shard(folder: Path, entry: ShardEntry, check: bool = False) -> Iterator[PackedSample]:
    """The samples of a shard; with `check`, after comparing its checksum.

    Raises:
        ShardError: it is damaged.
    """
    path = folder / entry.name
    if check and sha256_of(path) != entry.sha256:
        raise ShardError(f"“{entry.name}” is not the file that the index describes.")
    return read_tar(path)


def sha256_of(path: Path) -> str:
    """Of a file, in hexadecimal; "" if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def _sidecars(folder: Path) -> Iterator[Path]:
    return (p for p in folder.glob("shard-*.json") if _NAME.fullmatch(f"{p.stem}.tar"))


def _record(entry: ShardEntry) -> dict[str, Any]:
    return {
        "name": entry.name, "samples": entry.samples, "bytes": entry.bytes, "sha256": entry.sha256,
    }  # fmt: skip


def _entry(record: Any) -> ShardEntry:
    try:
        name, digest = record["name"], record["sha256"]
        # A name could lead anywhere: only those that we give are taken.
        if not (_NAME.fullmatch(name) and re.fullmatch(r"[0-9a-f]{64}", digest)):
            raise ShardError("An index names a file that is no shard.")
        return ShardEntry(name, int(record["samples"]), int(record["bytes"]), digest)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ShardError("An index is damaged.") from error


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
