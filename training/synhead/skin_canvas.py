"""What all people's skin shares: patterns and places, laid out so that a person is a mixture.

A person's melanin, colour, relief and roughness are sums of maps that everybody shares, weighed by
the person's code (`training.synhead.skin_recipe`). So the maps are multiplied out once, here, and
painting somebody is one small matrix product with a few curves after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.synhead.skin_atlas import Head, Texels
from training.synhead.skin_noise import value_noise
from training.synhead.skin_strokes import draw_lashes
from training.synhead.skin_zones import Zones

#: Patterns of each kind: of some millimetres, soft blotches of melanin, and of blood.
PATTERNS = 12
CLEAR = (0.86, 0.72, 0.64)  # linear albedo without any pigment
#: Absorption of red, green and blue linear albedo by what lies in or under the skin.
_LASHES = (0.70, 0.80, 0.85)
_TEARS = (-0.05, 0.30, 0.22)
_SOCKETS = (0.05, 0.55, 0.45)
_MOUTH = (0.35, 1.5, 1.3)
_HIDDEN = (0.30, 0.75, 0.70)
_WET_ROUGHNESS, _LIP_ROUGHNESS = 0.2, 0.36

Maps = dict[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The skin tile, ready to be painted on; N texels, row by row."""

    size: tuple[int, int]
    names: tuple[str, ...]  # of the F features
    features: Tensor  # (F, N)
    openness: Tensor  # (N,) occlusion where skin has no pits
    specular: Tensor  # (N,) where it has none
    dulling: Tensor  # (N,) what a pit of a millimetre takes from it
    scatter: Tensor  # (N,)
    lashes: Tensor  # (N,) how much of a texel lashes cover

    def to(self, device: torch.device) -> Canvas:
        """The same on another device."""
        surface = (self.openness, self.specular, self.dulling, self.scatter, self.lashes)
        maps = (each.to(device) for each in (self.features, *surface))
        return Canvas(self.size, self.names, *maps)


def prepare_canvas(head: Head, texels: Texels, zones: Zones) -> Canvas:
    """Multiply out everything that all people share (some seconds)."""
    points = torch.from_numpy(texels.position.reshape(-1, 3))
    z = {n: torch.from_numpy(getattr(zones, n).reshape(-1)) for n in Zones.__slots__}
    z["lashes"] = torch.from_numpy(draw_lashes(head, texels).reshape(-1))
    z["occlusion"] = torch.from_numpy(texels.occlusion.reshape(-1)).float()
    z["greasy"] = z["nose"] + 0.7 * z["forehead"] + 0.5 * z["chin"] + 0.25 * z["cheeks"]
    n = _noises(points)
    features = {
        "one": torch.ones(len(points)), **_patterns(points), **_pigment(z, n), **_blood(z, n),
        **_inner(z, n), **_relief(z, n), **_sheen(z, n),
    }  # fmt: skip
    deep = (0.3 * torch.maximum(z["lips"], z["rim"])).clamp_min(0.04)
    wet = 1 - z["rim"]
    return Canvas(
        size=texels.shape,
        names=tuple(features),
        features=torch.stack(list(features.values())),
        openness=(deep + (1 - deep) * z["occlusion"]) * (1 - 0.18 * z["crease"]),
        specular=(0.5 - 0.12 * z["ears"] + 0.08 * z["greasy"] - 0.075 * z["scalp"]) * wet
        + 0.62 * z["rim"],
        dulling=0.9 * wet,
        scatter=1 - 0.25 * z["lash_line"] - 0.3 * z["mouth"],
        lashes=z["lashes"],
    )


def _noises(points: Tensor) -> Maps:
    stretched = points * torch.tensor([1.0, 0.35, 1.0])
    return {
        "soft": value_noise(points, 1, 0.5, 3),
        "middle": value_noise(points, 2, 1.5, 3),
        "fine": value_noise(points, 3, 4.5, 2),
        "pores": value_noise(points, 4, 8.0, 1),
        "relief": value_noise(points, 5, 3.2, 2),
        "lines": value_noise(stretched, 6, 5.0, 2),
        "furrows": value_noise(points * torch.tensor([1.0, 0.12, 0.3]), 7, 5.5, 2),
        "veins": _ridges(value_noise(points, 8, 0.55, 2), 0.07),
        "capillaries": _ridges(value_noise(points, 9, 1.3, 3), 0.10),
    }


def _ridges(noise: Tensor, width: float) -> Tensor:
    """Lines where noise passes through zero, 0 ... 1."""
    return torch.exp(-((noise / width) ** 2))


def _patterns(points: Tensor) -> Maps:
    """Blotches of a centimetre to specks of two millimetres; soft clouds of melanin and blood."""
    found: Maps = {}
    for i in range(PATTERNS):
        found[f"texture {i}"] = value_noise(points, 20 + i, 0.9 * 1.13**i, 2)
        found[f"melanin {i}"] = value_noise(points, 40 + i, 0.22, 3)
        found[f"blood {i}"] = value_noise(points, 60 + i, 0.30, 3)
    return found


def _pigment(z: Maps, n: Maps) -> Maps:
    """Factors about 1 of melanin."""
    usual = 1 + 0.10 * (z["forehead"] + z["under_eyes"] + z["nose_wings"]) + 0.16 * z["lids"]
    usual += 0.12 * z["crease"] - 0.06 * z["cheeks"] + 0.04 * z["neck"] + 0.14 * z["lips"]
    usual += 0.05 * z["ears"] + 0.06 * z["beard"] - 0.18 * z["philtrum"]
    mottled = 0.022 * n["soft"] + 0.02 * n["middle"] + 0.022 * n["fine"] + 0.012 * n["pores"]
    return {"melanin": usual, "mottled": mottled, "neck": z["neck"], "lips": z["lips"]}


def _blood(z: Maps, n: Maps) -> Maps:
    """Factors about 1 of haemoglobin, and places where more of it shows; warm carotene."""
    warm = z["nose"] + 0.8 * z["nose_wings"] + 0.95 * z["ears"]
    cheeks = z["cheeks"] * (1 + 0.16 * n["middle"])
    broken = n["capillaries"] * (z["nose_wings"] + 0.35 * z["cheeks"])
    usual = 1 + 0.05 * n["soft"] + 0.06 * n["middle"] + 0.05 * n["fine"] - 0.22 * z["forehead"]
    usual += 0.12 * (z["chin"] + z["under_eyes"]) + 0.42 * cheeks + 0.45 * warm
    usual += 0.30 * z["lids"] + 0.25 * broken
    streaks = 1 + 0.10 * n["furrows"] + 0.05 * n["middle"]
    yellow = 0.30 * z["forehead"] - 0.25 * z["lips"] + 0.12 * z["neck"] - 0.1 * z["cheeks"]
    return {
        "blood": usual, "uneven blood": n["middle"], "cheeks": cheeks, "warm": warm,
        "lids": z["lids"], "capillaries": broken, "rim": z["rim"],
        "lip blood": z["lips"] * streaks * (1 + 0.25 * z["lip_inside"]),
        "yellow": yellow + 0.05 * n["soft"], "forehead": z["forehead"],
    }  # fmt: skip


def _inner(z: Maps, n: Maps) -> Maps:
    """Absorption of what shines through or lies inside: veins, roots of hair, mouth."""
    hidden = (1 - z["occlusion"]) * (1 - z["lips"]) * (1 - z["rim"])
    lashes = z["lash_line"] + 1.3 * z["lashes"]
    parts = (
        (lashes, _LASHES), (z["tear_corner"], _TEARS), (z["sockets"], _SOCKETS),
        (z["mouth"], _MOUTH), (hidden, _HIDDEN),
    )  # fmt: skip
    clear = torch.tensor(CLEAR).log().tolist()
    channels = [sum((m * t[c] for m, t in parts), -clear[c]) for c in range(3)]
    return {
        "inner red": channels[0], "inner green": channels[1], "inner blue": channels[2],
        "veins": n["veins"] * (z["temples"] + 0.35 * z["lids"] + 0.25 * z["neck"]),
        "under_eyes": z["under_eyes"],
        "beard": z["beard"] * (1 + 0.12 * n["fine"] + 0.1 * n["pores"]),
    }  # fmt: skip


def _relief(z: Maps, n: Maps) -> Maps:
    """Heights; 1 is a millimetre."""
    bare = (1 - z["lips"]) * (1 - z["mouth"]) * (1 - 0.5 * z["lids"])
    porous = 0.35 + 0.65 * (z["nose"] + 0.8 * z["cheeks"] + 0.5 * z["forehead"] + 0.6 * z["chin"])
    pits = 0.5 * (n["pores"].abs() - 0.8) - 0.5 * n["pores"].clamp_min(0.3)
    return {
        "flat": 0.5 + 0.09 * z["vermilion"] * (1 - z["lips"]) - 0.16 * z["crease"],
        "pores": porous * pits * bare,
        "relief": n["relief"] * bare,
        "fine lines": n["lines"] * (0.3 + z["under_eyes"] + z["lids"]),
        "furrows": n["furrows"] * z["lips"],
    }


def _sheen(z: Maps, n: Maps) -> Maps:
    """Parts of roughness: of bare skin, of lips, of what is wet."""
    wet = torch.maximum(z["rim"], z["mouth"])
    bare = (1 - z["lips"]) * (1 - wet)
    lips = (_LIP_ROUGHNESS + 0.03 * n["furrows"]) * z["lips"] * (1 - wet)
    skin = 0.60 - 0.09 * z["greasy"] + 0.02 * n["fine"] + 0.025 * n["middle"]
    return {
        "roughness": skin * bare + lips + _WET_ROUGHNESS * wet,
        "greasy": z["greasy"] * bare,
        "bare": bare,
    }
