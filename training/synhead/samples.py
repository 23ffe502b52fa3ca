"""One picture and everything known about it: as files of a shard, and as tensors to train on.

A sample is a dict; `docs/formats/synhead-samples.md` lists it. Every reader of ours gives the same
names: `key`, `image`, `camera`, `expression`, `identity`, and `landmarks` and `mesh` where the data
has them. Pictures and labels keep the names that the renderer gave them, whichever they are.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from head360.params import EXPRESSIONS
from training.synhead.cameras import numbers_of, recorded_camera
from training.synhead.captions import Caption, caption
from training.synhead.facts import picture_facts
from training.synhead.tars import LIMITS, PackedSample, ShardError
from training.synhead.writer import View, captioned

Sample: TypeAlias = dict[str, Any]
Array: TypeAlias = npt.NDArray[Any]

_PNG_EFFORT = 3
_PICTURE, _LABELS, _RECORD = ".png", "labels.npz", "json"
_MOST_PIXELS = 4096 * 4096
_MOST_LABEL_BYTES = 512 * 2**20
_KINDS = "uifb"  # of numbers
#: Labels that are written as whole numbers: their step.
_STEPS = {"depth": 1e-4, "uv": 1 / 65535, "normal": 1 / 32767}


def sample_key(seed: int, number: int) -> str:
    """`00007-012`: person and view."""
    return f"{seed:05d}-{number:03d}"


def pack(key: str, head: Mapping[str, Any], view: View, number: int) -> PackedSample:
    """The files of a view."""
    seen = captioned(head, view.record, number)
    record = {"number": number, "head": dict(head), "view": seen}
    members = {_RECORD: json.dumps(record, ensure_ascii=False).encode()}
    members["txt"] = seen["captions"][0]["text"].encode()
    members |= {f"{name}{_PICTURE}": _png(picture) for name, picture in view.pictures.items()}
    if view.labels:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **view.labels)  # type: ignore[arg-type]
        members[_LABELS] = buffer.getvalue()
    return PackedSample(key, members)


def unpack(packed: PackedSample, set_up: int = 0) -> Sample:
    """Tensors of a sample, lit by one of its set-ups (modulo how many there are).

    Raises:
        ShardError: files are missing or damaged.
    """
    members = packed.members
    try:
        record = json.loads(members[_RECORD])
        head, view = record["head"], record["view"]
        pictures = {
            name.removesuffix(_PICTURE): _picture(content)
            for name, content in members.items()
            if name.endswith(_PICTURE)
        }
        labels = _arrays(members[_LABELS]) if _LABELS in members else {}
        return _sample(packed.key, head, view, pictures, labels, set_up)
    except ShardError:
        raise
    # A hostile file can fail in any of these ways; none of them is ours.
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
            IndexError) as error:  # fmt: skip
        raise ShardError(f"Sample {packed.key} is damaged.") from error


def sample_of(
    key: str, head: Mapping[str, Any], view: View, number: int, set_up: int = 0
) -> Sample:
    """The same tensors from a view that was just drawn, without the way through files."""
    record = captioned(head, view.record, number)
    return _sample(key, head, record, dict(view.pictures), dict(view.labels), set_up)


def _sample(
    key: str,
    head: Mapping[str, Any],
    view: Mapping[str, Any],
    pictures: Mapping[str, Array],
    labels: Mapping[str, Array],
    set_up: int,
) -> Sample:
    lit = set_up % max(1, sum(name.startswith("image-") for name in pictures))
    said = Caption.of(view["captions"][lit])
    tensors = {name: unpacked_label(name, array) for name, array in labels.items()}
    sample: Sample = {
        "key": key,
        "identity": int(head["seed"]),
        "set_up": lit,
        "image": _channels_first(pictures[f"image-{lit}"]),
        "expression": expression_of(view["expression"]),
        "facts": picture_facts(head, view, lit),
        "caption": said.text,
        "spans": said.spans,
        "pictures": {name: _channels_first(picture) for name, picture in pictures.items()},
        "labels": tensors,
        "head": dict(head),
        "view": dict(view),
    }
    camera = recorded_camera(view["camera"])
    sample["camera"] = torch.from_numpy(numbers_of(camera).astype(np.float32))
    return sample | {name: tensors[name] for name in ("landmarks", "mesh") if name in tensors}


def rephrased(sample: Sample, seed: Sequence[int]) -> Sample:
    """The same sample with another caption, chosen by whole numbers, 0 or more."""
    said = caption(sample["facts"], seed)
    return {**sample, "caption": said.text, "spans": said.spans}


def expression_of(weights: Mapping[str, float]) -> Tensor:
    """(52,) from weights by name; unknown names are an error."""
    values = torch.zeros(len(EXPRESSIONS))
    for name, weight in weights.items():
        values[EXPRESSIONS.index(name)] = float(weight)
    return values


def unpacked_label(name: str, array: Array) -> Tensor:
    """Depth in metres, UV 0 … 1, normals -1 … 1; everything else as it is stored."""
    if name in _STEPS and array.dtype.kind in "ui":
        return torch.from_numpy(array.astype(np.float32) * np.float32(_STEPS[name]))
    if array.dtype == np.uint16:  # torch can hold it, but hardly any operation takes it
        return torch.from_numpy(array.astype(np.int32))
    return torch.from_numpy(np.asarray(array, order="C"))


def collate(samples: Sequence[Sample]) -> Sample:
    """A batch: tensors of one shape stacked, dicts gone into, everything else as a list."""
    shared = set(samples[0]).intersection(*samples[1:])
    return {name: _collated([s[name] for s in samples]) for name in samples[0] if name in shared}


def _collated(values: list[Any]) -> Any:
    if all(isinstance(value, Tensor) for value in values):
        alike = len({(value.shape, value.dtype) for value in values}) == 1
        return torch.stack(values) if alike else values
    if all(isinstance(value, int) for value in values):
        return torch.tensor(values)
    tensors = all(isinstance(v, dict) and v and isinstance(next(iter(v.values())), Tensor)
                  for v in values)  # fmt: skip
    return collate(values) if tensors else values


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=_PNG_EFFORT)
    return buffer.getvalue()


def _picture(content: bytes) -> Array:
    """(H, W) or (H, W, C) uint8."""
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.width * image.height > _MOST_PIXELS or image.mode not in ("L", "RGB", "RGBA"):
                raise ShardError("A picture is too large, or of a strange kind.")
            return np.array(image)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ShardError("A picture is damaged.") from error


def _channels_first(picture: Array) -> Tensor:
    """(C, H, W) uint8."""
    deep = picture[..., None] if picture.ndim == 2 else picture
    return torch.from_numpy(np.ascontiguousarray(deep.transpose(2, 0, 1)))


def _arrays(content: bytes) -> dict[str, Array]:
    """The arrays of an npz file: no pickles, and no more memory than its files say and hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > LIMITS.sample_members:
                raise ShardError("There are too many labels.")
            if sum(info.file_size for info in infos) > _MOST_LABEL_BYTES:
                raise ShardError("Labels are too large.")
            return {i.filename.removesuffix(".npy"): _array(_content(archive, i)) for i in infos}
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ShardError("Labels are damaged.") from error


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # Asked for everything, zipfile inflates first and cuts to the stated size afterwards.
    with archive.open(info) as file:
        return file.read(info.file_size)


def _array(content: bytes) -> Array:
    """One npy file; numpy's own reader would make room for whatever size the header claims."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ShardError("Labels are of a strange version.")
    shape, transposed, dtype = np.lib.format.read_array_header_1_0(file)
    rest = content[file.tell() :]
    count = 1
    for side in shape:
        count *= side
    if dtype.kind not in _KINDS or min(shape, default=1) < 0 or count * dtype.itemsize != len(rest):
        raise ShardError("Labels are damaged.")
    array = np.frombuffer(rest, dtype).reshape(shape[::-1] if transposed else shape)
    return array.T.copy() if transposed else array.copy()
