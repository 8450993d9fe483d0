"""Numbers as people read them."""

import doctest

import pytest

from dashboard import numbers


def test_examples_hold():
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize("value", [0.0, -0.0, -1e-9, -0.004])
def test_nothing_is_less_than_nothing(value: float):
    assert numbers.signed(value) == "+0.00"
    assert numbers.signed_percent(value) == "+0%"
    assert not numbers.short(round(value, 2)).startswith("-")


@pytest.mark.parametrize(("count", "cell"), [(49, "cell"), (196, "patch"), (3000, "patch")])
def test_no_cell_is_above_all_cells_and_only_the_highest_is_the_highest(count: int, cell: str):
    told = [numbers.place(index / (count - 1), cell) for index in range(count)]
    assert not [text for text in told if "100%" in text or " 0%" in text]
    assert [told.count(f"the {end} {cell}") for end in ("highest", "lowest")] == [1, 1]
    assert numbers.place(1 - 0.5 / (count - 1), cell).startswith("above "), "two that share the top are not the highest"
