"""Filling what is taken out of a photo from what is around it, so that no edge tells where something was."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

NOISE = 0.01  # of a normalised photo's units: the standard deviation of the noise over what is filled, as in ROAD
EXACT = 1e-3  # of the same units: how far a filled pixel may be from its neighbours' mean
MOST = 200  # steps of conjugate gradients, far more than a good start needs
COARSEST = 8  # pixels of the shorter side of the smallest copy


def interpolated(pixels: Tensor, gone: Tensor) -> Tensor:
    """Photos in which each pixel that is `gone` is the mean of its eight neighbours, those beside it counting twice.

    The noisy linear imputation of ROAD (Rong et al. 2022, arXiv:2202.00449), without its noise. Pixels beyond the edge don't
    count. Solved by conjugate gradients, from a start that is filled the same way in a copy of half the size.

    Args:
        pixels: (C, H, W), the photo.
        gone: (B, H, W), true where a pixel is filled.

    Returns:
        (B, C, H, W). Where all pixels of a photo are gone it is the photo's mean colour.
    """
    if gone.shape[1:] != pixels.shape[1:]:
        raise ValueError(f"expected masks of {tuple(pixels.shape[1:])}, got {tuple(gone.shape)}")
    photos = pixels.expand(len(gone), *pixels.shape)
    plain = pixels.mean((1, 2), keepdim=True)
    none_left = gone.all(2).all(1)[:, None, None, None]
    return torch.where(none_left, plain, _filled(photos, gone[:, None] & ~none_left))


def noisy(photos: Tensor, gone: Tensor) -> Tensor:
    """The photos (B, C, H, W) with a little noise where pixels are `gone` (B, H, W), the same noise each time."""
    drawn = torch.randn(photos.shape[1:], generator=torch.Generator().manual_seed(0)).to(photos)
    return photos + NOISE * drawn * gone[:, None]


def _filled(photos: Tensor, gone: Tensor) -> Tensor:
    if min(photos.shape[2:]) <= COARSEST:
        return _solved(photos.where(~gone, 0), photos, gone)
    there = (~gone).to(photos)
    known = avg_pool2d(there, 2, ceil_mode=True)  # ceil_mode counts only what lies within the photo
    half = avg_pool2d(photos * there, 2, ceil_mode=True) / known.clamp(min=1e-6)
    coarse = _filled(half, known == 0)
    start = interpolate(coarse, photos.shape[2:], mode="bilinear", align_corners=False)
    return _solved(photos.where(~gone, start), photos, gone)


def _around(values: Tensor) -> Tensor:
    """The weighted sum of each pixel's neighbours: 1 2 1 down times 1 2 1 across, without the middle."""
    wide = pad(values, (1, 1, 1, 1))
    rows = wide[..., :-2] + 2 * wide[..., 1:-1] + wide[..., 2:]
    return (rows[..., :-2, :] + 2 * rows[..., 1:-1, :] + rows[..., 2:, :] - 4 * values) / 12


def _solved(start: Tensor, photos: Tensor, gone: Tensor) -> Tensor:
    """Conjugate gradients for (D - W) x = W k on the pixels that are gone: D the neighbours' weights, k what is there."""
    weights = _around(torch.ones_like(photos[:1, :1]))
    found = photos.where(~gone, start)

    def short_of(values: Tensor) -> Tensor:
        return torch.where(gone, weights * values - _around(values), 0)

    left = -short_of(found)
    step = left / weights
    size = (left * step).sum((2, 3), keepdim=True)  # each photo and each channel for itself
    for _ in range(MOST):
        if left.abs().max() <= EXACT:
            break
        moved = short_of(step)
        length = size / (step * moved).sum((2, 3), keepdim=True).clamp(min=1e-30)
        found, left = found + length * step, left - length * moved
        steered = left / weights
        before, size = size, (left * steered).sum((2, 3), keepdim=True)
        step = steered + size / before.clamp(min=1e-30) * step
    return found
