"""Whether a map can be believed: what the models answer as the photo loses what a map marks, and what a map that knows nothing
of the photo would come to.
"""

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dashboard.engine.request import Request
from dashboard.engine.trial import Trial
from dashboard.evidence import Activation, Prediction, Probe, scores_of
from dashboard.explain import Explanation
from dashboard.metrics import Ablations, ModelMetric, of_model
from dashboard.models.classifier import Classifier, Observation
from dashboard.names import short_names
from dashboard.numerics.fidelity import altered, blurred, centred, grouped, removal_order, taken_away, unrelated
from dashboard.numerics.filling import interpolated, noisy
from dashboard.numerics.scaling import crop_resample, is_flat
from dashboard.photo import Box, Photo

Baseline = Literal["blur", "mean colour", "black", "neighbours (ROAD)"]
NEIGHBOURS: Baseline = "neighbours (ROAD)"
Way = Literal["deletion", "insertion"]
WAYS: tuple[Way, Way] = ("deletion", "insertion")
SIDE = 14  # rows and columns of the cells that are altered
STEPS = 20
RANDOM = 6  # random maps
GROUPS = 10  # of cells, for SaCo
PATCHES = 7  # rows and columns of the patches that are taken away one at a time
BLUR = 0.1  # of the longer side of what both models saw: the standard deviation of the blur
BATCH = 16  # photos that a model is asked about at a time, at most
HELD = 150  # milliseconds for which asking may hold the device: others' quick work waits that long


@dataclass(frozen=True)
class Grid:
    """The cells in which a photo is altered, the same for both models: `rows` x `columns` over `box`, which both models saw."""

    box: Box
    rows: int = SIDE
    columns: int = SIDE

    @property
    def blur(self) -> float:
        """The standard deviation of the blur, in photo pixels, the same for both models."""
        return BLUR * max(self.box.width, self.box.height)

    def laid(self, shown: Explanation) -> Tensor:
        """A map's values at the cells' centres, bilinear, (rows, columns)."""
        return crop_resample(shown.heatmap, shown.box.shares(self.box), self.rows, self.columns)

    def of_pixels(self, box: Box, size: tuple[int, int]) -> Tensor:
        """The cell, from 0, in which each pixel of a model's input (H, W) over `box` lies; -1 outside the grid."""
        down = _number(box.top, box.height, size[0], self.box.top, self.box.height, self.rows)[:, None]
        across = _number(box.left, box.width, size[1], self.box.left, self.box.width, self.columns)
        return torch.where((down < 0) | (across < 0), -1, down * self.columns + across)


def _number(start: float, length: float, pixels: int, low: float, span: float, cells: int) -> Tensor:
    """The row (or column) of cells in which the centre of each row of pixels lies, -1 outside."""
    centres = start + length * (torch.arange(pixels).double() + 0.5) / pixels
    numbers = ((centres - low) / span * cells).floor().long()
    return torch.where((numbers < 0) | (numbers >= cells), -1, numbers)


def common_grid(boxes: Iterable[Box], size: tuple[int, int]) -> Grid | None:
    """The cells over the part of a photo of `size` (width, height) that all boxes cover; None where there is none."""
    common: Box | None = Box(0, 0, *size)
    for box in boxes:
        common = None if common is None else common.overlap(box)
    return None if common is None else Grid(common)


def altering(model: Classifier, photo: Photo, grid: Grid, baseline: Baseline, shares: Tensor) -> Trial:
    """The question what a model says of copies of a photo: in each, `shares` (N, rows, columns) of the cells, 0 to 1, are the
    baseline's.
    """
    meaning = (grid, baseline, tuple(shares.shape), sha256(shares.double().numpy().tobytes()).hexdigest())

    def work(model: Classifier, seen: Observation[Probe]) -> Tensor:
        pixels = seen.evidence.pixels[0]
        size = (pixels.shape[1], pixels.shape[2])
        cells = grid.of_pixels(seen.box, size).to(pixels.device)
        sigmas = (grid.blur * size[0] / seen.box.height, grid.blur * size[1] / seen.box.width)
        put = replacing(baseline, pixels, cells >= 0, sigmas, model)
        whole = shares.flatten(1).to(pixels)
        parts = (torch.where(cells < 0, 0, part[:, cells.clamp(min=0)]) for part in whole.split(at_a_time(seen.milliseconds)))
        with torch.no_grad():
            return torch.cat([seen.evidence.logits(put(part)) for part in parts])

    return Trial(model, photo, meaning, len(shares), work)


def at_a_time(milliseconds: float) -> int:
    """How many photos a model is asked about at a time, where one look takes so long: others wait for no more than HELD."""
    return max(1, min(BATCH, int(HELD / max(milliseconds, 1))))


def replacing(
    baseline: Baseline, pixels: Tensor, shared: Tensor, sigmas: tuple[float, float], model: Classifier
) -> Callable[[Tensor], Tensor]:
    """What takes the `share` (B, H, W) of a photo's pixels (3, H, W) that is gone to the photos (B, 3, H, W) without it.

    Neighbours fill a pixel that is gone by half or more; every other baseline is a photo that shines through by that share.
    """
    if baseline == NEIGHBOURS:
        return lambda share: noisy(interpolated(pixels, share >= 0.5), share >= 0.5)
    other = plain_photo(baseline, pixels, shared, sigmas, model)
    return lambda share: altered(pixels, other, share)


def plain_photo(baseline: Baseline, pixels: Tensor, shared: Tensor, sigmas: tuple[float, float], model: Classifier) -> Tensor:
    """What stands in place of what is taken away, as the model takes it in, (3, H, W): the photo blurred by `sigmas` (down,
    across), its mean colour where it is `shared` (H, W), or black, which is not 0 in a normalised photo.

    Raises:
        ValueError: the baseline is no photo.
    """
    match baseline:
        case "blur":
            return blurred(pixels, *sigmas)
        case "mean colour":
            return pixels[:, shared].mean(1)[:, None, None].expand_as(pixels)
        case "black":
            dark = model.preprocessing.pixels(torch.zeros(3, 64, 64, dtype=torch.uint8))
            return dark[:, dark.shape[1] // 2, dark.shape[2] // 2, None, None].to(pixels).expand_as(pixels)
        case _:
            raise ValueError(f"expected a baseline that is a photo, got {baseline!r}")


@dataclass(frozen=True)
class Fall:
    """A model's logits as a photo loses its cells in one order, `deletion` (S + 1, K), and as it gets them, `insertion`."""

    deletion: Tensor
    insertion: Tensor

    def logits(self, way: Way) -> Tensor:
        """The logits of one way, (S + 1, K)."""
        return self.deletion if way == "deletion" else self.insertion


@dataclass(frozen=True)
class Doubt:
    """One side's map under test: the `request` behind it, the map `shown`, the cells of the `grid` that are altered, the
    `baseline` that takes their place, and the `other` side's map, None where there is none.
    """

    request: Request
    shown: Explanation
    grid: Grid
    baseline: Baseline
    other: Explanation | None = None

    @property
    def target(self) -> int:
        """The class whose score is followed: the explained one, or the top prediction of a map that is of no class."""
        return self.shown.prediction.top(1)[0][0] if self.shown.target is None else self.shown.target

    @property
    def flat(self) -> bool:
        """Whether the map says nothing within the grid."""
        return is_flat(self.grid.laid(self.shown))

    def ask(self, shares: Tensor, baseline: Baseline | None = None) -> Trial:
        """The question about copies of the photo in which `shares` (N, rows, columns) of the cells are the baseline's."""
        return altering(self.request.model, self.request.photo, self.grid, baseline or self.baseline, shares)

    def curve_trials(self) -> list[Trial]:
        """Questions for the curves: both ends, random maps, the map, the middle, and the other side's map if there is one."""
        maps = [self.grid.laid(self.shown), centred(self.grid.rows, self.grid.columns)]
        maps += [] if self.other is None else [self.grid.laid(self.other)]
        ends = torch.stack([torch.zeros(self.grid.rows, self.grid.columns), torch.ones(self.grid.rows, self.grid.columns)])
        orders = [removal_order(each, STEPS) for each in maps]
        there_and_back = [self.ask(torch.cat([gone, ~gone])) for gone in (taken_away(each, STEPS)[1:-1] for each in orders)]
        random = torch.cat([taken_away(removal_order(each, STEPS), STEPS)[1:-1] for each in self._random()])
        return [self.ask(ends), self.ask(random), *there_and_back]

    def number_trials(self) -> list[Trial]:
        """Questions for the other numbers: single patches, then for the map, and for its controls, groups of cells and the
        photo under the map.
        """
        own, *controls = self.maps()
        grouped_alike = [self.ask(torch.cat([grouped(each, GROUPS)[0] for each in maps])) for maps in ([own], controls)]
        under = [self.ask(1 - torch.stack(list(map(bright, maps))), "black") for maps in ([own], controls)]
        return [self.ask(single_patches(self.grid)), *grouped_alike, *under]

    def maps(self) -> list[Tensor]:
        """The map on the grid, then the maps that know nothing of the photo: the middle, and random ones."""
        return [self.grid.laid(self.shown), centred(self.grid.rows, self.grid.columns), *self._random()]

    def _random(self) -> Tensor:
        return unrelated(RANDOM, self.grid.rows, self.grid.columns)

    def score(self, logits: Tensor) -> Tensor:
        """The explained class's scores, (N, K) -> (N,)."""
        return scores_of(logits.double(), self.request.model.activation)[:, self.target]


def single_patches(grid: Grid) -> Tensor:
    """One copy for each of PATCHES x PATCHES patches, in which it alone is gone, (n, rows, columns)."""
    down, across = (torch.arange(size) * PATCHES // size for size in (grid.rows, grid.columns))
    numbers = down[:, None] * PATCHES + across
    return numbers == torch.arange(PATCHES**2)[:, None, None]


def bright(values: Tensor) -> Tensor:
    """How much of a photo is left under a map: its positive values as shares of the largest; nothing where none is positive."""
    lit = values.clamp(min=0)
    return lit / lit.max() if lit.max() > 0 else lit


@dataclass(frozen=True)
class Curves:
    """What a model answers along the curves of its own map, of `random` maps, of the `middle`, and of the other side's map."""

    own: Fall
    middle: Fall
    random: tuple[Fall, ...]
    other: Fall | None


def curves(logits: Sequence[Tensor]) -> Curves:
    """The curves of what `curve_trials` asked."""
    ends, random, *there_and_back = logits
    falls = [_there_and_back(ends, each) for each in there_and_back]
    orders = [_ended(ends, each) for each in random.split(STEPS - 1)]
    # The cells of a random map, put back in reverse, are those of another random map.
    return Curves(falls[0], falls[1], tuple(Fall(each, each.flip(0)) for each in orders), falls[2] if falls[2:] else None)


def _there_and_back(ends: Tensor, inner: Tensor) -> Fall:
    gone, left = inner.split(len(inner) // 2)
    return Fall(_ended(ends, gone), _ended(ends.flip(0), left))


def _ended(ends: Tensor, inner: Tensor) -> Tensor:
    return torch.cat([ends[:1], inner, ends[1:]])


@dataclass(frozen=True)
class Row:
    """One number of a map, with its controls: the same number of a map of the `middle` and of the `random` maps."""

    metric: ModelMetric
    value: float
    middle: float
    random: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The random maps' mean."""
        return sum(self.random) / len(self.random)

    @property
    def spread(self) -> float:
        """The random maps' standard deviation."""
        return math.sqrt(sum((each - self.mean) ** 2 for each in self.random) / max(len(self.random) - 1, 1))

    def beats(self, others: Iterable[float]) -> bool:
        """Whether the map's number is better than each of the others, by the end that the metric's authors prefer."""
        sign = -1 if self.metric.better == "lower" else 1
        return all(sign * self.value > sign * each for each in others)

    @property
    def verdict(self) -> str:
        """In a few words, how the number stands to its controls."""
        if math.isnan(self.value):
            return "no number"
        random, middle = self.beats(self.random), self.beats([self.middle])
        if random and middle:
            return "beats both"
        if random:
            return "beats random"
        return "like random" if min(self.random) <= self.value <= max(self.random) else "worse than random"


def rows(doubt: Doubt, found: Curves, logits: Sequence[Tensor]) -> list[Row]:
    """Every number of a map and its model, with its controls, of what `number_trials` asked."""
    single, *others = map(doubt.score, logits)
    groups, under = torch.cat(others[:2]).split(GROUPS), torch.cat(others[2:])
    whole = doubt.score(found.own.deletion)[0]
    tested = []
    for place, (values, fall) in enumerate(zip(doubt.maps(), (found.own, found.middle, *found.random), strict=True)):
        relevance = torch.einsum("nrc,rc->n", single_patches(doubt.grid).double(), values.double())
        deletion, insertion, saliences = doubt.score(fall.deletion), doubt.score(fall.insertion), grouped(values, GROUPS)[1]
        drops, losses, dark = whole - groups[place], whole - single, under[place].item()
        tested.append(Ablations(deletion, insertion, saliences, drops, relevance, losses, whole.item(), dark))
    own, middle, *random = [of_model(each) for each in tested]
    return [
        Row(number.metric, number.value, middle[i].value, tuple(each[i].value for each in random))
        for i, number in enumerate(own)
        if isinstance(number.metric, ModelMetric)
    ]


@dataclass(frozen=True)
class Lines:
    """The explained class's score after each step, (S + 1,): for the map itself, for the `middle`, for the other side's map if
    there is one, and the `mean` and standard deviation, `spread`, of the random maps.
    """

    own: Tensor
    middle: Tensor
    other: Tensor | None
    mean: Tensor
    spread: Tensor


def lines(doubt: Doubt, found: Curves, way: Way) -> Lines:
    """The lines of a chart of deletion or of insertion."""

    def scored(fall: Fall) -> Tensor:
        return doubt.score(fall.logits(way))

    random = torch.stack(list(map(scored, found.random)))
    other = None if found.other is None else scored(found.other)
    return Lines(scored(found.own), scored(found.middle), other, random.mean(0), random.std(0))


@dataclass(frozen=True)
class Answers:
    """What one model says of the photos along a curve: `title`, `labels`, how its logits become scores, and the logits."""

    title: str
    labels: tuple[str, ...]
    activation: Activation
    fall: Fall

    def top(self, way: Way, count: int) -> list[list[str]]:
        """The top predictions with their scores, after each step."""
        names = short_names(self.labels)
        answers = [Prediction(each, self.labels, self.activation) for each in self.fall.logits(way)]
        return [[f"{names[index]} {each.in_words(score)}" for index, _, score in each.top(count)] for each in answers]


AWAY = re.compile(r"(p|b|[lr]\d{1,3})~([-\w]{34})", re.ASCII)  # as many letters as SIDE x SIDE cells take
MOST_TRIES = 20  # in a list that an address holds


@dataclass(frozen=True)
class Away:
    """Cells that a person took away: `kind` says how they were chosen, and `packed` which they are, six to a letter."""

    kind: str
    packed: str

    @classmethod
    def of(cls, kind: str, cells: Tensor) -> "Away":
        """Of `cells` (SIDE, SIDE) that are true. `kind`: "p" one by one, "b" by a box, "l20" and "r20" the top 20% of a map."""
        return cls(kind, urlsafe_b64encode(np.packbits(cells.flatten().numpy()).tobytes()).decode().rstrip("="))

    @classmethod
    def read(cls, code: str) -> "Away | None":
        """What a code means, None if nothing."""
        found = AWAY.fullmatch(code)
        return None if found is None else cls(found[1], found[2])

    @property
    def code(self) -> str:
        """A text for an address."""
        return f"{self.kind}~{self.packed}"

    @property
    def cells(self) -> Tensor:
        """Which cells are gone, (SIDE, SIDE)."""
        packed = np.frombuffer(urlsafe_b64decode(f"{self.packed}=="), np.uint8)
        return torch.from_numpy(np.unpackbits(packed, count=SIDE**2).astype(bool)).view(SIDE, SIDE)

    @property
    def in_words(self) -> str:
        """How the cells were chosen, and how many they are."""
        side = {"l": "left", "r": "right"}.get(self.kind[0])
        how = f"top {self.kind[1:]}% of the {side} map" if side else {"b": "a box", "p": "cells chosen one by one"}[self.kind]
        return f"{how} ({int(self.cells.sum())} of {SIDE**2} cells)"


def tries_of(text: str) -> list[Away]:
    """The list that an address holds, without what means nothing."""
    return [away for code in text.split(",")[:MOST_TRIES] if (away := Away.read(code)) is not None]


def cells_in(grid: Grid, box: Box) -> Tensor:
    """The cells whose centres lie in a box, (rows, columns)."""
    down = grid.box.top + (torch.arange(grid.rows) + 0.5) / grid.rows * grid.box.height
    across = grid.box.left + (torch.arange(grid.columns) + 0.5) / grid.columns * grid.box.width
    return ((down >= box.top) & (down <= box.bottom))[:, None] & ((across >= box.left) & (across <= box.right))


@dataclass(frozen=True)
class Changed:
    """One class's score `before` and `after` the photo was altered."""

    label: str
    before: float
    after: float


def changes(before: Prediction, after: Prediction, count: int = 5) -> list[Changed]:
    """The classes that are among the top of either answer, in the order of the first one."""
    names, old, new = short_names(before.labels), before.scores, after.scores
    among = {index for answer in (before, after) for index, _, _ in answer.top(count)}
    ordered = sorted(among, key=lambda index: -before.logits[index].item())
    return [Changed(names[index], old[index].item(), new[index].item()) for index in ordered]
