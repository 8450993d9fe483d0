"""The part of a photo that a model sees, against boxes worked out by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
import transformers
from torch import Tensor
from torchvision.models import ResNet18_Weights, ResNet50_Weights
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms.functional import resize

from dashboard.models.preprocessing import (
    Preprocessing,
    from_preset,
    from_processor,
    seen_box,
    seen_in_words,
    squeeze,
    to_bytes,
)
from dashboard.models.zoo import load
from dashboard.photo import Box
from tests.models.tiny import FAMILIES, MEAN, photo

SIZES = [(480, 1000), (1000, 480), (451, 300), (300, 451), (256, 256), (640, 480)]


def centre_crop(width: int, height: int, short: int, crop: int) -> Box:
    """Second definition: the short side becomes `short`, of that a square of `crop` in the middle is kept."""
    if width < height:
        new_width, new_height = short, int(short * height / width)
    else:
        new_width, new_height = int(short * width / height), short
    left, top = round((new_width - crop) / 2), round((new_height - crop) / 2)
    across, down = width / new_width, height / new_height
    return Box(left * across, top * down, (left + crop) * across, (top + crop) * down)


def assert_close(box: Box, expected: Box, tolerance: float = 0.05) -> None:
    found = (box.left, box.top, box.right, box.bottom)
    assert found == pytest.approx((expected.left, expected.top, expected.right, expected.bottom), abs=tolerance)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("weights", [ResNet50_Weights.IMAGENET1K_V2, ResNet18_Weights.IMAGENET1K_V1], ids=["232", "256"])
def test_torchvision_presets(weights: ResNet50_Weights, width: int, height: int) -> None:
    preset = weights.transforms()
    expected = centre_crop(width, height, preset.resize_size[0], preset.crop_size[0])
    assert_close(seen_box(from_preset(preset), width, height), expected)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_hugging_face_centre_crop(width: int, height: int) -> None:
    processor = transformers.CLIPImageProcessor(size={"shortest_edge": 48}, crop_size={"height": 40, "width": 40}, **MEAN)
    preprocessing = from_processor(processor)
    assert_close(seen_box(preprocessing, width, height), centre_crop(width, height, 48, 40), tolerance=0.1)
    assert preprocessing.view(photo(width, height)).pixels.shape == (3, 40, 40)


def test_hugging_face_padding_reaches_past_the_photo() -> None:
    """A crop larger than the resized photo pads it: 60 x 30 becomes 32 x 16, then 32 x 32 with 8 rows on either side."""
    processor = transformers.CLIPImageProcessor(size={"height": 16, "width": 32}, crop_size={"height": 32, "width": 32})
    assert_close(seen_box(from_processor(processor), 60, 30), Box(0, -15, 60, 45), tolerance=0.3)


def test_hugging_face_squeeze() -> None:
    processor = transformers.ViTImageProcessor(size={"height": 32, "width": 48}, **MEAN)
    assert_close(seen_box(from_processor(processor), 300, 451), Box(0, 0, 300, 451))


@pytest.mark.parametrize(("width", "height"), [*SIZES, (32, 32), (33, 31), (8, 5), (10000, 10), (10, 10000)])
def test_squeeze_covers_the_whole_photo(width: int, height: int) -> None:
    box = seen_box(squeeze(32, [0.5] * 3, [0.2] * 3), width, height)
    assert_close(box, Box(0, 0, width, height), tolerance=max(0.05, 1e-4 * max(width, height)))


SQUEEZE = squeeze(32, [0.5] * 3, [0.2] * 3)
CROP = from_preset(ResNet50_Weights.IMAGENET1K_V2.transforms())  # the middle 224 of the short side's 232 pixels


@pytest.mark.parametrize(
    ("preprocessing", "size", "words"),
    [
        (SQUEEZE, (600, 400), "The model saw the whole photo, squeezed by 33% in width."),
        (SQUEEZE, (400, 500), "The model saw the whole photo, squeezed by 20% in height."),
        (SQUEEZE, (400, 410), ""),
        (CROP, (500, 400), "The model saw the middle 75% of the photo."),
        (CROP, (400, 500), "The model saw the middle 75% of the photo."),
        (CROP, (400, 400), "The model saw the middle 93% of the photo."),
    ],
)
def test_what_a_model_saw_in_words(preprocessing: Preprocessing, size: tuple[int, int], words: str) -> None:
    assert seen_in_words(preprocessing, *size) == words


def test_a_part_that_is_not_the_middle_and_squeezed_in_words() -> None:
    def corner(image: torch.Tensor) -> torch.Tensor:
        """A fifth of the height and half of the width, from the upper left, brought to a square."""
        height, width = image.shape[1:]
        return resize(image[:, : height // 5, : width // 2].float(), [16, 16], antialias=True)

    assert seen_in_words(Preprocessing(corner, corner), 400, 400) == (
        "The model saw only 10% of the photo, squeezed by 60% in width."
    )  # fmt: skip


def test_padding_is_no_part_of_the_photo_in_words() -> None:
    processor = transformers.CLIPImageProcessor(size={"height": 16, "width": 32}, crop_size={"height": 32, "width": 32})
    assert seen_in_words(from_processor(processor), 60, 30) == ""


def test_the_bundled_cnn_sees_all_of_the_photo() -> None:
    assert_close(load("bundled/cnn").preprocessing.view(photo(451, 300)).box, Box(0, 0, 451, 300))


EVERY = {
    "preset": from_preset(ImageClassification(crop_size=28, resize_size=32)),
    "squeeze": squeeze(32, [0.5] * 3, [0.2] * 3),
    "processor": from_processor(transformers.ViTImageProcessor(size={"height": 32, "width": 32})),
    "crop": from_processor(transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28})),
}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 7), (7, 1), (2, 2), (3, 2), (1000, 1), (1, 1000), (10000, 10)])
@pytest.mark.parametrize("name", EVERY)
def test_odd_photos(name: str, width: int, height: int) -> None:
    view = EVERY[name].view(photo(width, height))
    assert view.pixels.isfinite().all()
    box = view.box
    assert box.overlap(Box(0, 0, width, height)) is not None
    assert (box.left + box.right) / 2 == pytest.approx(width / 2, abs=0.02 * width + 0.05)
    assert (box.top + box.bottom) / 2 == pytest.approx(height / 2, abs=0.02 * height + 0.05)
    if "crop" not in name and name != "preset":
        assert_close(box, Box(0, 0, width, height), tolerance=0.05 + 1e-4 * max(width, height))


@pytest.mark.parametrize("name", EVERY)
def test_geometry_and_pixels_have_one_size(name: str) -> None:
    preprocessing: Preprocessing = EVERY[name]
    pixels = preprocessing.pixels(to_bytes(photo(61, 45).image))
    assert preprocessing.geometry(torch.rand(3, 45, 61)).shape == pixels.shape
    assert pixels.dtype == torch.float32


def test_a_box_maps_a_mark_to_its_place() -> None:
    """A white dot in the photo is where the box says, in the pixels that the model eats."""
    preprocessing = from_preset(ResNet50_Weights.IMAGENET1K_V2.transforms())
    image = torch.zeros(3, 480, 1000)
    image[:, 200:220, 600:630] = 1
    box = seen_box(preprocessing, 1000, 480)
    weight = preprocessing.geometry(image)[0]
    rows, columns = (torch.arange(count) + 0.5 for count in weight.shape)
    x = (weight.sum(0) * columns).sum() / weight.sum() / len(columns) * box.width + box.left
    y = (weight.sum(1) * rows).sum() / weight.sum() / len(rows) * box.height + box.top
    assert (x.item(), y.item()) == pytest.approx((615, 210), abs=0.3)


def test_a_folder_with_a_centre_crop(models: Path) -> None:
    folder = models / "clip"
    FAMILIES["clip"].build().save_pretrained(folder)
    transformers.CLIPImageProcessor(size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    view = load("hf/clip").preprocessing.view(photo(451, 300))
    assert_close(view.box, centre_crop(451, 300, 40, 32), tolerance=0.1)


@pytest.mark.parametrize(("width", "height"), [(40000, 1), (1, 40000), (20001, 3)])
@pytest.mark.parametrize("name", ["preset", "crop"])
def test_a_thin_photo_is_cropped_before_it_is_enlarged(
    name: str, width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one pixel by 40000 would be enlarged to 256 by 10 million."""
    shapes = []
    for owner in (torchvision.transforms.functional, transformers.CLIPImageProcessor):
        monkeypatch.setattr(owner, "resize", recorded(owner.resize, shapes))
    box = EVERY[name].view(photo(width, height)).box
    assert (box.left + box.right) / 2 == pytest.approx(width / 2, abs=0.6)
    assert (box.top + box.bottom) / 2 == pytest.approx(height / 2, abs=0.6)
    assert shapes
    assert all(max(shape[-2:]) <= 8 * min(shape[-2:]) for shape in shapes)


def recorded(resize: Callable[..., Tensor], shapes: list[torch.Size]) -> Callable[..., Tensor]:
    def resize_and_record(*arguments: Any, **options: Any) -> Tensor:
        shapes.extend(each.shape for each in (*arguments, *options.values()) if isinstance(each, Tensor))
        return resize(*arguments, **options)

    return resize_and_record


@pytest.mark.parametrize(("width", "height"), [(800, 100), (790, 100), (100, 333)])
def test_an_ordinary_photo_is_not_cropped_first(width: int, height: int) -> None:
    preset = ImageClassification(crop_size=28, resize_size=32)
    image = to_bytes(photo(width, height).image)
    torch.testing.assert_close(from_preset(preset).pixels(image), preset(image), rtol=0, atol=0)
