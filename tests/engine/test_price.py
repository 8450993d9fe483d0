"""What work is said to cost, and which work waits to be asked for."""

import doctest

import pytest

from dashboard.engine import price
from dashboard.engine.price import AT_ONCE, TOGETHER, Price, in_words, together, waiting

ROUGH = [(0.0, "a moment"), (0.99, "a moment"), (1.4, "1 s"), (89.0, "89 s"), (90.0, "2 min"), (1380, "23 min")]


@pytest.mark.parametrize(("seconds", "words"), ROUGH)
def test_a_duration_is_as_rough_as_its_estimate(seconds: float, words: str):
    assert in_words(seconds) == words


def test_a_cost_names_its_unit():
    assert str(Price(8192, "passes", 8192, 720)) == "8,192 passes, about 12 min"


def test_prices_of_one_unit_add_up_in_it_and_others_in_passes():
    few, many, layers = (
        Price(16, "passes", 16, 2.0, 0.5),
        Price(200, "passes", 200, 20.0, 5.0),
        Price(2, "layers", 0.75, 0.125, 0.25),
    )
    assert together([few, many]) == Price(216, "passes", 216, 22.0, 5.5)
    assert together([few, layers]) == Price(17, "passes", 16.75, 2.125, 0.75)
    assert together([layers, Price(0, "passes", 0.0, 0.0)]).unit == "layers", "what is done already has no say"


def test_the_example_holds():
    assert doctest.testmod(price).failed == 0


def test_what_takes_long_waits():
    assert waiting([0.0, 2 * AT_ONCE, 0.9 * AT_ONCE]) == [False, True, False]


def test_of_many_quick_ones_the_longest_wait_until_the_rest_is_quick_together():
    seconds = [0.2, 0.25, 0.0] * 8
    waits = waiting(seconds)
    quick = [time for time, waits in zip(seconds, waits, strict=True) if not waits]
    assert sum(quick) <= TOGETHER
    assert quick.count(0.0) == quick.count(0.2) == 8
    assert 0 < quick.count(0.25) < 8
