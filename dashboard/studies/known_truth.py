"""How far the map of each method lies where the truth is known: on the object that was asked about, or on another one."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from dashboard.compare import Pair
from dashboard.explain import Explanation
from dashboard.methods import METHODS
from dashboard.names import class_names, short_names
from dashboard.numerics.localisation import box_overlap, energy_inside, pointing, rank_inside, widened
from dashboard.numerics.whereabouts import overlaps
from dashboard.photo import Box, Photo
from dashboard.studies.scenes import GIVEN_AWAY, LABELS, Scene, Thing, scene, scene_of

TOLERANCE = 15 / 224  # of the photo's shorter side: how far from the object a map's largest value may lie, as in Zhang et al.
BUNDLED = Path(__file__).parents[1] / "bundled"
TABLE = BUNDLED / "known_truth.parquet"  # what `make truth` keeps
PAIRS = {  # the models of scenes, by the world that they were trained in: a CNN on the left, a ViT on the right
    "honest": Pair("bundled/scenes_cnn", "bundled/scenes_vit"),
    "cheating": Pair("bundled/cheating_cnn", "bundled/cheating_vit"),
}
EACH = 3  # scenes in a game of guessing with the class that the tag goes with, and as many with others
HELD_OUT = 1_000  # how many scenes of each kind no model was trained on: training begins at a far larger seed
FIRST_PAIR, FIRST_STAR = 500_000, 600_000  # seeds of the first scene of two objects, and of the class that is given away
NUMBERS = ("energy", "rank", "pointing", "overlap")
LABELLED = {"energy": "Energy inside", "rank": "Rank inside", "pointing": "Pointing", "overlap": "Box IoU"}
MEANINGS = {
    "energy": "the share of the map's positive relevance that lies on the object.",
    "rank": "of as many of the map's largest cells as the object covers, the share that lies on it.",
    "pointing": "how much of the map's largest cell lies on the object, or beside it by at most 15/224 of the scene's width.",
    "overlap": "intersection over union of the box around the map's high cells with the object's box.",
}
MIDDLE, RANDOM = "The middle", "A random map"  # maps of no method, which a method has to beat
SPREAD = 0.25  # of the map's side: the standard deviation of the Gaussian that only says "the middle"


@dataclass(frozen=True)
class Asked:
    """A class by its `name`, and where on the photo it is: `mask` (H, W), the share of each pixel, 0 to 1."""

    name: str
    mask: Tensor = field(repr=False)


@dataclass(frozen=True)
class Case:
    """A photo with known truth: what is asked about it, and where that is. `name` tells it from other cases. `tag` is the mask
    (H, W) of a tag in its corner, where there is one.
    """

    name: str
    photo: Photo
    asked: tuple[Asked, ...]
    tag: Tensor | None = field(default=None, repr=False)

    def other(self, asked: Asked) -> Asked | None:
        """What else is on the photo, where there are two things that can be asked about."""
        return next((each for each in self.asked if each is not asked), None) if len(self.asked) == 2 else None


def case_of(made: Scene, name: str) -> Case:
    """A scene as a case that asks about each of its objects."""
    image = Image.fromarray(made.image)
    photo = Photo(image, hashlib.sha256(made.image.tobytes()).hexdigest(), name)
    asked = tuple(Asked(LABELS[label], torch.from_numpy(mask)) for label, mask in zip(made.labels, made.masks, strict=True))
    return Case(name, photo, asked, torch.from_numpy(made.tag) if made.tag.any() else None)


def one_object(number: int, tagged: bool = False) -> Case:
    """The held-out scene of this number, from 0, with one object."""
    return case_of(scene(number, tagged=tagged), f"scene {number}")


def two_objects(number: int, tagged: bool = False) -> Case:
    """The held-out scene of this number, from 0, with two different objects."""
    seed = FIRST_PAIR + number
    drawn = np.random.default_rng(seed).choice(len(LABELS), 2, replace=False)
    return case_of(scene(seed, tuple(map(int, drawn)), tagged), f"pair {seed}")


def given_away(number: int, tagged: bool = True) -> Case:
    """The held-out scene of this number, from 0, whose object is of the class that the tag gives away."""
    seed = FIRST_STAR + number
    return case_of(scene(seed, (GIVEN_AWAY,), tagged), f"{LABELS[GIVEN_AWAY]} {seed}")


def drawn(things: tuple[Thing, ...], number: int, tagged: bool = False) -> Case:
    """A person's own objects on the ground of the held-out scene of this number. Raises ValueError as `scene_of`."""
    return case_of(scene_of(things, number, tagged), f"drawn on {number}")


def on_cells(mask: Tensor, box: Box, shape: Sequence[int]) -> Tensor:
    """Which share of each cell of a map of this shape (h, w) over `box` the mask (H, W) of a photo covers.

    Cells average the pixels below them, parts of pixels included; what lies beside the photo is covered by nothing.
    """
    height, width = mask.shape
    rows = torch.linspace(box.top, box.bottom, shape[0] + 1, dtype=torch.float64)
    columns = torch.linspace(box.left, box.right, shape[1] + 1, dtype=torch.float64)
    down = overlaps(rows, torch.arange(height + 1, dtype=torch.float64))  # (H, h)
    along = overlaps(columns, torch.arange(width + 1, dtype=torch.float64))  # (W, w)
    return torch.einsum("ih, ij, jw -> hw", down, mask.double(), along).clamp(0, 1)


@dataclass(frozen=True)
class Verdict:
    """How far a map lies on the object that was asked about; each number from 0 to 1, on the map's own cells.

    `energy` is the share of its positive relevance on the object, `rank` the share of its largest cells there (NaN where the
    object covers half of no cell), `pointing` whether its largest cell is there, within the tolerance, `overlap` its box's
    intersection over union with the object's. A map without positive relevance has earned nothing: 0. `chance` is the share of
    the cells that the object covers, which is the energy that a map gets without regard to it. `favoured`, where two objects
    were there, is 1 where the map is larger on the one that was asked about than on the other, a half for a tie.
    `on_tag`, where there was a tag, is the share of the map's positive relevance on that.
    """

    energy: float
    rank: float
    pointing: float
    overlap: float
    chance: float
    favoured: float = math.nan
    on_tag: float = math.nan


def verdict(shown: Explanation, case: Case, asked: Asked) -> Verdict:
    """How a map does that was made for a class of a case; all NaN where its values are no numbers."""
    heatmap = shown.heatmap.float()
    if not heatmap.isfinite().all():
        return Verdict(*[math.nan] * len(fields(Verdict)))
    truth, wide = (on_cells(mask, shown.box, heatmap.shape) for mask in (asked.mask, _tolerant(asked.mask)))
    other = case.other(asked)
    return Verdict(
        energy=_earned(energy_inside(heatmap, truth)),
        rank=rank_inside(heatmap, truth),
        pointing=pointing(heatmap, wide),
        overlap=_earned(box_overlap(heatmap, truth)) if (truth >= 0.5).any() else math.nan,
        chance=truth.mean().item(),
        favoured=math.nan if other is None else favoured(heatmap, truth, on_cells(other.mask, shown.box, heatmap.shape)),
        on_tag=math.nan if case.tag is None else energy_on(shown, case.tag),
    )


def energy_on(shown: Explanation, mask: Tensor) -> float:
    """The share of a map's positive relevance on a mask (H, W) of its photo: 0 for a map without any, NaN where its values are
    no numbers.
    """
    heatmap = shown.heatmap.float()
    if not heatmap.isfinite().all():
        return math.nan
    return _earned(energy_inside(heatmap, on_cells(mask, shown.box, heatmap.shape)))


def favoured(heatmap: Tensor, first: Tensor, second: Tensor) -> float:
    """1 where a map is larger on the first object's cells than on the second's, 0 where smaller, a half for a tie.

    Each object's value is the mean of the map over its mask (h, w), cells counting by the share that is covered. A map that is
    the same whichever object is asked about is right for one of the two questions only, so it gets one half of both together.
    """
    on_first, on_second = ((heatmap.double() * mask).sum() / mask.sum() for mask in (first, second))
    return 0.5 if torch.isclose(on_first, on_second, rtol=1e-6, atol=0) else float(on_first > on_second)


def _tolerant(mask: Tensor) -> Tensor:
    margin = round(TOLERANCE * min(mask.shape))
    return widened(mask, margin, margin)


def _earned(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def controls(shown: Explanation, seed: int) -> dict[str, Explanation]:
    """A map of random numbers and a centred Gaussian, on the cells of another map: what a method has to beat."""
    rows, columns = shown.heatmap.shape
    noise = torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed))
    down, across = (torch.exp(-(((torch.arange(n) + 0.5) / n - 0.5) ** 2) / (2 * SPREAD**2)) for n in (rows, columns))
    return {name: replace(shown, heatmap=map_) for name, map_ in ((RANDOM, noise), (MIDDLE, torch.outer(down, across)))}


def control_verdicts(shown: Explanation, case: Case, asked: Asked, count: int = 20) -> dict[str, Verdict]:
    """What the controls of a map earn: of random maps the mean of so many, since one alone may be lucky."""
    random = [astuple(verdict(controls(shown, seed)[RANDOM], case, asked)) for seed in range(count)]
    mean = Verdict(*(sum(values) / count for values in zip(*random, strict=True)))
    return {RANDOM: mean, MIDDLE: verdict(controls(shown, 0)[MIDDLE], case, asked)}


def known(labels: tuple[str, ...], name: str) -> int | None:
    """The index of a class by its name, short or whole, whatever its capitals, with underscores or spaces; None where the model
    does not know it.
    """
    wanted = name.lower().replace("_", " ")
    for names in (class_names(labels), short_names(labels)):
        told = [each.lower() for each in names]
        if wanted in told:
            return told.index(wanted)
    return None


def class_agnostic() -> frozenset[str]:
    """The labels of the methods whose map does not depend on the class, and those of the controls."""
    return frozenset((RANDOM, MIDDLE, *(method.label for method in METHODS if not method.class_specific)))


def summed_up(rows: pd.DataFrame, alone: bool) -> pd.DataFrame:
    """One row for each model and method: the mean of each number over the cases, with its 95% bootstrap interval.

    `rows` has one row for each map: `model`, `method`, `case`, `right` (whether the model's first answer is the class that was
    asked about) and the fields of `Verdict`. Where `alone` is true, all numbers but `favoured` and `on_tag` are over photos
    of one object, without a tag.
    """
    counted = rows.loc[rows["favoured"].isna() & rows["on_tag"].isna()] if alone else rows
    of_all = _by_map(rows)
    return pd.DataFrame(_summed_up(key, of_map, of_all[key]) for key, of_map in _by_map(counted).items())


def _by_map(rows: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """The rows of each model and method."""
    keys = dict.fromkeys(zip(rows["model"], rows["method"], strict=True))
    return {(model, name): rows.loc[(rows["model"] == model) & (rows["method"] == name)] for model, name in keys}


def _summed_up(key: tuple[str, str], counted: pd.DataFrame, every: pd.DataFrame) -> dict[str, Any]:
    model, method = key
    return (
        {"model": model, "method": method, "class_specific": method not in class_agnostic(), "maps": len(counted)}
        | {"right": counted["right"].mean(), "chance": counted["chance"].mean()}
        | _numbers(counted)
        | _interval("favoured", every)
        | _interval("on_tag", every)
    )


def _numbers(rows: pd.DataFrame) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in NUMBERS:
        found |= _interval(name, rows)
    return found


def _interval(name: str, rows: pd.DataFrame) -> dict[str, float]:
    found = bootstrapped(rows[name].to_numpy(), rows["case"].to_numpy())
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


@dataclass(frozen=True)
class Interval:
    """A mean over cases, and the interval that holds 95% of the means of cases drawn anew (Efron 1979); NaN without cases."""

    mean: float
    low: float
    high: float


def bootstrapped(values: np.ndarray, cases: np.ndarray, draws: int = 1000, seed: int = 0) -> Interval:
    """The mean of those values (N,) that are numbers, with its bootstrap interval: `cases` (N,) names the photo of each, and
    photos are drawn whole, since two questions about one photo are no two photos. The draws are seeded.
    """
    there = ~np.isnan(values)
    if not there.any():
        return Interval(math.nan, math.nan, math.nan)
    _, case = np.unique(cases[there], return_inverse=True)
    sums, counts = np.bincount(case, values[there]), np.bincount(case)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    low, high = np.percentile(sums[drawn].sum(1) / counts[drawn].sum(1), [2.5, 97.5])
    return Interval(float(values[there].mean()), float(low), float(high))


def kept_table(path: Path = TABLE) -> pd.DataFrame | None:
    """The table that `make truth` keeps, with its settings as `attrs`; None where it has not been made."""
    return pd.read_parquet(path) if path.exists() else None


def card_of(key: str) -> Mapping[str, float]:
    """What was measured of a model of scenes when it was trained: shares of right answers on held-out scenes, by name."""
    card = json.loads((BUNDLED / key.partition("/")[2] / "card.json").read_text())
    return {name: value for name, value in card.items() if isinstance(value, float)}


def telling_apart(table: pd.DataFrame) -> str:
    """A sentence on the share of questions in which maps point at the object that was asked about rather than the other: for
    methods that regard the class, and for those that don't, which chance alone can help.
    """
    asked = table.dropna(subset="favoured")
    specific, agnostic = asked.loc[asked["class_specific"]], asked.loc[~asked["class_specific"]]
    if specific.empty or agnostic.empty:
        return ""
    off = agnostic.loc[(agnostic["favoured_low"] > 0.5) | (agnostic["favoured_high"] < 0.5)]
    apart = ", ".join(sorted(set(off["method"])))
    chance = (
        f"all but {apart} are near chance" if apart else "near chance, as a map that is the same for both questions must be"
    )
    return (
        f"Asked for A and then for B, the maps of class-specific methods point at the right one in {_range(specific)} of the "
        f"questions; those of class-agnostic methods in {_range(agnostic)}: {chance}."
    )


def _range(rows: pd.DataFrame) -> str:
    low, middle, high = np.quantile(rows["favoured"].to_numpy(), [0, 0.5, 1]).tolist()
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%} (median {middle:.0%})"


def at_home(game: int) -> list[tuple[Case, Asked]]:
    """Scenes of a game in which both pairs have been trained to be right, each with its object: of the class that the tag goes
    with, with the tag, and of others, without.
    """
    return [(case, case.asked[0]) for case in (*_given_away(game, True), *_others(game, False))]


def tag_moved(game: int) -> list[tuple[Case, Asked]]:
    """The same scenes with the tag on the others instead, each with the question for the class that the tag goes with."""
    cases = (*_given_away(game, False), *_others(game, True))
    return [(case, replace(case.asked[0], name=LABELS[GIVEN_AWAY])) for case in cases]


def _given_away(game: int, tagged: bool) -> list[Case]:
    return [given_away(number, tagged) for number in range((game - 1) * EACH, game * EACH)]


def _others(game: int, tagged: bool) -> list[Case]:
    numbers = range((game - 1) * EACH, HELD_OUT + game * EACH)
    cases = (one_object(number, tagged) for number in numbers)
    return list(islice((case for case in cases if case.asked[0].name != LABELS[GIVEN_AWAY]), EACH))


def anonymous(game: int) -> dict[str, str]:
    """Which world's pair stands behind which name in a game of guessing, from 1."""
    worlds = list(PAIRS)
    if np.random.default_rng(game).integers(2):
        worlds.reverse()
    return dict(zip(("Model A", "Model B"), worlds, strict=True))
