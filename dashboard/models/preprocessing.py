"""From a photo to what a model eats, and the exact part of the photo that this shows."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms._presets import ImageClassification

from dashboard.photo import Box, Photo, View, taking_turns


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """A model's own preprocessing, twice.

    `pixels`: bytes (3, H, W) to normalised pixels; `geometry`: floats (3, H, W) to the same place and size with
    their values left alone, which is how the seen part of a photo is measured.
    """

    pixels: Callable[[Tensor], Tensor]
    geometry: Callable[[Tensor], Tensor]

    def view(self, photo: Photo) -> View:
        with taking_turns(photo.size):
            return View(self.pixels(to_bytes(photo.image)), seen_box(self, *photo.size))


def to_bytes(image: Image.Image) -> Tensor:
    """RGB image to (3, H, W) bytes."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


@lru_cache(maxsize=256)
def seen_box(preprocessing: Preprocessing, width: int, height: int) -> Box:
    """The part of a width x height photo that comes through, in photo pixels, to about 0.01 of a pixel.

    A ramp along x, one along y, and ones go through the geometry. Divided by the ones (padding is 0), the ramps tell
    which photo coordinate each output pixel shows; a line through the central half, where no border blurs, gives
    the edges.
    """
    across = torch.arange(width) + 0.5
    down = torch.arange(height) + 0.5
    ramps = torch.stack([across.expand(height, width), down[:, None].expand(height, width), torch.ones(height, width)])
    x, y, ones = preprocessing.geometry(ramps)
    rows, columns = ones.shape
    left, right = _edges((x[rows // 2] / ones[rows // 2]), columns)
    top, bottom = _edges((y[:, columns // 2] / ones[:, columns // 2]), rows)
    return Box(left, top, right, bottom)


def _edges(coordinates: Tensor, count: int) -> tuple[float, float]:
    """Photo coordinates at both ends of a line of `count` pixels, from those at pixel centres."""
    centres = np.arange(count) + 0.5
    middle = slice(count // 4, count - count // 4)
    values = coordinates.double().numpy()[middle]
    if len(values) < 2 or np.ptp(values) < 1e-6:  # a photo one pixel wide has no slope to measure
        half = max(values.mean(), 0.5)
        return float(values.mean() - half), float(values.mean() + half)
    slope, start = np.polyfit(centres[middle], values, 1)
    return float(start), float(start + slope * count)


def whole(image: Tensor) -> Tensor:
    """The photo as it is, (3, H, W)."""
    return image


def middle(image: Tensor) -> Tensor:
    """Up to 8 times as long as wide, (3, H, W). A centre crop sees no further, and a photo one pixel high would be enlarged
    to gigabytes before it is cropped.
    """
    height, width = image.shape[1:]
    reach = 8 * min(height, width)
    top, left = max(0, (height - reach) // 2), max(0, (width - reach) // 2)
    return image[:, top : top + reach, left : left + reach]


def from_preset(preset: ImageClassification) -> Preprocessing:
    """torchvision's preset for a set of weights."""
    geometry = copy.deepcopy(preset)
    geometry.mean, geometry.std = [0.0] * 3, [1.0] * 3
    before = middle if len(preset.resize_size) == 1 else whole  # one number: the short side, before a centre crop
    return Preprocessing(lambda image: preset(before(image)), lambda image: geometry(before(image)))


def squeeze(size: int, mean: list[float], std: list[float]) -> Preprocessing:
    """The whole photo brought to size x size, whatever its shape."""
    preset = ImageClassification(crop_size=size, mean=tuple(mean), std=tuple(std))
    preset.resize_size = [size, size]
    return from_preset(preset)


def from_processor(processor: Any) -> Preprocessing:
    """A Hugging Face image processor."""

    crops = getattr(processor, "do_center_crop", False) and dict(getattr(processor, "size", None) or {}).get("shortest_edge")
    before = middle if crops else whole

    def run(image: Tensor, **options: Any) -> Tensor:
        options |= {"return_tensors": "pt", "input_data_format": "channels_first"}
        return processor(images=before(image), **options)["pixel_values"][0]

    return Preprocessing(run, lambda image: run(image, do_rescale=False, do_normalize=False))
