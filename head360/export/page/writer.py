"""Writes a head as one HTML file that draws itself, without a network, in any current browser.

The page holds the viewer's own shaders, a small script, and the head as `packing` packs it. A
content policy lets only that script and that style sheet run, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from string import Template

from head360 import __version__
from head360.camera import OrbitCamera
from head360.errors import ExportError
from head360.export.options import MeshOptions
from head360.export.page.contents import STRIDES, contents_of
from head360.export.page.fitting import MAX_BYTES, fitted, too_large
from head360.export.page.packing import Arrays, Facts, packed, unpacked
from head360.export.page.shaders import page_shaders
from head360.expression_names import (
    GROUPS,
    PRESETS,
    members,
    preset_weights,
    short_name,
    spoken_name,
)
from head360.files import replacing
from head360.light import Background
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.scene import Models, SceneBuilder

_WEB = Path(__file__).parent / "web"
#: In this order they are one script.
_SCRIPTS = (
    "unpack", "maths", "face", "gpu", "head", "hair", "viewer", "stage", "hands", "panel",
    "sound", "timeline", "main",
)  # fmt: skip
#: Bytes that may go wrong in forecasting how small something becomes.
_ROOM_LEFT = 20_000
_OPEN_AT_FIRST = ("Mouth",)
_BEGIN = '<script type="application/octet-stream" id="head">'
_END = "</script>"


def write_page(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    """Write `path`: the head with its expression, hair and light, and the performance, if any.

    Yields notes for a person between its steps.

    Raises:
        ExportError: the hair is too full or the performance too long for a page.
        OSError: the file cannot be written.
    """
    worn = params if options.hair != "none" else _bald(params)
    facts, arrays = yield from contents_of(models, scenes, worn, OrbitCamera(), Background())
    facts |= {"shaders": page_shaders(models.head), "words": _words(), "name": options.name}
    yield None
    text = _page(options.name, packed(facts, arrays, STRIDES))
    yield None
    if (take := options.performance) is not None:
        found = yield from fitted(worn, take, MAX_BYTES - _ROOM_LEFT - len(text.encode()))
        facts["take"] = {"name": take.name, "fps": found.fps}
        text = _page(options.name, packed(facts, arrays | found.arrays, STRIDES))
        yield from found.notes
    elif len(text.encode()) > MAX_BYTES:
        raise too_large("its hair is too full", "Choose less volume or length, or leave it out.")
    with replacing(path) as partial:
        partial.write_text(text, "utf-8")


def read_page(path: Path) -> tuple[Facts, Arrays]:
    """What a page holds: the table and the arrays that `docs/formats/html.md` describes.

    Raises:
        ExportError: it is no such page, or damaged.
    """
    text = path.read_text("utf-8")
    start = text.find(_BEGIN) + len(_BEGIN)
    end = text.find(_END, start)
    if start < len(_BEGIN) or end < 0:
        raise ExportError(
            f"“{path.name}” holds no head.", "Choose a page that Head360 has written."
        )
    return unpacked(text[start:end])


def _bald(params: HeadParams) -> HeadParams:
    return replace(params, hairstyle=None, hair_mix=None)


def _page(name: str, data: str) -> str:
    script = _script()
    style = (_WEB / "page.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template((_WEB / "page.html").read_text("utf-8")).substitute(
        title=html.escape(name), policy=policy, style=style, script=script, data=data,
        version=__version__,
    )  # fmt: skip


def _script() -> str:
    texts = [(_WEB / f"{name}.js").read_text("utf-8") for name in _SCRIPTS]
    return "\n".join(['"use strict";', "(() => {", *texts, "})();", ""])


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _words() -> Facts:
    """Names of shapes, their groups and presets, as the studio shows them."""
    groups = [
        {
            "title": title,
            "open": title in _OPEN_AT_FIRST,
            "shapes": [
                {
                    "index": i,
                    "name": short_name(EXPRESSIONS[i]),
                    "spoken": spoken_name(EXPRESSIONS[i]),
                }
                for i in members(prefixes)
            ],
        }
        for title, prefixes in GROUPS
    ]
    presets = {preset.name: preset_weights(preset).tolist() for preset in PRESETS}
    return {"groups": groups, "presets": presets}
