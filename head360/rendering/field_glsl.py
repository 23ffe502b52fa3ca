"""Writes the fields' GLSL: their networks become functions whose weights are literals.

Literals, because shader compilers fold them into the code: a uniform block of the same weights
is three times slower to draw and takes twenty times longer to compile on software OpenGL.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from head360.model.field import Decoder, HairField, HeadField

_SHADERS = Path(__file__).parent / "shaders"


def head_field_source(field: HeadField) -> str:
    """GLSL 330 text that defines `head_distance`, `head_field` and what they need."""
    network = network_source("head_network", field.decoder)
    return network + _shader("field_head.glsl")


def hair_field_source(field: HairField) -> str:
    """GLSL 330 text that defines `hair_field`; must follow `head_field_source`."""
    network = network_source("hair_network", field.decoder)
    names = ("hair_sample.glsl", "hair_grid.glsl", "field_hair.glsl")
    return network + "".join(map(_shader, names))


def network_source(name: str, decoder: Decoder) -> str:
    """`void name(vec4 inputs[I], out vec4 outputs[O])`: the network, four numbers at a time."""
    first, first_bias = _padded(decoder.hidden.weight), _padded(decoder.hidden.bias)
    second, second_bias = _padded(decoder.output.weight), _padded(decoder.output.bias)
    width, inputs, outputs = len(first) // 4, first.shape[1] // 4, len(second) // 4
    lines = [f"void {name}(vec4 inputs[{inputs}], out vec4 outputs[{outputs}]) {{", "    vec4 h;"]
    lines += [
        f"    outputs[{o}] = {_vector(second_bias[4 * o : 4 * o + 4])};" for o in range(outputs)
    ]
    for j in range(width):
        rows = slice(4 * j, 4 * j + 4)
        terms = [_vector(first_bias[rows])]
        terms += [f"{_matrix(first[rows, 4 * i : 4 * i + 4])} * inputs[{i}]" for i in range(inputs)]
        lines.append(f"    h = max({' + '.join(terms)}, 0.0);")
        lines += [
            f"    outputs[{o}] += {_matrix(second[4 * o : 4 * o + 4, rows])} * h;"
            for o in range(outputs)
        ]
    return "\n".join([*lines, "}", ""])


def _shader(name: str) -> str:
    return (_SHADERS / name).read_text("utf-8")


def _padded(parameter: Tensor) -> npt.NDArray[np.float32]:
    """Weights with every dimension filled up with zeros to a multiple of four."""
    array = parameter.detach().float().cpu().numpy()
    return np.pad(array, [(0, -size % 4) for size in array.shape])


def _vector(values: npt.NDArray[np.float32]) -> str:
    return f"vec4({', '.join(_literal(v) for v in values)})"


def _matrix(rows: npt.NDArray[np.float32]) -> str:
    return f"mat4({', '.join(_literal(v) for v in rows.T.ravel())})"


def _literal(value: np.float32) -> str:
    text = f"{float(value):.9g}"
    return text if any(mark in text for mark in ".en") else text + ".0"
