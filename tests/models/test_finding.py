"""Which models a text means: a key, a whole name, a part of one, or a name with a slip of the finger."""

import pytest

from dashboard.models.catalogue import KNOWN
from dashboard.models.finding import LONGEST, OFFERED, alike, matching

TITLES = {key: row.title for key, row in KNOWN.items()} | {"hf/mine": "mine", "hf/lab/dinov2-small": "lab/dinov2-small"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("resnet50", "torchvision/resnet50"),  # wide_resnet50_2 holds it too
        ("ResNet 50", "torchvision/resnet50"),
        ("mine", "hf/mine"),
        ("HF/MINE", "hf/mine"),
        ("DeiT-S/16", "hf/facebook/deit-small-patch16-224"),
        ("dinov2-small", "hf/lab/dinov2-small"),
        ("registers small", "hf/facebook/dinov2-with-registers-small-imagenet1k-1-layer"),
        ("bundled/vit", "bundled/vit"),
    ],
)
def test_a_text_that_means_one_model_alone(text: str, key: str):
    assert matching(text, TITLES) == [key]


def test_a_part_of_several_names_means_all_of_them():
    found = matching("dino", TITLES)
    assert len(found) == 5
    assert all("dino" in key for key in found)


@pytest.mark.parametrize("text", ["", " ", "·", "no such thing", "<qq>", "é" * 10_000])
def test_a_text_that_means_nothing(text: str):
    assert matching(text, TITLES) == []


@pytest.mark.parametrize(("text", "key"), [("hf/mien", "hf/mine"), ("renset50", "torchvision/resnet50")])
def test_a_slip_of_the_finger(text: str, key: str):
    assert alike(text, TITLES)[0] == key
    assert len(alike(text, TITLES)) <= OFFERED


def test_what_lies_beyond_the_longest_name_is_not_compared():
    assert alike("x" * LONGEST + "mine", TITLES) == []
