"""How far a map stays the same: while the model loses what it learnt, and for copies of the photo that show the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from dashboard.explain import Explanation
from dashboard.numerics.agreement import spearman
from dashboard.photo import Photo, taking_turns

LONGEST = 1024  # pixels of a copy's longer side: larger photos are made smaller, as copies are kept uncompressed
NOISE = 0.02  # of the photo's range: the largest change of a pixel, as in max-sensitivity (Yeh et al. 2019, arXiv:1901.09392)
NOISY = 3  # noisy copies
SMOOTH = 8  # noisy copies over which maps are averaged for sMPRT, whose authors take 50
SPREAD = 0.1  # of the photo's range: the standard deviation of their noise, after SmoothGrad (arXiv:1706.03825)
SAME = 1e-6  # of the largest value: maps that differ by no more are the same


@dataclass(frozen=True)
class Copies:
    """Copies of a photo, the `plain` one no larger than LONGEST, one `mirrored`, and some `noisy`."""

    plain: Photo
    mirrored: Photo
    noisy: tuple[Photo, ...]


def _small(photo: Photo) -> Image.Image:
    share = min(LONGEST / max(photo.size), 1)
    size = (max(round(share * photo.size[0]), 1), max(round(share * photo.size[1]), 1))
    with taking_turns(photo.size):
        return photo.image if share == 1 else photo.image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def copies(photo: Photo) -> Copies:
    """The copies of a photo. Their digests begin with the photo's, so that they are forgotten with it."""
    plain = _small(photo)
    made = {"plain": plain, "mirrored": ImageOps.mirror(plain)}
    made |= {f"noise-{seed}": _noisy(plain, _even(seed)) for seed in range(NOISY)}
    all_copies = [_copy(photo, image, name) for name, image in made.items()]
    return Copies(photo if plain is photo.image else all_copies[0], all_copies[1], tuple(all_copies[2:]))


def _copy(photo: Photo, image: Image.Image, name: str) -> Photo:
    return Photo(image, f"{photo.digest}:{name}", photo.name)


def smoothing(photo: Photo) -> tuple[Photo, ...]:
    """Noisy copies over which maps are averaged. Their digests begin with the photo's, so that they are forgotten with it."""
    plain = _small(photo)
    return tuple(_copy(photo, _noisy(plain, _normal(seed)), f"smooth-{seed}") for seed in range(SMOOTH))


Noise = Callable[[tuple[int, ...]], np.ndarray]  # takes a shape to noise, in shares of the photo's range


def _even(seed: int) -> Noise:
    return lambda shape: np.random.default_rng(seed).uniform(-NOISE, NOISE, shape)


def _normal(seed: int) -> Noise:
    return lambda shape: np.random.default_rng(seed).normal(0, SPREAD, shape)


def _noisy(image: Image.Image, noise: Noise) -> Image.Image:
    values = np.asarray(image, np.float32)
    return Image.fromarray((values + 255 * noise(values.shape)).round().clip(0, 255).astype(np.uint8))


def turned_back(shown: Explanation) -> Explanation:
    """The map of a mirrored photo, mirrored back."""
    return replace(shown, heatmap=shown.heatmap.flip(1))


@dataclass(frozen=True)
class Steadiness:
    """Rank correlations of a map with that of the mirrored photo, mirrored back, and with those of noisy copies."""

    mirrored: float
    noisy: tuple[float, ...]


def steadiness(plain: Explanation, mirrored: Explanation, noisy: Sequence[Explanation]) -> Steadiness:
    """How far a map stays the same where the photo does."""
    values = plain.heatmap
    return Steadiness(spearman(values, turned_back(mirrored).heatmap), tuple(spearman(values, each.heatmap) for each in noisy))


@dataclass(frozen=True)
class Broken:
    """The maps (S, h, w) of a model that loses what it learnt, from the head down, with each one's rank correlation with the
    intact model's map, NaN where it is flat, and whether it is the `same` map.
    """

    maps: Tensor
    correlations: tuple[float, ...]
    same: tuple[bool, ...]

    @property
    def unread(self) -> int:
        """After how many steps the map is still exactly the same: what was shuffled by then, it never reads."""
        return next((step for step, same in enumerate(self.same) if not same), len(self.same))


def broken(intact: Tensor, maps: Tensor) -> Broken:
    """Reads the maps (S, h, w) of a model's broken copies against the `intact` model's (h, w)."""
    bound = SAME * intact.abs().max()
    same = tuple(bool((each - intact).abs().max() <= bound) for each in maps)
    return Broken(maps, tuple(spearman(intact, each) for each in maps), same)
