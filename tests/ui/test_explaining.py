"""What a slow method says of its cost and of its progress."""

import pytest

from dashboard.ui.parts.explaining import Price, in_words, seconds_left

ROUGH = [(0.0, "a moment"), (0.99, "a moment"), (1.4, "1 s"), (89.0, "89 s"), (90.0, "2 min"), (1380, "23 min")]


@pytest.mark.parametrize(("seconds", "words"), ROUGH)
def test_a_duration_is_as_rough_as_its_estimate(seconds: float, words: str):
    assert in_words(seconds) == words


def test_a_cost_names_its_unit():
    assert str(Price(8192, "passes", 8192, 720)) == "8,192 passes, about 12 min"


def test_the_first_step_alone_does_not_tell_the_pace():
    """Two seconds for the first thousandth would be 33 minutes; a minute was expected."""
    assert seconds_left(0, 0, 60) == 60
    assert 60 < seconds_left(2, 0.001, 60) < 120


@pytest.mark.parametrize("pace", [0.5, 1, 4])
def test_what_is_left_comes_to_nothing_at_the_works_own_pace(pace: float):
    whole = 60 * pace
    lefts = [seconds_left(whole * share, share, 60) for share in (0.25, 0.5, 0.75, 1)]
    assert lefts[:3] == pytest.approx([0.75 * whole, 0.5 * whole, 0.25 * whole], rel=0.2)
    assert lefts[3] == 0
