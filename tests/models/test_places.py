"""A mark in the photo is in the map's place: for every family, with processors of every kind, whatever the photo's size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import nn
from torchvision import models as torchvision_models
from torchvision.transforms._presets import ImageClassification

from dashboard.evidence import AttentionMaps, Evidence, Probe, StageMaps, TokenMaps
from dashboard.explain import explain
from dashboard.methods import GradCAM
from dashboard.models.classifier import Classifier, ModelError, Observation
from dashboard.models.families.torchvision import network_of
from dashboard.models.observers.exported import exported
from dashboard.models.observers.ladder import classifier_of
from dashboard.models.observers.pooled import traced
from dashboard.models.observers.stages import stage_observers
from dashboard.models.preprocessing import Preprocessing, from_preset, from_processor, seen_box
from dashboard.models.zoo import load
from dashboard.photo import Box, Photo
from tests.models.tiny import FAMILIES, MEAN, PATCH, randomised, save

SIZES = [(61, 45), (45, 83), (130, 52), (96, 96)]
SPOTS = [(0.3, 0.35), (0.7, 0.4), (0.45, 0.75)]


def marked(width: int, height: int, centre: tuple[float, float] | None, side: float) -> Photo:
    """Noise, with a square of the opposite colours around a place."""
    pixels = np.random.default_rng(1).integers(60, 200, (height, width, 3), dtype=np.uint8)
    if centre is not None:
        x, y = centre
        rows = slice(max(round(y - side / 2), 0), max(round(y + side / 2), 1))
        columns = slice(max(round(x - side / 2), 0), max(round(x + side / 2), 1))
        pixels[rows, columns] = 255 - pixels[rows, columns]
    return Photo(Image.fromarray(pixels), f"{width}x{height}-{centre}", "noise")


def calm(model: nn.Module) -> nn.Module:
    """The same with layers that add little to the tokens, which then stay what they are: those of their places."""
    for name, value in model.named_parameters():
        if value.ndim == 2 and "embed" not in name:
            value.data *= 0.1
    return model


def answered(seen: Observation) -> torch.Tensor:
    """What the first layer or stage left, channels last: (rows, columns, C)."""
    return seen.evidence.tokens[0] if isinstance(seen.evidence, TokenMaps) else seen.evidence.activations[0].movedim(0, -1)


def place_of(model: Classifier, needs: type[Evidence], width: int, height: int, spot: tuple[float, float]) -> None:
    """The cell that a mark changes most, lies where the mark is, to two cells: random weights spread it."""
    before = model.observe(marked(width, height, None, 0), needs)
    box, (rows, columns, _) = before.box, answered(before).shape
    part = box.overlap(Box(0, 0, width, height))
    centre = part.left + spot[0] * part.width, part.top + spot[1] * part.height
    cell = box.width / columns, box.height / rows
    after = model.observe(marked(width, height, centre, 1.5 * max(cell)), needs)
    change = (answered(after) - answered(before)).square().sum(-1).double()
    change = (change / change.max()) ** 2
    x = box.left + ((change.sum(0) * (torch.arange(columns) + 0.5)).sum() / change.sum()).item() * cell[0]
    y = box.top + ((change.sum(1) * (torch.arange(rows) + 0.5)).sum() / change.sum()).item() * cell[1]
    assert abs(x - centre[0]) <= 2 * cell[0], (x, centre, box)
    assert abs(y - centre[1]) <= 2 * cell[1], (y, centre, box)


SQUEEZE = {"size": {"height": 64, "width": 80}}
AS_IT_IS = {"do_resize": False}


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "data2vec"])
def test_a_mark_is_in_its_place_in_every_family_of_transformers(name: str, models: Path):
    save(calm(FAMILIES[name].build()), models / name, 48, 40)
    model = load(f"hf/{name}")
    for (width, height), spot in zip(SIZES, [*SPOTS, SPOTS[0]], strict=True):
        place_of(model, TokenMaps, width, height, spot)


@pytest.mark.parametrize("size", [*SIZES, (46, 47), (39, 78)])
@pytest.mark.parametrize(
    "processor",
    [
        transformers.ViTImageProcessor(**AS_IT_IS, **MEAN),
        transformers.ViTImageProcessor(**SQUEEZE, **MEAN),
        transformers.CLIPImageProcessor(size={"shortest_edge": 46}, crop_size={"height": 46, "width": 46}),
        transformers.CLIPImageProcessor(size={"shortest_edge": 40}, crop_size={"height": 60, "width": 60}),
    ],
    ids=["as it is", "squeezed", "cropped, not whole patches", "padded"],
)
def test_a_mark_is_in_its_place_with_every_kind_of_processor(processor: object, size: tuple[int, int], models: Path):
    calm(FAMILIES["dinov2"].build()).save_pretrained(models / "dinov2")
    processor.save_pretrained(models / "dinov2")
    model = load("hf/dinov2")
    for spot in SPOTS:
        place_of(model, TokenMaps, *size, spot)


def test_the_box_ends_where_the_last_patch_ends(models: Path):
    """46 pixels hold five patches of 8 and a rest of 6: a photo of 92 x 46 that is squeezed is seen to 80 x 40 of it."""
    save(FAMILIES["vit"].build(), models / "vit", 46, 46)
    model = load("hf/vit")
    seen = model.observe(marked(92, 46, None, 0), AttentionMaps)
    assert seen.evidence.grid == (5, 5)
    assert (seen.box.left, seen.box.top) == pytest.approx((0, 0), abs=0.05)
    assert (seen.box.right, seen.box.bottom) == pytest.approx((80, 40), abs=0.1)
    whole = model.observe(marked(92, 46, None, 0), Probe).box
    assert (whole.right, whole.bottom) == pytest.approx((92, 46), abs=0.1)


def test_patches_of_a_photo_that_is_not_resized(models: Path):
    FAMILIES["dinov2"].build().save_pretrained(models / "dinov2")
    transformers.ViTImageProcessor(**AS_IT_IS, **MEAN).save_pretrained(models / "dinov2")
    for kind in (AttentionMaps, TokenMaps):
        seen = load("hf/dinov2").observe(marked(61, 45, None, 0), kind)
        assert (seen.box.right, seen.box.bottom) == pytest.approx((61 // PATCH * PATCH, 45 // PATCH * PATCH), abs=0.05)


def by_hand(network: nn.Module, preprocessing: Preprocessing) -> Classifier:
    network = network.eval().requires_grad_(False)
    return classifier_of(network_of(network, "by/hand", "it", tuple(map(str, range(5))), preprocessing, source=""))


@pytest.mark.parametrize("size", SIZES)
def test_a_mark_is_in_its_place_in_a_cnn_of_torchvision(size: tuple[int, int]):
    model = by_hand(torchvision_models.resnet18(num_classes=5), from_preset(ImageClassification(crop_size=64, resize_size=72)))
    for spot in SPOTS:
        place_of(model, StageMaps, *size, spot)


@pytest.mark.parametrize("size", SIZES)
def test_a_mark_is_in_its_place_in_a_transformer_of_torchvision(size: tuple[int, int]):
    network = torchvision_models.VisionTransformer(48, 8, 3, 2, 16, 32, num_classes=5)
    model = by_hand(calm(randomised(network)), from_preset(ImageClassification(crop_size=48, resize_size=56)))
    for spot in SPOTS:
        place_of(model, TokenMaps, *size, spot)


@pytest.mark.parametrize("size", SIZES)
def test_a_mark_is_in_its_place_in_the_bundled_cnn(size: tuple[int, int]):
    for spot in SPOTS:
        place_of(load("bundled/cnn"), StageMaps, *size, spot)


def test_a_mark_is_in_its_place_in_a_cnn_of_hugging_face(models: Path):
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], num_labels=5)
    save(randomised(transformers.ResNetForImageClassification(config)), models / "resnet", 64, 64)
    for size in SIZES:
        place_of(load("hf/resnet"), StageMaps, *size, SPOTS[1])


def test_channels_in_another_order_change_no_place():
    """MobileViT's processor turns RGB round: short side 288 for a crop of 256 of a 451 x 300 photo."""
    options = {"size": {"shortest_edge": 288}, "crop_size": {"height": 256, "width": 256}}
    boxes = [
        seen_box(from_processor(transformers.MobileViTImageProcessor(do_flip_channel_order=flip, **options)), 451, 300)
        for flip in (True, False)
    ]
    assert boxes[0] == boxes[1]
    assert (boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom) == pytest.approx((91.9, 16.7, 359.1, 283.3), abs=0.3)


@pytest.mark.parametrize("options", [{"include_top": True}, {"rescale_offset": True}, {}])
def test_values_that_are_scaled_or_shifted_by_channel_change_no_place(options: dict[str, bool]):
    processor = transformers.EfficientNetImageProcessor(size={"height": 60, "width": 60}, do_center_crop=False, **options)
    box = seen_box(from_processor(processor), 300, 451)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0, 0, 300, 451), abs=0.3)


def test_a_photo_smaller_than_a_patch_is_refused_in_a_sentence(models: Path):
    FAMILIES["vit"].build().save_pretrained(models / "vit")
    transformers.ViTImageProcessor(**AS_IT_IS, **MEAN).save_pretrained(models / "vit")
    with pytest.raises(ModelError, match="can't look at this photo, 7 x 30 pixels to it"):
        load("hf/vit").observe(marked(7, 30, None, 0), AttentionMaps)


def pixels_to(network: nn.Module, height: int, width: int) -> StageMaps:
    """What stages leave of noise, with the way back to its pixels; `example`s are of that size, as with a processor of it."""
    noise = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(2)).requires_grad_()
    graph = exported if isinstance(network, transformers.PreTrainedModel) else lambda module, name, _: traced(module, name)
    frozen, example = network.eval().requires_grad_(False), noise.detach()
    stages = stage_observers(graph(frozen, "it", example), "it", example).observers[StageMaps]
    with torch.enable_grad():
        return stages(noise)[0], noise


def centre_of(maps: torch.Tensor, cell: tuple[int, int], noise: torch.Tensor) -> list[float]:
    """Where a cell lies by what moves it: the middle of its squared gradients, in pixels down and across."""
    power = torch.zeros(noise.shape[2:])
    for seed in range(4):
        channels = torch.randn(len(maps), generator=torch.Generator().manual_seed(seed))
        slope = torch.autograd.grad(channels @ maps[:, *cell], noise, retain_graph=True)[0]
        power += slope[0].square().sum(0)
    sides = (power.sum(1), power.sum(0))
    return [((side * (torch.arange(len(side)) + 0.5)).sum() / side.sum()).item() for side in sides]


SMALL = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "num_labels": 5}
HEADS = {"num_attention_heads": [1] * 4}


def pvt(size: int) -> nn.Module:
    config = transformers.PvtConfig(image_size=size, sequence_reduction_ratios=[1] * 4, **SMALL, **HEADS)
    return transformers.PvtForImageClassification(config)


def swin(size: int) -> nn.Module:
    return torchvision_models.SwinTransformer([4, 4], 8, [1, 1, 1, 1], [1, 1, 1, 1], [2, 2], num_classes=5)


def convnext(size: int) -> nn.Module:
    return transformers.ConvNextForImageClassification(transformers.ConvNextConfig(**SMALL))


def resnet(size: int) -> nn.Module:
    config = transformers.ResNetConfig(embedding_size=8, layer_type="basic", **SMALL)
    return transformers.ResNetForImageClassification(config)


@pytest.mark.parametrize(
    ("build", "most", "size"),
    [
        (convnext, 0.25, (159, 159)), (convnext, 0.25, (95, 130)), (pvt, 0.25, (159, 159)), (swin, 0.25, (97, 97)),
        (swin, 0.25, (97, 130)), (resnet, 0.6, (97, 97)), (resnet, 0.6, (159, 130)),
    ],
)  # fmt: skip
def test_the_cells_of_every_stage_are_where_they_are_drawn(build: Callable, most: float, size: tuple[int, int]):
    """In cells: a ResNet's sample the photo at their corners, half a cell from where any map of it is drawn."""
    torch.manual_seed(0)
    seen, noise = pixels_to(build(size[0]), *size)
    for maps, cover in zip(seen.activations, seen.covers, strict=True):
        cell = tuple(max(count - 2, 0) for count in maps.shape[1:])  # none at a border, where all that moves it lies inside
        steps = [side * share / count for side, share, count in zip(size, cover, maps.shape[1:], strict=True)]
        for at, index, step in zip(centre_of(maps, cell, noise), cell, steps, strict=True):
            assert abs(at / step - index - 0.5) <= most, (tuple(maps.shape), cell)


def test_the_last_cells_of_patchified_stages_leave_a_rest_unseen(models: Path):
    """95 x 70 pixels hold two cells of 32 each way, and 23 x 17 of 4: what is left no cell of that stage has seen."""
    convnext(0).save_pretrained(models / "it")
    transformers.ViTImageProcessor(**AS_IT_IS, **MEAN).save_pretrained(models / "it")
    model = load("hf/it")
    for stage, (right, bottom) in ((None, (64, 64)), (1, (92, 68))):
        box = explain(marked(95, 70, None, 0), model, GradCAM(stage)).box
        assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0, 0, right, bottom), abs=0.05)
    box = explain(marked(96, 64, None, 0), model, GradCAM()).box
    assert (box.right, box.bottom) == pytest.approx((96, 64), abs=0.05)
