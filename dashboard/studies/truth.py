"""Maps against what they should mark: a box or a mask that a person gives, or the quarter of four photos in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dashboard.compare import SLOTS, Slot
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.metrics import Number, Truth, of_truth
from dashboard.numerics.fidelity import centred, unrelated
from dashboard.numerics.localisation import widened
from dashboard.numerics.scaling import crop_resample, inside
from dashboard.photo import Box, Photo

FINE = 224  # rows and columns on which a truth is laid over what a model saw
TOLERANCE = 15  # of these, in the pointing game of Zhang et al. 2018
MASK_SIDE = 512  # pixels of a mask's longer side
QUARTER = 224  # pixels of each photo's side, of four in one
GRID = 14  # rows and columns of the maps of no knowledge


@dataclass(frozen=True)
class Drawn:
    """What a person says should be marked: a `mask` (H, W) over the whole photo, 0 to 1."""

    mask: Tensor

    def over(self, size: tuple[int, int], box: Box) -> Tensor:
        """The mask over a box of a photo of `size` (width, height), (FINE, FINE); nothing is true outside the photo."""
        region = Box(0, 0, *size).shares(box)
        values = crop_resample(self.mask, region, FINE, FINE)
        return torch.where(inside(region, FINE, FINE), values, 0.0)

    def truth(self, size: tuple[int, int], box: Box, shape: tuple[int, ...]) -> Truth:
        """The truth on the grid of a map of this `shape` (h, w) over a box."""
        fine = self.over(size, box)
        wide = widened(widened(fine, TOLERANCE, 0), 0, TOLERANCE) >= 0.5
        rows, columns = (((torch.arange(count) + 0.5) / count * FINE).long() for count in shape)
        covered = torch.nn.functional.adaptive_avg_pool2d(fine[None], (shape[0], shape[1]))[0]
        return Truth(covered.clamp(0, 1), wide[rows][:, columns].double())


def drawn_box(size: tuple[int, int], edges: Sequence[float]) -> Drawn:
    """A box by its left, top, right and bottom edge, in shares of a photo of `size` (width, height)."""
    scale = MASK_SIDE / max(size)
    width, height = (max(round(scale * length), 1) for length in size)
    across, down = (torch.arange(width) + 0.5) / width, (torch.arange(height) + 0.5) / height
    left, top, right, bottom = edges
    return Drawn((((down >= top) & (down <= bottom))[:, None] & ((across >= left) & (across <= right))).float())


def drawn_mask(image: Image.Image) -> Drawn:
    """What is lighter than the middle grey of a picture, which is stretched over the photo."""
    share = min(MASK_SIDE / max(image.size), 1)
    width, height = (max(round(share * length), 1) for length in image.size)
    grey = np.asarray(image.convert("L").resize((width, height), Image.Resampling.BOX), np.float32)
    return Drawn(torch.from_numpy((grey >= 128).astype(np.float32)))


def scored(shown: Explanation, drawn: Drawn, size: tuple[int, int]) -> tuple[Number, ...]:
    """Every number of a map and a truth."""
    return of_truth(shown.heatmap, drawn.truth(size, shown.box, tuple(shown.heatmap.shape)))


def controls(drawn: Drawn, size: tuple[int, int], box: Box, count: int = 20) -> dict[str, list[float]]:
    """What maps of no knowledge come to, by name: one of the middle, and the mean of random ones."""
    truth = drawn.truth(size, box, (GRID, GRID))
    random = [[number.value for number in of_truth(each, truth)] for each in unrelated(count, GRID, GRID)]
    middle = [number.value for number in of_truth(centred(GRID, GRID), truth)]
    means = [sum(each) / count for each in zip(*random, strict=True)]
    return {"a map of the middle": middle, f"{count} random maps, mean": means}


@dataclass(frozen=True)
class Four:
    """Four photos in one, and for each, by side, the class that the side's model saw in it alone."""

    photo: Photo
    titles: tuple[str, ...]
    classes: Mapping[Slot, tuple[int, ...]]

    def quarter(self, number: int) -> Drawn:
        """The truth for one of the photos, from 0, row by row."""
        row, column = divmod(number, 2)
        return drawn_box(self.photo.size, (column / 2, row / 2, (column + 1) / 2, (row + 1) / 2))


def four_in_one(photos: Sequence[Photo], classes: Mapping[Slot, tuple[int, ...]]) -> Four:
    """Four photos as quarters of one, each squeezed to a square."""
    whole = Image.new("RGB", (2 * QUARTER, 2 * QUARTER))
    for number, photo in enumerate(photos):
        row, column = divmod(number, 2)
        quarter = photo.image.resize((QUARTER, QUARTER), Image.Resampling.LANCZOS, reducing_gap=2.0)
        whole.paste(quarter, (column * QUARTER, row * QUARTER))
    # What is kept of it goes with the first photo's, which may be a person's own.
    digest = f"{photos[0].digest}:four-{sha256(' '.join(photo.digest for photo in photos).encode()).hexdigest()}"
    return Four(Photo(whole, digest, "Four photos in one"), tuple(photo.name for photo in photos), classes)


def of_other_classes(first: Mapping[Slot, Prediction], others: Mapping[str, Mapping[Slot, Prediction]]) -> list[str] | None:
    """The first three of `others`, by name, whose top predictions differ from each other's and from the `first` photo's, for
    both sides; None where there are no three.
    """
    taken = {slot: {first[slot].top(1)[0][0]} for slot in SLOTS}
    found = []
    for name, answers in others.items():
        top = {slot: answers[slot].top(1)[0][0] for slot in SLOTS}
        if len(found) < 3 and all(top[slot] not in taken[slot] for slot in SLOTS):
            found.append(name)
            for slot in SLOTS:
                taken[slot].add(top[slot])
    return found if len(found) == 3 else None
