"""From a photo to a model's input, and the exact part of the photo that the input shows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import functional as F
from torchvision.transforms._presets import ImageClassification

from dashboard.photo import Box, Photo, View, taking_turns


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """A model's own preprocessing, in two forms.

    `pixels` takes bytes (3, H, W) to normalised pixels. `geometry` crops and resizes floats (3, H, W) in the same way, with
    their values scaled and shifted at most: it serves to measure which part of a photo the model sees.
    """

    pixels: Callable[[Tensor], Tensor]
    geometry: Callable[[Tensor], Tensor]

    def view(self, photo: Photo) -> View:
        """The photo as the model takes it in."""
        with taking_turns(photo.size):
            return View(self.pixels(to_bytes(photo.image)), seen_box(self, *photo.size))


ROWS = 256  # of a photo that are copied at a time


def to_bytes(image: Image.Image) -> Tensor:
    """RGB image to (3, H, W) bytes, some rows at a time: Pillow would hold a large photo three times at once."""
    pixels = torch.empty(3, image.height, image.width, dtype=torch.uint8)
    for top in range(0, image.height, ROWS):
        rows = image.crop((0, top, image.width, min(top + ROWS, image.height)))
        pixels[:, top : top + ROWS] = torch.from_numpy(np.array(rows)).permute(2, 0, 1)
    return pixels


NOISE = 2e-7  # the rounding of single precision, for values up to 1


def seen_box(preprocessing: Preprocessing, width: int, height: int) -> Box:
    """The part of a width x height photo that comes through, in photo pixels, to about 0.01 of a pixel."""
    return _seen(preprocessing, width, height)[0]


@lru_cache(maxsize=256)
def _seen(preprocessing: Preprocessing, width: int, height: int) -> tuple[Box, tuple[int, ...]]:
    """The part of a photo that comes through, and how many rows and columns the model takes in.

    A ramp along x goes through the geometry, then one along y, each from 0 to 1 and alike in all channels, so that it does not
    matter what is done to channels. They tell which place of the photo each output pixel shows; a line through the central
    half, where no border blurs, gives the edges.
    """
    across, down = (torch.arange(width) + 0.5) / width, (torch.arange(height) + 0.5) / height
    x, y = (_geometry(preprocessing, ramp.expand(3, height, width)) for ramp in (across, down[:, None]))
    (left, right), (top, bottom) = _edges(_profile(x)), _edges(_profile(y.T))
    return Box(left * width, top * height, right * width, bottom * height), x.shape


LITTLE = 0.05  # what is cut off or squeezed by less is not worth a word


def seen_in_words(preprocessing: Preprocessing, width: int, height: int) -> str:
    """How a model sees a width x height photo, where that differs from the photo by more than a little; else empty.

    >>> seen_in_words(squeeze(224, [0, 0, 0], [1, 1, 1]), 600, 400)
    'The model saw the whole photo, squeezed by 33% in width.'
    """
    box, (rows, columns) = _seen(preprocessing, width, height)
    across, down = box.width / columns, box.height / rows  # photo pixels to one of the model's
    lost, side = (1 - down / across, "width") if across > down else (1 - across / down, "height")
    part, squeezed = _part(box, width, height), f", squeezed by {lost:.0%} in {side}" if lost > LITTLE else ""
    return f"The model saw {part or 'the whole photo'}{squeezed}." if part or squeezed else ""


def _part(box: Box, width: int, height: int) -> str:
    """Which part of a photo a box shows; empty if it is almost all."""
    shown = box.overlap(Box(0, 0, width, height))
    share = shown.width * shown.height / (width * height) if shown else 0.0
    if share >= 1 - LITTLE:
        return ""
    off_centre = max(abs(box.left + box.right - width) / width, abs(box.top + box.bottom - height) / height)
    return f"{'the middle' if off_centre < LITTLE else 'only'} {share:.0%} of the photo"


def _geometry(preprocessing: Preprocessing, image: Tensor) -> np.ndarray:
    """An image (3, H, W), equal in all channels, after the geometry, (h, w). The scale and shift of its values are undone."""
    channel, scale, offset = _values(preprocessing)
    return (preprocessing.geometry(image)[channel].double().numpy() - offset) / scale


@lru_cache(maxsize=256)
def _values(preprocessing: Preprocessing) -> tuple[int, float, float]:
    """The index of a channel, and the scale and offset that the geometry gives its values, as a second normalisation would."""
    zeros, ones = (preprocessing.geometry(torch.full((3, 64, 64), value)).double() for value in (0.0, 1.0))
    inside = (ones - zeros).argmax()  # a pixel of the photo, not of padding
    channel = int(inside) // ones[0].numel()
    return channel, (ones - zeros).flatten()[inside].item(), zeros.flatten()[inside].item()


def _profile(values: np.ndarray) -> np.ndarray:
    """One line along the columns of a ramp (rows, columns): the middle one of those where no padding levels the ramp."""
    reach = np.ptp(values, axis=1)
    lines = np.flatnonzero(reach >= reach.max() / 2)
    return values[lines[len(lines) // 2]]


def _edges(line: np.ndarray) -> tuple[float, float]:
    """The ramp's values at both ends of a line of pixels, from those at pixel centres. Padding, where the
    values are level, is left aside."""
    moving = np.flatnonzero(np.abs(np.diff(line)) > NOISE)
    first, last = (moving[0], moving[-1] + 1) if len(moving) else (0, len(line) - 1)
    quarter = (last + 1 - first) // 4
    indices = np.arange(first + quarter, last + 1 - quarter)
    values = line[indices]
    if len(values) < 2 or np.ptp(values) < NOISE:  # a photo one pixel wide has no slope to measure
        half = min(values.mean(), 1 - values.mean()) or 0.5
        return float(values.mean() - half), float(values.mean() + half)
    slope, start = np.polyfit(indices + 0.5, values, 1)
    return float(start), float(start + slope * len(line))


def whole(image: Tensor) -> Tensor:
    """The photo as it is, (3, H, W)."""
    return image


def middle(image: Tensor) -> Tensor:
    """The middle of a photo, (3, H, W), at most 8 times as long as wide. A centre crop sees no further, and a photo one pixel
    high would be enlarged to gigabytes before it is cropped.
    """
    height, width = image.shape[1:]
    reach = 8 * min(height, width)
    top, left = max(0, (height - reach) // 2), max(0, (width - reach) // 2)
    return image[:, top : top + reach, left : left + reach]


def from_preset(preset: ImageClassification) -> Preprocessing:
    """torchvision's preset for a set of weights."""
    before = middle if len(preset.resize_size) == 1 else whole  # one number: the short side, before a centre crop

    def cropped(image: Tensor) -> Tensor:
        """Resized a channel at a time: torchvision works in single precision, a gigabyte for a large photo."""
        channels = [
            F.resize(channel[None], preset.resize_size, preset.interpolation, antialias=preset.antialias)
            for channel in before(image)
        ]
        return F.center_crop(torch.cat(channels), preset.crop_size)

    def pixels(image: Tensor) -> Tensor:
        return F.normalize(F.convert_image_dtype(cropped(image), torch.float), preset.mean, preset.std)

    return Preprocessing(pixels, cropped)


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
