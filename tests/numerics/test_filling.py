"""Filling a photo from what is around its holes, against the equations solved one by one."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dashboard.numerics import filling
from dashboard.numerics.filling import interpolated, noisy


def solved(photo: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Each pixel that is gone is its neighbours' mean, those beside it counting twice: a dense system, pixel by pixel."""
    places = [tuple(place) for place in np.argwhere(gone)]
    number = {place: i for i, place in enumerate(places)}
    matrix, right = np.zeros((len(places), len(places))), np.zeros((len(places), len(photo)))
    for i, (row, column) in enumerate(places):
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                near = row + down, column + across
                if near == (row, column) or not (0 <= near[0] < gone.shape[0] and 0 <= near[1] < gone.shape[1]):
                    continue
                weight = 2 if 0 in (down, across) else 1
                matrix[i, i] += weight
                if near in number:
                    matrix[i, number[near]] -= weight
                else:
                    right[i] += weight * photo[:, near[0], near[1]]
    found = photo.copy()
    if places:
        found[:, *np.transpose(places)] = np.linalg.solve(matrix, right).T
    return found


@pytest.fixture
def photo() -> Tensor:
    """Smooth, as photos are, and not of an even size."""
    return torch.randn(3, 21, 30, generator=torch.Generator().manual_seed(3)).cumsum(1).cumsum(2) / 20


def blocks(share: float, shape: tuple[int, int]) -> Tensor:
    drawn = torch.rand(7, 10, generator=torch.Generator().manual_seed(1)) < share
    return drawn.repeat_interleave(3, 0).repeat_interleave(3, 1)[: shape[0], : shape[1]]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.95])
def test_every_hole_is_its_neighbours_mean(photo: Tensor, share: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filling, "EXACT", 1e-6)
    gone = blocks(share, (21, 30))
    assert not gone.all()
    found = interpolated(photo, gone[None])[0]
    assert found.numpy() == pytest.approx(solved(photo.numpy(), gone.numpy()), abs=1e-4)
    assert torch.equal(found.where(~gone, 0), photo.where(~gone, 0)), "what is there stays"


def test_as_it_is_used_it_comes_near_enough(photo: Tensor):
    gone = blocks(0.6, (21, 30))
    error = interpolated(photo, gone[None])[0].numpy() - solved(photo.numpy(), gone.numpy())
    assert np.abs(error).max() < 0.05
    assert np.abs(error).mean() < filling.NOISE


def test_photos_are_filled_alone_and_together_alike(photo: Tensor):
    gone = torch.stack([blocks(share, (21, 30)) for share in (0.1, 0.5, 0.9)])
    together = interpolated(photo, gone)
    assert torch.allclose(together, torch.cat([interpolated(photo, each[None]) for each in gone]), atol=0.02)


def test_without_anything_left_there_is_the_mean_colour(photo: Tensor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filling, "EXACT", 1e-6)
    before, gone = photo.clone(), torch.ones(2, 21, 30, dtype=torch.bool)
    gone[1, 0, 0] = False
    found = interpolated(photo, gone)
    assert torch.allclose(found[0], photo.mean((1, 2))[:, None, None].expand_as(photo))
    assert torch.allclose(found[1], photo[:, :1, :1].expand_as(photo), atol=0.01), "one pixel fills all"
    assert torch.equal(photo, before)


def test_noise_falls_only_on_what_was_filled_and_is_the_same_each_time(photo: Tensor):
    gone = blocks(0.5, (21, 30))[None]
    added = noisy(photo[None], gone) - photo
    assert torch.equal(added, noisy(photo[None], gone) - photo)
    assert not added.where(~gone[:, None], 0).any()
    assert added[0][:, gone[0]].std().item() == pytest.approx(filling.NOISE, rel=0.1)


def test_masks_of_another_size_are_refused(photo: Tensor):
    with pytest.raises(ValueError, match="expected masks"):
        interpolated(photo, torch.ones(1, 3, 3, dtype=torch.bool))
