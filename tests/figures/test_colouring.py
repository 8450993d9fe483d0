"""The one rule from values to colours, against plainer definitions."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard.figures.colouring import Scale, beyond_in_words, closest_half, colouring

DRAWS = np.random.default_rng(0)
EVEN = DRAWS.permutation(np.linspace(1, 2, 135)).reshape(9, 15).astype(np.float32)


def with_cells(*values: float, base: np.ndarray = EVEN) -> np.ndarray:
    changed = base.copy()
    changed.flat[: len(values)] = values
    return changed


DOTTED = with_cells(60)
SMALL = with_cells(500, base=EVEN[:7, :7])
RELU = np.maximum(DRAWS.normal(-1, 1, (7, 12)), 0)  # most cells are exactly 0


def by_hand(value: float, values: list[float]) -> float:
    """The share of the other values that one exceeds, ties counting half."""
    others = sorted(values)
    others.remove(value)
    return sum(1.0 if other < value else 0.5 if other == value else 0.0 for other in others) / len(others)


@pytest.mark.parametrize("values", [EVEN, DOTTED, RELU], ids=["even", "dotted", "relu"])
def test_linear_colours_go_from_the_lowest_value_to_the_highest(values: np.ndarray):
    made = colouring([values], "linear", signed=False)
    assert (made.low, made.high, made.cut) == (values.min(), values.max(), False)
    assert made.positions(values) == pytest.approx((values - values.min()) / np.ptp(values), abs=1e-6)


def test_robust_colours_stop_at_two_percentiles():
    made = colouring([DOTTED], "robust", signed=False)
    assert (made.low, made.high) == pytest.approx(tuple(np.percentile(DOTTED, (2, 98))))
    beyond = made.beyond(DOTTED)
    assert beyond.sum() == 6
    assert beyond[0, 0]
    assert set(made.positions(DOTTED)[beyond]) == {0, 1}, "they have the end's colour"


def test_of_few_cells_the_outermost_still_lie_beyond():
    """The 98th percentile of 49 cells lies between the two highest, near neither."""
    made = colouring([SMALL], "robust", signed=False)
    assert made.high == np.sort(SMALL, axis=None)[-2]
    assert made.beyond(SMALL).sum() == 2


@pytest.mark.parametrize("values", [EVEN, DOTTED, RELU, EVEN - 1.5, with_cells(-3, 2, base=EVEN - 1.5).round(1)])
@pytest.mark.parametrize("signed", [False, True])
def test_a_rank_is_the_share_of_the_others_that_a_cell_exceeds(values: np.ndarray, signed: bool):
    found = colouring([values], "rank", signed).positions(values)
    sizes = np.abs(values) if signed else values
    ranks = [by_hand(size, sizes.flatten().tolist()) for size in sizes.flatten().tolist()]
    expected = [0.5 + 0.5 * np.sign(value) * rank for value, rank in zip(values.flat, ranks, strict=True)] if signed else ranks
    assert found.flatten() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("scale", ["linear", "robust", "rank", "auto"])
def test_zero_of_a_signed_map_has_the_middle_colour_and_signs_their_sides(scale: Scale):
    values = with_cells(0, -3, base=EVEN)
    made = colouring([values], scale, signed=True)
    at = made.positions(values)
    assert at.flat[0] == 0.5
    assert at.flat[1] == 0, "-3, the furthest from zero, is as far on its side as can be"
    assert (at.flat[2:] > 0.5).all()
    assert made.low == -made.high
    assert (0.5, "0") in made.labels


def test_robust_ends_of_a_signed_map_lie_as_far_on_both_sides():
    values = with_cells(-50, 40, base=EVEN - 1.5)
    made = colouring([values], "auto", signed=True)
    assert made.scale == "robust"
    assert (made.low, made.high) == pytest.approx((-np.percentile(np.abs(values), 98), np.percentile(np.abs(values), 98)))
    assert [text[:1] for _, text in made.labels] == ["≤", "0", "≥"]


def test_auto_is_robust_where_a_few_cells_leave_the_rest_no_colours():
    assert closest_half(colouring([DOTTED], "linear", False).positions(DOTTED)) < 0.1
    assert colouring([DOTTED], "auto", signed=False) == replace(colouring([DOTTED], "robust", False))
    assert colouring([SMALL], "auto", signed=False).scale == "robust"
    assert colouring([with_cells(-60)], "auto", signed=False).scale == "robust", "one cell far below the others"
    outshone = np.where(RELU.max() == RELU, 40 * RELU, RELU)
    assert colouring([outshone], "auto", signed=False).scale == "robust", "zeros don't hide what flattens the others"


@pytest.mark.parametrize(
    "values",
    [
        EVEN, RELU, np.eye(5, 9), with_cells(*[1.5] * 80), np.where(EVEN > 1.7, 1.0, 0.0), EVEN * 1e-30, EVEN * 1e30,
        DRAWS.normal(size=(11, 4)), np.array([[1.0, 2.0]]),
    ],
    ids=["even", "relu", "one cell of zeros", "most alike", "two values", "tiny", "huge", "normal", "two cells"],
)  # fmt: skip
def test_auto_is_linear_where_no_ends_help(values: np.ndarray):
    assert colouring([values], "auto", signed=False).scale == "linear"


def test_where_both_ends_are_one_value_robust_is_linear():
    values = np.eye(12, 9) * (np.arange(9) == 4)
    made = colouring([values], "robust", signed=False)
    assert (made.scale, made.low, made.high) == ("linear", 0, 1)


@pytest.mark.parametrize("scale", ["linear", "robust", "rank", "auto"])
def test_several_maps_on_one_scale_are_one_map_to_it(scale: Scale):
    maps = [EVEN, DOTTED, EVEN / 3]
    together = colouring(maps, scale, signed=False)
    assert together == colouring([np.stack(maps)], scale, signed=False)
    assert together.positions(EVEN) == pytest.approx(together.positions(np.stack(maps))[0])
    assert together.positions(EVEN / 3).max() < together.positions(EVEN).max()


@pytest.mark.parametrize("value", [0.0, -3.0, 0.1])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("scale", ["linear", "robust", "rank", "auto"])
def test_a_flat_map_has_one_colour(value: float, signed: bool, scale: Scale):
    values = np.full((3, 4), value, np.float32)
    made = colouring([values], scale, signed)
    assert made.flat
    assert set(made.positions(values).flat) == {0.5}
    assert not made.beyond(values).any()
    assert made.limits[0] < made.limits[1]


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="log"):
        colouring([EVEN], "log", signed=False)


def words(values: np.ndarray, scale: Scale = "robust", signed: bool = False, cell: str = "patch", more: tuple = ()) -> str:
    maps = [values, *more]
    return beyond_in_words(colouring(maps, scale, signed), maps, cell)


def test_the_sentence_tells_what_one_cell_holds():
    share, times = 60 / DOTTED.sum(), 60 / np.median(DOTTED)
    assert words(DOTTED, "auto") == (
        f"One patch holds {share:.1%} of the map, {times:.0f} times the median patch: colours stop at the 2nd and the 98th "
        "percentile, and the 6 patches beyond are ringed."
    )
    assert words(DOTTED, "linear") == words(DOTTED, "rank") == words(EVEN, "auto") == ""


def test_the_sentence_of_several_cells():
    values = with_cells(60, 50)
    assert words(values).startswith(f"Two patches hold {110 / values.sum():.1%} of the map, each at least 33 times the median")


def test_the_sentence_divides_by_no_median_of_zero():
    values = np.zeros((6, 20))
    values.flat[:4] = 90, 1, 2, 3
    told = words(values, cell="cell")
    assert told == "One cell holds 93.8% of the map: colours stop at the 98th percentile, and the 3 cells beyond are ringed."


def test_the_sentence_of_one_cell_that_lies_beyond():
    values = np.concatenate([np.linspace(1, 2, 48), [2, 2, 90]]).reshape(3, 17)
    values[values < 1.1] = 1
    assert words(values).endswith(": colours stop at the 98th percentile, and it is ringed.")


def test_the_sentence_of_a_cell_far_below():
    assert words(with_cells(-60)).startswith("One patch is as low as -60, where the median patch has 1.49: colours stop at")


def test_the_sentence_of_a_signed_map():
    told = words(with_cells(-50, base=EVEN - 1.5), signed=True, cell="cell")
    assert told.startswith("One cell reaches -50, ")
    assert "times as far from zero as the median cell: colours stop at the 98th percentile on both sides of zero" in told
    assert words(with_cells(0, *[0] * 100, -50, base=EVEN - 1.5), signed=True).startswith("One patch reaches -50: ")


def test_the_sentence_of_several_maps():
    told = words(EVEN, more=(DOTTED,))
    assert told.startswith(f"One patch holds up to {60 / DOTTED.sum():.1%} of a map, 40 times the median patch: ")
    assert told.endswith("beyond are ringed.")
