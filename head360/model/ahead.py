"""Reads and unpacks model files in the background, without torch, whose import takes as long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from head360.assets import resource
from head360.model.checkpoint import Arrays, inflated, load_arrays
from head360.model.texture_file import TextureFile, read_texture


class ReadAhead:
    """What every head needs; begins when it is made."""

    def __init__(self) -> None:
        reader = ThreadPoolExecutor(1, "unpacking")  # one: there are two cores, and torch to import
        self._mesh = reader.submit(_read_mesh)
        self._texture = reader.submit(_read_texture)
        reader.shutdown(wait=False)

    def mesh(self) -> Arrays:
        """All arrays of the mesh's file, once they are there.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return self._mesh.result()

    def texture(self) -> TextureFile:
        """The skin's file, once it is there.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return self._texture.result()


def _read_texture() -> TextureFile:
    return read_texture(resource("models", "texture.safetensors"))


def _read_mesh() -> Arrays:
    arrays = load_arrays(resource("models", "mesh.safetensors"))
    rows = {"identity": arrays["factor"].shape[0], "basis": arrays["core"].shape[2]}
    for name, count in rows.items():
        arrays[name] = inflated(arrays[name], (count, arrays["mean"].size))
    return arrays
