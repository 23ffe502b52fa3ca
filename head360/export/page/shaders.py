"""The viewer's own shaders as WebGL 2 wants them: another preamble, and no comments."""

from __future__ import annotations

import re

from head360.model.field import HeadField
from head360.rendering.buffers import COARSE
from head360.rendering.field_glsl import head_field_source
from head360.rendering.offscreen import TRIANGLE, shader
from head360.rendering.sources import (
    VERSION,
    defined,
    hair_defines,
    march_source,
    volume_march_source,
)

#: GLSL ES 3.00 has no default precision for most of what fragments read.
_PREAMBLE = """#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp sampler3D;
precision highp sampler2DShadow;
"""


def page_shaders(field: HeadField) -> dict[str, str]:
    """Every program that the page needs, by name: GLSL ES 3.00."""
    source = head_field_source(field)
    texts = {
        "whole": TRIANGLE,
        "mesh": shader("mesh.vert"),
        "planes": shader("planes.frag"),
        "distance": shader("distance.frag"),
        "openings": shader("openings.frag"),
        "depth_only": shader("depth_only.frag"),
        "head": march_source(source, "FINE"),
        "head_draft": march_source(source, "DRAFT"),
        "hair": volume_march_source("#define STRAIGHT\n"),
        "mark_hair": defined("mark_hair.frag", f"#define COARSE {COARSE}"),
        "shade_head": shader("shade.frag"),
        "shade_hair": defined("shade.frag", hair_defines(1)),
        "shade_hair_draft": defined("shade.frag", hair_defines(COARSE)),
        "resolve": shader("resolve.frag"),
    }
    return {name: es_source(text) for name, text in texts.items()}


def es_source(text: str) -> str:
    """GLSL 3.30 as GLSL ES 3.00; our shaders use what both have."""
    bare = re.sub(r"//[^\n]*", "", text.replace(VERSION, ""))
    lines = [line.strip() for line in bare.splitlines()]
    return _PREAMBLE + "\n".join(line for line in lines if line) + "\n"
