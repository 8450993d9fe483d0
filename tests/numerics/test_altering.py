"""Altered photos and maps of no knowledge, each against a plainer definition."""

import math
from itertools import pairwise

import pytest
import torch

from dashboard.numerics.fidelity import altered, blurred, centred, grouped, removal_order, taken_away, unrelated


def test_a_photo_is_altered_where_the_mask_says():
    draws = torch.Generator().manual_seed(0)
    pixels, other = torch.randn(2, 3, 4, 5, generator=draws)
    share = torch.rand(2, 4, 5, generator=draws).round()
    before = pixels.clone(), other.clone(), share.clone()
    found = altered(pixels, other, share)
    for photo, mask in zip(found, share, strict=True):
        for y in range(4):
            for x in range(5):
                assert torch.equal(photo[:, y, x], other[:, y, x] if mask[y, x] else pixels[:, y, x]), "exactly"
    assert all(map(torch.equal, before, (pixels, other, share))), "nothing is changed"


def test_blur_pixel_by_pixel():
    pixels = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(1))
    down, across = 0.8, 1.3
    found = blurred(pixels, down, across)

    def bell(sigma: float) -> dict[int, float]:
        weights = {d: math.exp(-(d**2) / (2 * sigma**2)) for d in range(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)}
        return {d: weight / sum(weights.values()) for d, weight in weights.items()}

    for y in range(5):
        for x in range(7):
            expected = sum(
                p * q * pixels[0, min(max(y + dy, 0), 4), min(max(x + dx, 0), 6)].item()
                for dy, p in bell(down).items()
                for dx, q in bell(across).items()
            )
            assert found[0, y, x].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("sigma", [0.3, 3.0, 40.0])
def test_blur_keeps_a_plain_photo(sigma: float):
    plain = torch.full((3, 6, 4), 0.7)
    assert torch.allclose(blurred(plain, sigma, sigma / 2), plain, atol=1e-5)


def test_what_is_gone_after_each_step():
    order = removal_order(torch.rand(4, 5, generator=torch.Generator().manual_seed(2)), 10)
    gone = taken_away(order, 10)
    assert gone.flatten(1).sum(1).tolist() == [2 * step for step in range(11)]
    assert all((later >= earlier).all() for earlier, later in pairwise(gone)), "what is gone stays gone"


def test_groups_are_equal_and_go_from_the_most_salient():
    heatmap = torch.randn(6, 5, generator=torch.Generator().manual_seed(3))
    members, means = grouped(heatmap, 10)
    assert members.flatten(1).sum(1).tolist() == [3] * 10
    assert members.sum(0).tolist() == [[1] * 5] * 6, "each cell is in one"
    descending = heatmap.flatten().sort(descending=True).values.double().view(10, 3).mean(1)
    assert torch.allclose(means, descending)
    flat = grouped(torch.full((6, 5), 0.1), 10)[1]
    assert (flat.diff() <= 0).all(), "rounding raises none"


def test_maps_of_no_knowledge():
    middle = centred(5, 7)
    assert middle.argmax() == 2 * 7 + 3
    assert torch.allclose(middle, middle.flip(0))
    assert torch.allclose(middle, middle.flip(1))
    assert middle[0, 0] < middle[0, 3] < middle[2, 3]
    maps = unrelated(3, 5, 7)
    assert torch.equal(maps, unrelated(3, 5, 7))
    assert len(maps.flatten(1).unique(dim=0)) == 3
