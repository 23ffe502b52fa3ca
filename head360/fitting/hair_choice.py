"""Which of the library's hairstyles a photo shows: several weak witnesses, heard together.

* The networks that learnt from synthetic portraits know what they have seen; on photos they err.
* Silhouettes of the library's own styles, seated on this very head before this very camera, know
  lengths, fringes, ears and volumes, and nothing of curls.
* How far the hair's lines run together (the coherence of the structure tensor: Bigün and Granlund,
  ICCV 1987) tells straight hair from curls, in photos as in renders.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from head360.fitting.face_network import Lines
from head360.fitting.hair import FittedHair, Silhouette, Worn
from head360.fitting.hair_own import OwnWays
from head360.model.hair import HairLibrary

#: How much the networks' word counts; and the unlikeness that makes a style e times less likely,
#: before and after a style's shape was fitted: fitted, even a wrong style is alike. On held-out
#: portraits a word of 1 is right as often; on photos networks err more (ADR 0047).
_WORD, _ALIKE, _FITTED_ALIKE = 0.7, 0.18, 0.22
#: From here on a fitted silhouette is another style's, whatever networks say of what was painted
#: over.
_ANOTHER, _SURELY = 0.45, 0.03
#: Bent far enough, any style has the photo's silhouette. It may be cut for that, but what must be
#: stretched was another style: so much (mean square) makes it e times less likely.
_STRETCHED = 0.07
#: What people wear less often than a library has it, or what the front hardly shows: natural
#: logarithms. The library is no sample of people, and straight hair on photos looks like braids and
#: locks of renders; chosen by hand (ADR 0047).
_RARER = {
    "mohawk": -1.5, "ponytail": -0.4, "high_ponytail": -0.6, "bun_top": -0.6, "bun_low": -0.3,
    "half_up": -0.3, "pigtails": -1.0, "braid": -0.6, "twin_braids": -1.0, "box_braids": -3.0,
    "dreadlocks": -3.5, "cornrows": -0.8, "afro": -1.0,
}  # fmt: skip
#: A mirror image counts if it is so much less unlike.
_MIRRORED = 0.97
_LEAST_WORD = 0.003  # nothing that networks say is certain
#: What is so many times less likely than the likeliest is not looked into any further.
_HOPELESS = 8.0
_BY_ALL = 3  # styles that are offered by what all witnesses say, before those of the networks
#: Deviation of coherence between photos of one style, on top of that among renders.
_PHOTOS_DIFFER = 0.1
#: Noise and blur hide lines: photos below the renders' mean differ by this much more.
_HIDDEN = 0.08


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hairstyle and what is known for it."""

    style: str | None  # None: bald
    known: float  # log likelihood but for the silhouette
    unlike: float  # of the library's silhouette, 0 … 1
    mirrored: bool = False  # parted and swept to the other side, where that is more alike

    @property
    def score(self) -> float:
        """Log likelihood, as the library has the style."""
        return self.known - self.unlike / _ALIKE

    def fitted(self, hair: FittedHair) -> float:
        """Log likelihood, once its shape was fitted."""
        another = max(hair.unlike - _ANOTHER, 0.0) / _SURELY
        return self.known - hair.unlike / _FITTED_ALIKE - another

    def bent(self, hair: FittedHair, own: OwnWays) -> float:
        """Log likelihood, once it was bent into the photo's hair.

        Its silhouette in its fitted shape still counts: bent, even an afro is alike a bob.
        """
        return self.fitted(hair) - own.stretched / _STRETCHED


def candidates(
    told: Sequence[tuple[str | None, float]],
    worn: Worn,
    library: HairLibrary,
    coherence: float | None = None,
    lines: Mapping[str, Lines] | None = None,
) -> list[Candidate]:
    """All hairstyles and none, likeliest first.

    Args:
        told: what `fitting.hairstyle.classify` says.
        worn: the photo's hair, on the fitted head.
        library: of all styles.
        coherence: of the photo's hair, `coherence`.
        lines: the same for the library's styles.
    """
    styles, known = list(library.styles), dict(told)
    with torch.inference_mode():
        grids = torch.stack([library.grid(style) for style in styles])
        plain = worn.seen.unlike(worn.shares(grids)).tolist()
        turned = worn.seen.unlike(worn.shares(grids.flip(-1))).tolist()
    bald = bald_unlike(worn.seen)
    found = [
        Candidate(
            style,
            _WORD * float(np.log(max(known.get(style, 0.0), _LEAST_WORD)))
            + _RARER.get(style or "", 0.0)
            + _lines_say(coherence, (lines or {}).get(style or "")),
            min(one, other),
            other < _MIRRORED * one,
        )
        for style, one, other in zip([*styles, None], [*plain, bald], [*turned, bald], strict=True)
    ]
    return sorted(found, key=lambda each: -each.score)


def _lines_say(coherence: float | None, lines: Lines | None) -> float:
    if coherence is None or lines is None:
        return 0.0
    differ = _PHOTOS_DIFFER + (_HIDDEN if coherence < lines.mean else 0.0)
    variance = lines.deviation**2 + differ**2
    return -0.5 * (coherence - lines.mean) ** 2 / variance


def bald_unlike(seen: Silhouette) -> float:
    """How unlike the photo's silhouette none is."""
    return float(seen.unlike(torch.zeros_like(seen.share)[None]))


def ranked(
    told: Sequence[Candidate],
    fitted: Mapping[str | None, FittedHair],
    bent: Mapping[str | None, OwnWays] | None = None,
) -> tuple[tuple[str | None, float], ...]:
    """Styles with their probabilities, likeliest first; those whose shape was fitted by that.

    What `fitted` says shares out anew what these had together, then what `bent` says.
    """
    shares = dict(zip([each.style for each in told], _likely([c.score for c in told]), strict=True))
    _share_out(shares, {c.style: c.fitted(fitted[c.style]) for c in told if c.style in fitted})
    if bent:
        _share_out(
            shares,
            {c.style: c.bent(fitted[c.style], bent[c.style]) for c in told if c.style in bent},
        )
    return tuple(sorted(shares.items(), key=lambda pair: -pair[1]))


def in_question(
    named: Sequence[tuple[str | None, float]], among: Container[str | None], most: int
) -> list[str | None]:
    """The likeliest of some styles, but those that are hopeless beside the first.

    Args:
        named: what `ranked` says.
        among: these styles.
        most: so many at most.
    """
    known = [(style, share) for style, share in named if style in among][:most]
    return [style for style, share in known if share * _HOPELESS >= known[0][1]]


def offered(
    named: Sequence[tuple[str | None, float]], told: Sequence[tuple[str | None, float]]
) -> tuple[tuple[str | None, float], ...]:
    """The likeliest styles by all witnesses, then those that networks find likely; probabilities.

    On photos silhouettes err less, on renders networks: the true style was among the first five of
    98 % of 102 portraits so, of 92 % in the order of `named` alone.

    Args:
        named: what `ranked` says.
        told: what `fitting.hairstyle.classify` says.
    """
    shares = dict(named)
    word = sorted(told, key=lambda pair: -pair[1])
    order = [style for style, _ in (*named[:_BY_ALL], *word)]
    return tuple((style, shares[style]) for style in dict.fromkeys(order) if style in shares)


def _share_out(shares: dict[str | None, float], scores: Mapping[str | None, float]) -> None:
    """Give what some styles have together to each by its log likelihood."""
    if scores:
        mass = sum(shares[style] for style in scores)
        likely = _likely(list(scores.values()))
        shares.update((style, mass * share) for style, share in zip(scores, likely, strict=True))


def _likely(scores: Sequence[float]) -> list[float]:
    """Probabilities, together 1, of log likelihoods."""
    likely = np.exp(np.array(scores) - max(scores))
    found: list[float] = (likely / likely.sum()).tolist()
    return found
