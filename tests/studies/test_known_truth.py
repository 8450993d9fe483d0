"""Known truth: masks on a map's cells, what a map earns there, and means with their intervals."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, ClassActivationMap, EigenCAM
from dashboard.photo import Box, Photo
from dashboard.studies.known_truth import (
    MIDDLE,
    RANDOM,
    Asked,
    Case,
    bootstrapped,
    case_of,
    controls,
    favoured,
    given_away,
    kept_table,
    known,
    on_cells,
    one_object,
    summed_up,
    telling_apart,
    two_objects,
    verdict,
)
from dashboard.studies.scenes import GIVEN_AWAY, LABELS, SIZE, scene

WHOLE = Box(0, 0, SIZE, SIZE)


def shown(heatmap: torch.Tensor, box: Box = WHOLE) -> Explanation:
    return Explanation(heatmap, box, ClassActivationMap(), "some/model", 0, Prediction(torch.zeros(8), LABELS))


def by_counting(mask: torch.Tensor, box: Box, rows: int, columns: int, fine: int = 12) -> torch.Tensor:
    """The share of each cell that a mask covers, by asking many points of every cell."""
    found = torch.zeros(rows, columns, dtype=torch.float64)
    for row, column, i, j in product(range(rows), range(columns), range(fine), range(fine)):
        y = box.top + (row + (i + 0.5) / fine) * box.height / rows
        x = box.left + (column + (j + 0.5) / fine) * box.width / columns
        if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]:
            found[row, column] += mask[int(y), int(x)] / fine**2
    return found


@pytest.mark.parametrize(
    ("box", "shape"),
    [(Box(0, 0, 12, 8), (4, 3)), (Box(2, 1, 10, 7), (3, 4)), (Box(-3, -2, 15, 10), (6, 9)), (Box(0.5, 0, 12, 7.5), (5, 2))],
)
def test_a_mask_on_cells_is_what_points_of_them_say(box: Box, shape: tuple[int, int]):
    mask = torch.rand(8, 12, generator=torch.Generator().manual_seed(0)).round()
    torch.testing.assert_close(on_cells(mask, box, shape), by_counting(mask, box, *shape), atol=0.03, rtol=0)


def test_on_whole_cells_a_mask_is_averaged():
    mask = torch.rand(8, 12)
    expected = mask.double().reshape(4, 2, 3, 4).mean((1, 3))
    torch.testing.assert_close(on_cells(mask, Box(0, 0, 12, 8), (4, 3)), expected)


def test_the_object_itself_earns_all_and_its_opposite_nothing():
    for seed in range(6):
        case = case_of(scene(seed, (seed, 7 - seed)), "two")
        for asked in case.asked:
            right = verdict(shown(asked.mask), case, asked)
            assert right.energy > 0.8, "a pixel that is half covered counts half"
            assert right.rank == right.pointing == right.favoured == 1
            assert right.overlap > 0.8
            wrong = verdict(shown(case.other(asked).mask), case, asked)
            assert wrong.energy == wrong.favoured == wrong.pointing == 0
            assert right.chance == pytest.approx(asked.mask.mean().item(), rel=1e-5)


def test_constant_and_negative_maps_earn_nothing_by_their_order():
    case = case_of(scene(3, (1, 2)), "two")
    asked = case.asked[0]
    flat = verdict(shown(torch.ones(8, 8)), case, asked)
    assert flat.energy == pytest.approx(flat.chance)
    assert flat.rank == pytest.approx((on_cells(asked.mask, WHOLE, (8, 8)) >= 0.5).double().mean().item())
    assert flat.pointing < 0.5
    assert flat.favoured == 0.5
    negative = verdict(shown(-torch.rand(8, 8)), case, asked)
    assert negative.energy == negative.overlap == 0


def test_what_does_not_regard_the_question_is_right_for_half_of_the_questions():
    for seed in range(8):
        case = case_of(scene(seed, (seed % 8, (seed + 1) % 8)), "two")
        heatmap = torch.rand(8, 8, generator=torch.Generator().manual_seed(seed))
        assert sum(verdict(shown(heatmap), case, asked).favoured for asked in case.asked) == 1


def test_favoured_compares_means_and_not_sums():
    first, second = torch.zeros(3, 4), torch.zeros(3, 4)
    first[0, 0], second[1:, 1:] = 1, 1
    heatmap = first + 0.5 * second
    assert favoured(heatmap, first, second) == 1
    assert favoured(heatmap, second, first) == 0
    assert favoured(-heatmap, first, second) == 0
    assert favoured(torch.ones(3, 4), first, second) == 0.5


def test_the_largest_value_may_lie_a_little_off():
    mask = torch.zeros(224, 300)
    mask[100:120, 100:120] = 1
    photo = Photo(Image.new("RGB", (300, 224)), "digest", "name")
    asked = Asked("star", mask)
    for off, hit in ((0, 1), (14, 1), (15, 1), (16, 0)):
        heatmap = torch.zeros(224, 300)
        heatmap[119 + off, 110] = 1
        found = verdict(shown(heatmap, Box(0, 0, 300, 224)), Case("one", photo, (asked,)), asked)
        assert found.pointing == hit
        assert math.isnan(found.favoured), "there is nothing else to favour"


def test_controls_lie_on_the_same_cells():
    made = controls(shown(torch.rand(6, 9)), 4)
    assert list(made) == [RANDOM, MIDDLE]
    assert all(each.heatmap.shape == (6, 9) for each in made.values())
    middle = made[MIDDLE].heatmap
    torch.testing.assert_close(middle, middle.flip(0).flip(1))
    assert middle[2:4, 4].min() > middle[0].max()
    assert torch.equal(made[RANDOM].heatmap, controls(shown(torch.zeros(6, 9)), 4)[RANDOM].heatmap)
    assert not torch.equal(made[RANDOM].heatmap, controls(shown(torch.zeros(6, 9)), 5)[RANDOM].heatmap)


def test_a_class_is_known_by_its_name():
    assert known(("cat", "Golden Retriever"), "golden retriever") == 1
    assert known(("cat",), "dog") is None
    assert known(("tench, Tinca tinca", "tiger_cat"), "Tench") == 0
    assert known(("tench, Tinca tinca", "tiger_cat"), "Tiger cat") == known(("cat", "tiger cat"), "tiger_cat") == 1


def test_an_interval_is_that_of_a_mean():
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = bootstrapped(values, np.arange(400))
    assert found.mean == pytest.approx(values.mean())
    error = 1.96 * values.std() / math.sqrt(400)
    assert found.high - found.mean == pytest.approx(error, rel=0.15)
    assert found.mean - found.low == pytest.approx(error, rel=0.15)
    doubled = bootstrapped(np.repeat(values, 4), np.repeat(np.arange(400), 4))
    assert doubled == found, "four questions about a photo are one photo"
    assert bootstrapped(np.array([1.0, math.nan, 3.0]), np.arange(3)).mean == 2
    assert math.isnan(bootstrapped(np.array([math.nan]), np.arange(1)).low)


def test_a_table_has_a_row_for_each_model_and_method():
    agnostic, specific = EigenCAM.label, ClassActivationMap.label
    rows = pd.DataFrame(
        [
            {"model": "m", "method": method, "case": case, "right": True, "energy": energy, "rank": 1.0, "pointing": 0.0}
            | {"overlap": math.nan, "chance": 0.1, "favoured": favoured_, "on_tag": on_tag}
            for method in (specific, agnostic)
            for case, energy, favoured_, on_tag in (
                ("one", 0.4, math.nan, math.nan),
                ("other", 0.6, math.nan, math.nan),
                ("two", 0.0, 1.0, math.nan),
                ("two", 0.0, 0.0, math.nan),
                ("tagged", 0.0, math.nan, 0.75),
            )
        ]
    )
    table = summed_up(rows, alone=True).set_index("method")
    assert list(table.index) == [specific, agnostic]
    assert table["class_specific"].tolist() == [True, False]
    assert (table[["energy", "maps"]] == (0.5, 2)).all(axis=None), "photos of one object"
    assert (table[["favoured", "favoured_low", "favoured_high"]] == 0.5).all(axis=None), "two questions, one photo"
    assert (table[["on_tag", "on_tag_low", "on_tag_high"]] == 0.75).all(axis=None)
    assert table["overlap"].isna().all()
    assert (summed_up(rows, alone=False)["energy"] == 0.2).all()
    assert not AttentionRollout.class_specific


def test_held_out_scenes_by_number():
    for make, count in ((one_object, 1), (two_objects, 2), (given_away, 1)):
        plain, tagged = make(3), make(3, True)
        assert len(tagged.asked) == count
        assert tagged.tag is not None
        differs = (np.asarray(make(3, False).photo.image) != np.asarray(tagged.photo.image)).any(2)
        assert not differs[tagged.tag.numpy() == 0].any()
        assert plain.name == tagged.name != make(4).name
    assert given_away(5).asked[0].name == LABELS[GIVEN_AWAY]
    assert one_object(5).tag is None
    first, second = two_objects(5).asked
    assert first.name != second.name


def test_what_lies_on_the_tag_is_counted_where_there_is_one():
    case = given_away(2)
    asked = case.asked[0]
    assert verdict(shown(case.tag), case, asked).on_tag == pytest.approx(1)
    assert verdict(shown(asked.mask), case, asked).on_tag == 0, "the tag covers no object"
    assert verdict(shown(torch.ones(8, 8)), case, asked).on_tag == pytest.approx(36 / 64**2)
    assert verdict(shown(-torch.ones(8, 8)), case, asked).on_tag == 0, "nothing that speaks for the class"
    assert math.isnan(verdict(shown(case.tag), given_away(2, False), asked).on_tag)


def kept(**favoured: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"method": name, "class_specific": name.startswith("s"), "favoured": mean, "favoured_low": low, "favoured_high": high}
        for name, (mean, low, high) in favoured.items()
    )


def test_which_maps_tell_two_objects_apart_is_said_from_the_numbers():
    half, nothing = (0.5, 0.5, 0.5), (math.nan,) * 3
    table = kept(s1=(0.9, 0.8, 1), s2=(0.7, 0.6, 0.8), s3=(0.6, 0.5, 0.7), a1=half, a2=(0.45, 0.4, 0.55), s4=nothing)
    told = telling_apart(table)
    assert "right one in 60% to 90% (median 70%) of the questions" in told
    assert "class-agnostic methods in 45% to 50% (median 48%): near chance" in told
    assert "all but a2 are near chance" in telling_apart(kept(s=(0.9, 0.8, 1), a1=half, a2=(0.4, 0.3, 0.49)))
    assert telling_apart(kept(a1=half)) == telling_apart(kept(s1=nothing, a1=nothing)) == ""


def test_there_may_be_no_table(tmp_path: Path):
    assert kept_table(tmp_path / "none.parquet") is None
