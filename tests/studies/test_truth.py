"""Maps against a truth, by masks that are laid a second way, and four photos in one."""

import math

import pytest
import torch
from PIL import Image

from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.methods import ClassActivationMap
from dashboard.metrics import BoxOverlap, EnergyInside, Pointing, RankInside
from dashboard.photo import Box, sample_photo
from dashboard.studies.truth import Drawn, controls, drawn_box, drawn_mask, four_in_one, of_other_classes, scored

SIZE = (400, 300)
WHOLE = Box(0, 0, *SIZE)


def map_of(heatmap: torch.Tensor, box: Box = WHOLE) -> Explanation:
    return Explanation(heatmap, box, ClassActivationMap(), "model", 0, Prediction(torch.tensor([1.0, 0]), ("a", "b")))


def numbers(shown: Explanation, drawn: Drawn) -> dict[type, float]:
    return {type(each.metric): each.value for each in scored(shown, drawn, SIZE)}


def test_a_box_covers_cells_by_their_area():
    truth = drawn_box(SIZE, (0.25, 0.1, 0.75, 0.6)).truth(SIZE, WHOLE, (4, 8))
    expected = torch.zeros(4, 8)
    for row, (top, bottom) in enumerate([(0.1, 0.25), (0.25, 0.5), (0.5, 0.6)]):
        expected[row, 2:6] = (bottom - top) * 4
    assert torch.allclose(truth.covered, expected, atol=0.03)


def test_a_truth_is_laid_over_what_the_model_saw():
    """A model saw the right half, and a margin outside the photo, where nothing is true."""
    right = Box(200, 0, 600, 300)
    truth = drawn_box(SIZE, (0.75, 0, 1, 1)).truth(SIZE, right, (1, 4))
    assert truth.covered[0].tolist() == pytest.approx([0, 1, 0, 0], abs=0.02)
    assert not drawn_box(SIZE, (0, 0, 0.4, 1)).truth(SIZE, right, (3, 4)).covered.any()


def test_pointing_has_a_tolerance_of_15_of_224_pixels():
    drawn = drawn_box(SIZE, (0.5, 0, 1, 1))
    for distance, hit in ((10, 1.0), (20, 0.0)):
        heatmap = torch.zeros(1, 224)
        heatmap[0, 112 - distance] = 1
        assert numbers(map_of(heatmap), drawn)[Pointing] == hit


def test_a_map_that_is_the_truth_gets_all():
    heatmap = torch.zeros(6, 8)
    heatmap[1:4, 2:6] = 1
    found = numbers(map_of(heatmap), drawn_box(SIZE, (0.25, 1 / 6, 0.75, 4 / 6)))
    assert [found[kind] for kind in (EnergyInside, Pointing, RankInside, BoxOverlap)] == pytest.approx([1, 1, 1, 1], abs=0.01)


@pytest.mark.parametrize(
    ("heatmap", "edges"), [(torch.ones(6, 8), (0.2, 0.2, 0.8, 0.8)), (torch.rand(6, 8), (0.5, 0.5, 0.5, 0.5))]
)
def test_constant_maps_and_empty_truths_get_no_credit(heatmap: torch.Tensor, edges: tuple[float, ...]):
    assert all(math.isnan(value) for value in numbers(map_of(heatmap), drawn_box(SIZE, edges)).values())


def test_a_mask_of_any_size_is_stretched_over_the_photo():
    image = Image.new("RGB", (2000, 100))
    image.paste((255, 255, 255), (0, 0, 1000, 50))
    truth = drawn_mask(image).truth(SIZE, WHOLE, (2, 2))
    assert truth.covered.flatten().tolist() == pytest.approx([1, 0, 0, 0], abs=0.05)
    assert not drawn_mask(Image.new("L", (5, 5), 100)).mask.any(), "darker than the middle"


def test_controls_know_nothing():
    found = controls(drawn_box(SIZE, (0, 0, 0.5, 1)), SIZE, WHOLE, 200)
    middle, random = found.values()
    assert random[0] == pytest.approx(0.5, abs=0.02)
    assert random[1] == pytest.approx(0.5 + 15 / 224, abs=0.1)
    assert middle[0] == pytest.approx(0.5, abs=0.01)


def test_four_photos_lie_in_their_quarters():
    photos = [sample_photo(name) for name in ("chelsea", "retriever", "osprey", "toad")]
    four = four_in_one(photos, {"left": (0, 1, 2, 3), "right": (0, 1, 2, 3)})
    assert four.photo.size == (448, 448)
    assert four.photo.digest.startswith(f"{photos[0].digest}:"), "forgotten with the first"
    for number, photo in enumerate(photos):
        row, column = divmod(number, 2)
        quarter = four.photo.image.crop((224 * column, 224 * row, 224 * column + 224, 224 * row + 224))
        alone = photo.image.resize((224, 224), Image.Resampling.LANCZOS, reducing_gap=2.0)
        assert quarter.tobytes() == alone.tobytes()
        covered = four.quarter(number).truth(four.photo.size, Box(0, 0, 448, 448), (2, 2)).covered
        assert covered.flatten().tolist() == pytest.approx([float(number == each) for each in range(4)], abs=0.02)


def test_four_classes_are_four_for_both_sides():
    def says(left: int, right: int) -> dict:
        return {
            slot: Prediction(torch.eye(5)[top], tuple("abcde")) for slot, top in (("left", left), ("right", right))
        }  # fmt: skip

    found = of_other_classes(says(0, 0), {"w": says(0, 1), "x": says(1, 1), "y": says(2, 1), "z": says(2, 2), "v": says(3, 3)})
    assert found == ["x", "z", "v"]
    assert of_other_classes(says(0, 0), {"x": says(1, 1), "y": says(2, 1)}) is None
