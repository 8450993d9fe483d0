"""Numbers as people read them."""

import doctest

import pytest

from dashboard import numbers
from dashboard.models.catalogue import KNOWN
from dashboard.ui.parts import opening
from tests.conftest import ROOT


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


def test_sizes_of_the_catalogue_are_millions_of_bytes():
    """float32 takes four bytes a parameter; a file adds running means and names. GoogLeNet's has two more heads."""
    rows = [row for row in KNOWN.values() if row.megabytes and row.parameters]
    assert len(rows) > 80
    for row in rows:
        parameters = 13.0 if row.key == "torchvision/googlenet" else row.parameters
        assert row.megabytes == pytest.approx(4 * parameters, rel=0.025), row.key
        assert opening.size_of(row.key) == numbers.in_megabytes(row.megabytes * 10**6)


def test_one_unit_and_one_function_for_megabytes():
    """Elsewhere in the code no text puts MB behind a number of its own."""
    found = [
        (path.name, line)
        for path in [*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("pages/*.py")]
        for line in path.read_text().splitlines()
        if "} MB" in line and path.name != "numbers.py"
    ]
    assert found == []
