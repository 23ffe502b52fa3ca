"""What sentences do: how many do all they ask, what else moves, who is still the same person.

Needs no source data. Sentences: `training/prompt/held_out.toml`, said of a few named heads.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.edited import edited
from head360.editing.prompt import understand
from head360.engine import HeadEngine
from head360.files import replacing
from head360.light import Light
from head360.model.bilinear import BilinearModel
from head360.params import HeadParams
from head360.rendering.request import RenderRequest
from training.identity import FaceEmbedding, Floats
from training.pictures import expression_of
from training.prompt.held_out import HELD_OUT, Outcome, carried_out, held_out
from training.prompt.judge import Judge
from training.provenance import provenance
from training.truths import pixels

#: Kinds of sentences, as the file names them; those of no kind are plain.
_KINDS = ("plain", "typo", "negation", "several", "degree", "question", "unknown")
#: Wants that make another person of somebody, on purpose.
_OTHER_PERSON = ("age", "male", "tone")
_FACES: tuple[Mapping[str, float], ...] = (
    {"mouthSmile": 0.8, "cheekSquint": 0.5}, {"jawOpen": 0.7}, {"eyeBlink": 1.0},
    {"browInnerUp": 0.9, "browOuterUp": 0.8}, {"browDown": 0.9, "mouthFrown": 0.7},
    {"mouthPucker": 0.9},
)  # fmt: skip
_SIZE = 256  # pixels
_CAMERA = OrbitCamera(distance=0.9)


@dataclass(frozen=True, slots=True)
class TextTable:
    """One evaluation."""

    out: Path
    sentences: Path = HELD_OUT
    pictured: int = 40  # edits whose pictures are compared

    @property
    def name(self) -> str:
        """Of its files, without an ending."""
        own = self.sentences != HELD_OUT
        return f"table-text-{self.sentences.stem}" if own else "table-text"


@dataclass(slots=True)
class _Found:
    """What was measured."""

    outcomes: list[Outcome]
    distances: dict[str, float]  # between faces before and after, by sentence
    seeds: float  # mean distance between different people
    curves: dict[str, float]  # correlation of vertices' motion before and after, by sentence


def run(job: TextTable) -> Iterator[str]:
    """Measure; yields lines for people, and writes table-text.md and .json."""
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    judge = Judge(mesh)
    sentences, starts = held_out(job.sentences)
    understand("older", next(iter(starts.values())), mesh)  # loads the network
    outcomes = [carried_out(said, starts[said.start], mesh, judge) for said in sentences]
    right = sum(not each.missed for each in outcomes)
    yield f"{right} of {len(outcomes)} sentences do all they ask"
    keeping = [each for each in outcomes if keeps_identity(each)]
    count = min(job.pictured, len(keeping))
    few = [keeping[n] for n in np.linspace(0, len(keeping) - 1, count).astype(int)]
    curves = {each.said.text: motion_kept(mesh, each) for each in few}
    yield f"motion: correlation {np.mean(list(curves.values())):.4f}"
    distances, seeds = _distances(mesh, few, list(starts.values()))
    if distances:
        yield f"identity: mean distance {np.mean(list(distances.values())):.3f}"
    _write(job, _Found(outcomes, distances, seeds, curves))


def keeps_identity(outcome: Outcome) -> bool:
    """Whether an edit should leave the person the same: all but age, sex and skin tone."""
    if not outcome.before.edits and outcome.after is outcome.before:
        return False
    return not any(want.startswith(_OTHER_PERSON) for want in outcome.said.wants)


def motion_kept(mesh: BilinearModel, outcome: Outcome) -> float:
    """Correlation of how vertices move, before and after an edit, over six expressions."""
    before, after = (_motions(mesh, head) for head in (outcome.before, outcome.after))
    return float(np.corrcoef(before, after)[0, 1])


def _motions(mesh: BilinearModel, head: HeadParams) -> Floats:
    rest = _vertices(mesh, head.with_(expression=np.zeros_like(head.expression)))
    faces = [_vertices(mesh, head.with_(expression=expression_of(face))) for face in _FACES]
    return np.concatenate([(face - rest).ravel() for face in faces])


def _vertices(mesh: BilinearModel, head: HeadParams) -> Floats:
    whole = edited(head)
    posed = mesh.pose(mesh.identity_of(whole), torch.from_numpy(whole.expression.copy()))
    found: Floats = posed.numpy()
    return found


def _distances(
    mesh: BilinearModel, outcomes: Sequence[Outcome], people: Sequence[HeadParams]
) -> tuple[dict[str, float], float]:
    """Distances of embeddings by sentence, and the mean between different people."""
    face = FaceEmbedding.at_hand()
    if face is None:
        return {}, float("nan")
    engine = HeadEngine()
    try:

        def seen(head: HeadParams) -> Floats:
            lit = head.with_(light=Light())
            image = engine.render(RenderRequest(lit, _CAMERA, _SIZE, _SIZE)).image[..., :3]
            marks = _vertices(mesh, head)[mesh.topology.landmarks68]
            return face.of(image, pixels(marks, _CAMERA, _SIZE))

        before = {id(head): seen(head) for head in people}
        found = {
            each.said.text: float(np.linalg.norm(seen(each.after) - before[id(each.before)]))
            for each in outcomes
        }
    finally:
        engine.close()
    known = list(before.values())
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(known) for b in known[:i]]
    return found, float(np.mean(pairs))


def kind_scores(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """How many sentences of each kind do all they ask, and of how many."""
    found = {}
    for kind in _KINDS:
        own = [each for each in outcomes if kind in (each.said.kinds or ("plain",))]
        if own:
            found[kind] = (sum(not each.missed for each in own), len(own))
    return found


def _write(job: TextTable, found: _Found) -> None:
    content = _content(found)
    job.out.mkdir(parents=True, exist_ok=True)
    with replacing(job.out / f"{job.name}.json") as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    with replacing(job.out / f"{job.name}.md") as path:
        path.write_text("\n".join(_page(found)) + "\n", "utf-8")


def _content(found: _Found) -> dict[str, object]:
    return {
        "note": provenance(),
        "kinds": kind_scores(found.outcomes),
        "milliseconds": [1e3 * each.seconds for each in found.outcomes],
        "missed": {each.said.text: each.missed for each in found.outcomes if each.missed},
        "leaked": {each.said.text: each.leaked for each in found.outcomes if each.leaked},
        "identity": found.distances, "people": found.seeds, "motion": found.curves,
    }  # fmt: skip


def _page(found: _Found) -> Iterator[str]:
    outcomes = found.outcomes
    right, took = sum(not o.missed for o in outcomes), [1e3 * o.seconds for o in outcomes]
    leaks = Counter(name for each in outcomes for name in each.leaked)
    clean = sum(not each.leaked for each in outcomes)
    yield f"# Sentences\n\n{provenance()}\n\n| | measured | wanted |\n|---|---|---|"
    yield f"| do all they ask | {right} of {len(outcomes)} ({right / len(outcomes):.1%}) | 92 % |"
    for kind, (good, all_) in kind_scores(outcomes).items():
        yield f"| … {kind} | {good} of {all_} | |"
    yield f"| a sentence, processor time | mean {np.mean(took):.1f} ms, worst {max(took):.1f} ms | 100 ms |"  # noqa: E501
    yield f"| move nothing that was not asked for | {clean} of {len(outcomes)} | |"
    yield f"| what else moved | {', '.join(f'{n} {c}' for n, c in leaks.most_common(6))} | |"
    if found.distances:
        far = list(found.distances.values())
        yield f"| identity distance, {len(far)} edits | mean {np.mean(far):.3f}, worst {max(far):.3f} | mean 0.35 |"  # noqa: E501
        yield f"| … between the different people before | mean {found.seeds:.3f} | |"
    kept = list(found.curves.values())
    yield f"| motion before and after, {len(kept)} edits × {len(_FACES)} faces | correlation mean {np.mean(kept):.4f}, worst {min(kept):.4f} | |"  # noqa: E501
    yield "\n## Not all that was asked\n"
    yield from (
        f"* “{o.said.text}” ({o.said.start}): {', '.join(o.missed)}" for o in outcomes if o.missed
    )
    yield "\n## Moved besides\n"
    yield from (f"* “{o.said.text}”: {', '.join(o.leaked)}" for o in outcomes if o.leaked)
