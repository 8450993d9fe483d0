"""CIFAR-10 (Krizhevsky 2009) from parquet files of JPEG bytes, whole in memory, and its augmentation."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True)
class Pictures:
    """What a model is trained to eat and to answer: pictures of `side` pixels, normalised, and the classes' names."""

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    labels: tuple[str, ...]

    def normalise(self, images: Tensor) -> Tensor:
        """Bytes (B, 3, H, W) to normalised pixels."""
        mean, std = (torch.tensor(values, device=images.device).view(3, 1, 1) for values in (self.mean, self.std))
        return (images.float() / 255 - mean) / std


CIFAR = Pictures(32, MEAN, STD, CLASSES)


@dataclass(frozen=True)
class Split:
    """One part of a data set: `images` (N, 3, S, S) as bytes, `labels` (N,)."""

    images: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> "Split":
        return Split(self.images.to(device), self.labels.to(device))


def read_split(folder: Path, split: str) -> Split:
    """Decodes `cifar10-<split>.parquet` (`train` or `test`) of `folder`."""
    table = pq.read_table(folder / f"cifar10-{split}.parquet")
    images = np.stack([np.asarray(Image.open(io.BytesIO(jpeg.as_py())).convert("RGB")) for jpeg in table["image"]])
    labels = torch.tensor(table["label"].to_numpy(), dtype=torch.long)
    return Split(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels)


def batches(split: Split, size: int, generator: torch.Generator, zoomed: bool) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled epoch of full batches, augmented: shifted by up to 4 pixels, mirrored, partly blanked; zoomed on request."""
    order = torch.randperm(len(split.labels), generator=generator)
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size].to(split.labels.device)
        pixels = CIFAR.normalise(split.images[chosen])
        yield augment(zoom(pixels, generator) if zoomed else pixels, generator), split.labels[chosen]


def augment(pixels: Tensor, generator: torch.Generator, shift: int = 4, hole: int = 8) -> Tensor:
    """Random shift with reflected borders, mirror, and a square cut out (DeVries 2017, arXiv:1708.04552)."""
    count, _, height, width = pixels.shape

    def draw(high: int) -> Tensor:
        return torch.randint(high, (count,), generator=generator).to(pixels.device)

    padded = F.pad(pixels, (shift,) * 4, mode="reflect")
    rows = draw(2 * shift + 1)[:, None] + torch.arange(height, device=pixels.device)  # (B, H)
    columns = draw(2 * shift + 1)[:, None] + torch.arange(width, device=pixels.device)  # (B, W)
    columns = torch.where(draw(2).bool()[:, None], columns.flip(1), columns)
    batch = torch.arange(count, device=pixels.device)[:, None, None]
    moved = padded[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved.masked_fill(_squares(draw(height), draw(width), height, width, hole), 0)


def zoom(pixels: Tensor, generator: torch.Generator, least: float = 0.6, most: float = 2.0) -> Tensor:
    """Half of a batch enlarged or shrunk, each axis by itself, on a plain ground of random colour.

    A large photo that is squeezed to 32 x 32 shows its things smaller, and in another shape, than CIFAR-10 does.
    """
    count = len(pixels)

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(pixels.device)

    scales = least + (most - least) * draw(count, 2)
    centres = (2 * draw(count, 2) - 1) * (scales - 1).abs() / scales
    matrices = torch.diag_embed(1 / scales)  # (B, 2, 2)
    grid = F.affine_grid(torch.cat([matrices, centres[:, :, None]], 2), list(pixels.shape), align_corners=False)
    ground = 4 * draw(count, 3, 1, 1) - 2
    moved = F.grid_sample(pixels - ground, grid, padding_mode="zeros", align_corners=False) + ground
    return torch.where((draw(count) < 0.5)[:, None, None, None], moved, pixels)


def _squares(top: Tensor, left: Tensor, height: int, width: int, side: int) -> Tensor:
    """(B, 1, H, W), true inside a square of `side` around each centre."""
    rows = (torch.arange(height, device=top.device) - top[:, None] + side // 2).clamp(-1, side)
    columns = (torch.arange(width, device=left.device) - left[:, None] + side // 2).clamp(-1, side)
    inside_rows, inside_columns = (rows >= 0) & (rows < side), (columns >= 0) & (columns < side)
    return (inside_rows[:, :, None] & inside_columns[:, None, :])[:, None]
