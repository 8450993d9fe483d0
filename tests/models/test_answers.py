"""A model's answer: scores as transformers' own pipeline gives them, a name for every output, and a pass before it counts."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import resnet18
from transformers import PreTrainedModel

from dashboard.evidence import AttentionMaps, Question, StageMaps
from dashboard.explain import explain
from dashboard.methods import GenericRelevance, TokenGradCAM
from dashboard.models.answers import output_names
from dashboard.models.classifier import ModelError
from dashboard.models.zoo import load
from dashboard.photo import Photo
from tests.models.tiny import CLASSES, FAMILIES, LABELS, SHAPE, photo, randomised, save

KINDS = [
    (None, 5, "softmax"), ("single_label_classification", 5, "softmax"), ("multi_label_classification", 5, "sigmoid"),
    ("regression", 5, "none"), ("regression", 1, "none"), (None, 1, "sigmoid"), ("multi_label_classification", 1, "sigmoid"),
]  # fmt: skip


@pytest.mark.parametrize(("problem_type", "outputs", "activation"), KINDS)
def test_scores_equal_those_of_transformers_own_pipeline(
    problem_type: str | None, outputs: int, activation: str, models: Path
) -> None:
    names = {index: f"name {index}" for index in range(outputs)}
    config = transformers.ViTConfig(**SHAPE, id2label=names, problem_type=problem_type)
    folder = save(randomised(transformers.ViTForImageClassification(config)), models / "vit")
    seen = load("hf/vit").observe(photo(), AttentionMaps).prediction
    told = {"function_to_apply": "none"} if problem_type == "regression" else {}  # before 5.24 their pipeline forgets it
    theirs = transformers.pipeline("image-classification", folder, device="cpu", **told)(photo().image, top_k=5)
    assert seen.activation == activation
    assert [label for _, label, _ in seen.top(5)] == [answer["label"] for answer in theirs]
    assert [score for _, _, score in seen.top(5)] == pytest.approx([answer["score"] for answer in theirs], rel=1e-3, abs=1e-6)


def test_a_model_of_one_output_is_explained(models: Path) -> None:
    config = transformers.ViTConfig(**SHAPE, id2label={0: "age"}, problem_type="regression")
    save(randomised(transformers.ViTForImageClassification(config)), models / "vit")
    model = load("hf/vit")
    for method in (GenericRelevance(), TokenGradCAM()):
        shown = explain(photo(), model, method)
        assert (shown.target, shown.prediction.top(5)) == (0, [(0, "age", shown.prediction.logits.item())])
        assert shown.heatmap.std() > 0


NAMES = [
    ({"0": "a", "1": None, "2": "c", "3": "d", "4": "e"}, ["a", "class 1", "c", "d", "e"]),
    ({"0": "a", "1": "b", "2": "c", "3": "d", "7": "e"}, ["a", "b", "c", "d", "class 4"]),
    ({"0": "a", "1": "b", "4": "e"}, ["a", "b", "class 2", "class 3", "e"]),
    ({"0": "a", "1": "b"}, ["a", "b", "class 2", "class 3", "class 4"]),
    ({"zero": "a", "1": "b", "2": "c", "3": "d", "4": "e"}, ["class 0", "b", "c", "d", "e"]),
    ({"-1": "a", "1": ["b"], "2": {}, "3": True, "4": " \n"}, ["class 0", "class 1", "class 2", "class 3", "class 4"]),
    ({"0": 7, "1": 3, "2": 0.5, "3": 1, "4": 0}, ["7", "3", "0.5", "1", "0"]),
    ({"0": "half \ud83d", "1": "b\n", "2": "c  c", "3": "d", "4": "e"}, ["half ?", "b", "c c", "d", "e"]),
    ({}, [f"class {index}" for index in range(5)]),
    (None, [f"class {index}" for index in range(5)]),
    (["a", "b", "c", "d"], ["a", "b", "c", "d", "class 4"]),
    (5, [f"class {index}" for index in range(5)]),
]


@pytest.mark.parametrize(("id2label", "expected"), NAMES)
def test_a_name_for_every_output_is_its_own_or_a_stand_in(id2label: Any, expected: list[str]) -> None:
    assert list(output_names(id2label, CLASSES)) == expected


@pytest.mark.parametrize(("id2label", "expected"), [*NAMES[:7], *NAMES[8:11]])
def test_a_folder_whose_names_are_not_in_order(id2label: Any, expected: list[str], models: Path) -> None:
    folder = save(FAMILIES["vit"].build(), models / "vit")
    whole = load("hf/vit").observe(photo(), AttentionMaps).prediction
    edit(folder, id2label=id2label, label2id=None)
    model = load("hf/vit")
    assert list(model.labels) == expected
    torch.testing.assert_close(model.observe(photo(), AttentionMaps).prediction.logits, whole.logits)


def test_outputs_are_counted_by_the_configuration_too(models: Path) -> None:
    """transformers renames all of them where a file counts more outputs than it names."""
    folder = save(FAMILIES["vit"].build(), models / "vit")
    edit(folder, id2label={"0": "cat", "1": "dog"}, num_labels=CLASSES)
    assert load("hf/vit").labels == ("cat", "dog", "class 2", "class 3", "class 4")


def edit(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def pvt() -> PreTrainedModel:
    shape = {"hidden_sizes": [8] * 4, "depths": [1] * 4, "num_attention_heads": [1] * 4, "image_size": 32}
    return transformers.PvtForImageClassification(transformers.PvtConfig(**shape, id2label={0: "cat", 1: "dog"}))


def grey_resnet() -> PreTrainedModel:
    shape = {"embedding_size": 8, "hidden_sizes": [8, 8], "depths": [1, 1], "layer_type": "basic", "num_channels": 1}
    return transformers.ResNetForImageClassification(transformers.ResNetConfig(**shape, id2label=LABELS))


def with_nan() -> PreTrainedModel:
    model = FAMILIES["vit"].build()
    next(model.parameters()).data[..., 0] = torch.nan
    return model


REFUSED: dict[str, tuple[Callable[[], PreTrainedModel], str]] = {
    "pvt": (pvt, "has 2 labels but answered a photo with 1,000 values"),
    "grey": (grey_resnet, "can't look at a photo"),
    "nan": (with_nan, "no numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_that_gives_no_answer_is_refused(name: str, models: Path) -> None:
    build, reason = REFUSED[name]
    save(build(), models / name)
    with pytest.raises(ModelError, match=reason):
        load(f"hf/{name}")


def test_packed_patches_are_no_photo(models: Path) -> None:
    vision = SHAPE | {"num_patches": 16}
    vision.pop("image_size")
    config = transformers.Siglip2Config(vision_config=vision, id2label=LABELS)
    transformers.Siglip2ForImageClassification(config).save_pretrained(models / "siglip2")
    transformers.Siglip2ImageProcessor(patch_size=8, max_num_patches=16).save_pretrained(models / "siglip2")
    with pytest.raises(ModelError, match=r"its image processor makes \(16, 192\).*expected three channels"):
        load("hf/siglip2")


def test_a_processor_that_gives_no_pixels(models: Path) -> None:
    folder = save(FAMILIES["vit"].build(), models / "vit")
    transformers.ImageGPTImageProcessor(clusters=[[0.0, 0.0, 0.0]], size={"height": 32, "width": 32}).save_pretrained(folder)
    with pytest.raises(ModelError, match=r"image processor can't prepare a colour photo: .*pixel_values"):
        load("hf/vit")


def test_weights_of_ones_own_that_are_no_numbers(models: Path) -> None:
    state = resnet18(num_classes=1000).state_dict()
    state["layer3.0.conv1.weight"][0] = torch.inf
    save_file(state, models / "resnet18.safetensors")
    with pytest.raises(ModelError, match="no numbers"):
        load("torchvision/resnet18")


def test_logits_of_another_rank(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(FAMILIES["vit"].build(), models / "vit")
    forward = transformers.ViTForImageClassification.forward

    def per_place(self: PreTrainedModel, *arguments: Any, **options: Any) -> Any:
        output = forward(self, *arguments, **options)
        output.logits = output.logits[..., None, None]
        return output

    monkeypatch.setattr(transformers.ViTForImageClassification, "forward", per_place)
    with pytest.raises(ModelError, match=r"values of shape \(1, 5, 1, 1\)"):
        load("hf/vit")


def test_a_photo_too_large_for_a_network_that_takes_it_as_it_is(models: Path) -> None:
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], id2label=LABELS)
    folder = save(randomised(transformers.ResNetForImageClassification(config)), models / "resnet", 64, 64)
    processor = folder / "preprocessor_config.json"
    processor.write_text(json.dumps(json.loads(processor.read_text()) | {"do_resize": False, "do_center_crop": False}))
    model = load("hf/resnet")
    large = Photo(Image.new("RGB", (4000, 2100)), "large", "large")
    with pytest.raises(ModelError, match=r"4,000 x 2,100 pixels: expected at most 8 megapixels"):
        model.observe(large, StageMaps)
    assert model.observe(photo(), StageMaps).prediction.logits.isfinite().all()


def test_a_later_photo_whose_answer_is_no_number(models: Path) -> None:
    """It answered another at load, and answers this one with infinity."""
    save(FAMILIES["vit"].build(), models / "vit")
    model = load("hf/vit")
    observer = model.observers[AttentionMaps]

    def overflowing(pixels: torch.Tensor, question: Question) -> tuple:
        evidence, logits = observer(pixels, question)
        return evidence, logits * torch.inf

    broken = replace(model, observers={AttentionMaps: overflowing})
    with pytest.raises(ModelError, match="answered this photo with values that are no numbers"):
        broken.observe(photo(), AttentionMaps)
    assert model.observe(photo(), AttentionMaps).prediction.logits.isfinite().all()
