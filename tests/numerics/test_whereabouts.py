"""Where a map lies: against counting the photo's pixels, one by one."""

import pytest
import torch
from torch import Tensor

from dashboard.numerics.whereabouts import area_of_half, in_ninths, overlaps


def pixels(values: Tensor, rows: list[int], columns: list[int], size: tuple[int, int]) -> dict[tuple[int, int], float]:
    """The map's value at each pixel of the photo, spread evenly over its cell; edges on whole pixels."""
    width, height = size
    found = {}
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            area = (rows[r + 1] - rows[r]) * (columns[c + 1] - columns[c])
            for y in range(max(rows[r], 0), min(rows[r + 1], height)):
                for x in range(max(columns[c], 0), min(columns[c + 1], width)):
                    found[y, x] = values[r, c].item() / area
    return found


@pytest.mark.parametrize(
    ("rows", "columns", "size"),
    [
        ([0, 4, 8, 12], [0, 6, 12, 18, 24, 30], (30, 12)),  # the whole photo
        ([0, 4, 8, 12], [9, 12, 15, 18, 21, 24], (30, 12)),  # a crop
        ([-6, 0, 6, 12], [0, 6, 12, 18, 24, 30], (30, 6)),  # beyond the photo
    ],
)
def test_ninths_and_half_are_what_counting_pixels_gives(rows: list[int], columns: list[int], size: tuple[int, int]):
    values = torch.rand(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) ** 3
    found = pixels(values, rows, columns, size)
    ninths = torch.zeros(3, 3, dtype=torch.float64)
    for (y, x), value in found.items():
        ninths[3 * y // size[1], 3 * x // size[0]] += value
    edges = [torch.tensor(each, dtype=torch.float64) for each in (rows, columns)]
    torch.testing.assert_close(in_ninths(values, *edges, size), ninths)

    down, along = (overlaps(each, torch.tensor([0.0, end]))[0] for each, end in zip(edges, size[::-1], strict=True))
    on_photo = down[:, None] * along
    areas = on_photo * edges[0].diff()[:, None] * edges[1].diff()
    needed, held = 0, 0.0
    for value in sorted(found.values(), reverse=True):
        if held >= sum(found.values()) / 2:
            break
        needed, held = needed + 1, held + value
    assert area_of_half((values * on_photo).flatten(), areas.flatten()) == pytest.approx(needed, abs=1)


def test_values_below_zero_and_nothing_at_all():
    areas = torch.ones(4, dtype=torch.float64)
    assert area_of_half(torch.tensor([-5.0, 0, 3, 1]), areas) == pytest.approx(2 / 3)
    assert area_of_half(torch.zeros(4), areas) == 0
