"""Parts of a fit that can be left out, to measure what each of them is good for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from head360.fitting.dressing import Dressed


@dataclass(frozen=True, slots=True)
class Without:
    """What a fit does not do."""

    #: Keep what codes cannot hold: fine shape and skin of one's own. Without, it is an inversion
    #: into the space of generated heads.
    likeness: bool = False
    shape: bool = False  # find the shape before anything else; without, it is the mean head's
    own_skin: bool = False  # take skin from the photo; without, only the generated one most like it
    parsing: bool = False  # tell hair from skin, and find a hairstyle; without, heads are bald

    @property
    def free_form(self) -> bool:
        """Whether lids and lips stay where codes put them."""
        return self.likeness or self.shape

    def coded(self, dressed: Dressed) -> Dressed:
        """What is left of a fitted head."""
        if not self.likeness:
            return dressed
        return replace(dressed, params=dressed.params.with_(likeness=None))


#: Nothing is left out.
WHOLE = Without()
