"""Fits a head to a photo, measures and draws it: `python -m training.fit_picture OUT.png [PHOTO]`.

The sheet: the photo, the head in the photo's camera, and with that face from around, in the photo's
light; below, in our studio's light, at rest, from the side, behind and bald, and with other faces.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw

from head360.camera import OrbitCamera
from head360.engine import finished
from head360.faces import OVAL
from head360.fitting.dressing import Dresser
from head360.fitting.fit import FitResult, Fitter
from head360.fitting.photo import Photo, photo_from_pixels, read_photo
from head360.light import PHOTO_LIGHT, Background, Light
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.scene import Models, SceneBuilder
from head360.rendering.viewer import Shot, Viewer
from training.identity import FaceEmbedding
from training.measures import psnr, ssim
from training.pictures import expression_of

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_CELL, _SAMPLES = 192, 4  # pixels; a pixel
_AROUND = (-60.0, -30.0, 0.0, 30.0, 60.0)
_NEAR = OrbitCamera(distance=0.85, target=(0.0, 0.0, 0.0))
_FACES = (
    {"mouthSmile": 0.9}, {"jawOpen": 0.9}, {"eyeBlink": 1.0},
    {"eyeLookInLeft": 0.8, "eyeLookOutRight": 0.8},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a fitted head is to its photo, where the photo shows the face and no hair."""

    psnr: float  # dB
    ssim: float
    distance: float | None  # of dlib's embeddings; None: they are not at hand


class Easel:
    """Fits and draws heads."""

    def __init__(self) -> None:
        self._models = Models.load()
        self._fitter = Fitter(self._models)
        self._builder = SceneBuilder(self._models)
        self._viewer = Viewer(self._models)

    def close(self) -> None:
        """Give everything back."""
        self._fitter.close()
        self._viewer.release()

    def fitted(self, photo: Photo) -> FitResult:
        """A head from a photo."""
        return finished(self._fitter.fit(photo))

    def again(self, fit: FitResult) -> Picture:
        """The head in the photo's camera and light, as large as the crop."""
        camera, roll = fit.solution.first.camera.orbit()
        scene = self._builder.build(fit.params.with_(light=Light(PHOTO_LIGHT)))
        size = fit.crop.size
        shot = Shot(camera, size, size, _SAMPLES, background=Background())
        level = Image.fromarray(finished(self._viewer.draw(scene, shot))[..., :3])
        return np.asarray(level.rotate(-roll, Image.Resampling.BICUBIC))

    def likeness(self, fit: FitResult, drawn: Picture) -> Likeness:
        """Compare `again` with the photo."""
        photo, seen = fit.crop.image, self._face_seen(fit)
        network = FaceEmbedding.at_hand()
        apart = None
        if network:
            one, other = (network.of(each, self._landmarks(fit)) for each in (photo, drawn))
            apart = float(np.linalg.norm(one - other))
        return Likeness(psnr(photo, drawn, seen), ssim(photo, drawn, seen), apart)

    def sheet(self, fit: FitResult, drawn: Picture) -> Picture:
        """Two rows of seven: from around as in the photo, then at rest and with other faces."""
        then = fit.params.with_(light=Light(PHOTO_LIGHT))
        still = fit.params.with_(light=Light(), expression=np.zeros(len(EXPRESSIONS), np.float32))
        above = [_small(fit.crop.image), _small(drawn)]
        above += [self._draw(then, OrbitCamera(yaw_degrees=yaw)) for yaw in _AROUND]
        return np.concatenate([np.concatenate(row, 1) for row in (above, list(self._below(still)))])

    def _below(self, still: HeadParams) -> Iterator[Picture]:
        yield self._draw(still, OrbitCamera(yaw_degrees=90))
        yield self._draw(still, OrbitCamera(yaw_degrees=180))
        yield self._draw(still.with_(hairstyle=None), OrbitCamera(yaw_degrees=25))
        for face in _FACES:
            yield self._draw(still.with_(expression=expression_of(face)), _NEAR)

    def _draw(self, head: HeadParams, camera: OrbitCamera) -> Picture:
        shot = Shot(camera, _CELL, _CELL, _SAMPLES, background=Background())
        drawn: Picture = finished(self._viewer.draw(self._builder.build(head), shot))[..., :3]
        return drawn

    def _face_seen(self, fit: FitResult) -> Mask:
        """Pixels within the face's outline that are not hair."""
        parts = Dresser(self._models).parse(fit.crop, fit.landmarks)
        outline = [(float(x), float(y)) for x, y in fit.landmarks[list(OVAL), :2]]
        inside = Image.new("1", (fit.crop.size, fit.crop.size))
        ImageDraw.Draw(inside).polygon(outline, fill=1)
        face = np.asarray(inside)
        return face if parts is None else face & ~parts.mask("hair", "background")

    def _landmarks(self, fit: FitResult) -> Floats:
        """(68, 2) pixels of the crop."""
        mesh = self._models.mesh
        with torch.inference_mode():
            identity = mesh.identity_of(fit.params)
            vertices = mesh.pose(identity, torch.tensor(fit.params.expression)).numpy()
        points = vertices[mesh.topology.landmarks68].astype(np.float64)
        return fit.solution.first.camera.pixels(points)[:, :2].astype(np.float32)


def main() -> None:
    """Write the sheet and say the figures."""
    parsed = _parser().parse_args()
    easel = Easel()
    fit = easel.fitted(astronaut() if parsed.photo is None else read_photo(parsed.photo))
    drawn = easel.again(fit)
    found = easel.likeness(fit, drawn)
    sheet = Image.fromarray(easel.sheet(fit, drawn))
    # A median cut, the usual way to a palette, has no red left for mouths.
    palette = sheet.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=8)
    few = sheet.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(parsed.out, optimize=True)
    easel.close()
    apart = "not measured" if found.distance is None else f"{found.distance:.3f}"
    sys.stdout.write(
        f"{fit.params.hairstyle or 'bald'}: face {found.psnr:.2f} dB, SSIM {found.ssim:.3f}, "
        f"embedding distance {apart}; {fit.report.total_seconds:.1f} s\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.fit_picture",
        description="Fit a head to a photo, draw what became of it, and compare both.",
    )
    parser.add_argument("out", type=Path, metavar="OUT.png", help="the sheet to write")
    parser.add_argument(
        "photo", type=Path, nargs="?", metavar="PHOTO", help="default: scikit-image's astronaut"
    )
    return parser


def astronaut() -> Photo:
    """scikit-image's portrait."""
    pixels = import_module("skimage.data").astronaut()
    return photo_from_pixels(np.ascontiguousarray(pixels), "the astronaut")


def _small(picture: Picture) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((_CELL, _CELL), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
