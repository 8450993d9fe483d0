"""What can't be loaded is refused with a sentence, quickly, and nothing outside DASHBOARD_MODELS is opened."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ViTConfig, ViTImageProcessor, ViTModel

from dashboard.models.classifier import ModelError
from dashboard.models.files import weight_of
from dashboard.models.zoo import load, local_folder, local_models
from tests.models.tiny import FAMILIES, LABELS, MEAN, SHAPE, save


@pytest.fixture
def vit(models: Path) -> Path:
    return save(FAMILIES["vit"].build(), models / "vit")


def refusal(key: str) -> str:
    with pytest.raises(ModelError) as caught:
        load(key)
    text = str(caught.value)
    assert text == text.strip()
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def edit_config(folder: Path, **changes: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_head_weights_are_missing(models: Path) -> None:
    ViTModel(ViTConfig(**SHAPE)).save_pretrained(models / "base")
    ViTImageProcessor(size={"height": 32, "width": 32}, **MEAN).save_pretrained(models / "base")
    assert "answers would be random" in refusal("hf/base")


def test_weights_within_the_model_are_missing(vit: Path) -> None:
    state = load_file(vit / "model.safetensors")
    del state[next(name for name in state if ("layer" in name and "query.weight" in name) or "q_proj.weight" in name)]
    save_file(state, vit / "model.safetensors", metadata={"format": "pt"})
    assert "answers would be random" in refusal("hf/vit")


def test_head_of_another_size(vit: Path) -> None:
    more = {str(index): f"class {index}" for index in range(len(LABELS) + 2)}
    edit_config(vit, id2label=more, label2id={name: int(index) for index, name in more.items()})
    assert "do not fit" in refusal("hf/vit")


@pytest.mark.parametrize("keep", [0, 7, 100, -50])
def test_weights_are_damaged(vit: Path, keep: int) -> None:
    file = vit / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    assert "damaged or cut short" in refusal("hf/vit")


def test_pickled_weights_are_not_opened(vit: Path) -> None:
    torch.save(load_file(vit / "model.safetensors"), vit / "pytorch_model.bin")
    (vit / "model.safetensors").unlink()
    assert "no safetensors" in refusal("hf/vit")


def test_weights_of_a_head_of_zeros(vit: Path) -> None:
    state = load_file(vit / "model.safetensors")
    zeros = {name: torch.zeros_like(value) if "classifier" in name else value for name, value in state.items()}
    save_file(zeros, vit / "model.safetensors", metadata={"format": "pt"})
    assert "untrained" in refusal("hf/vit")


def test_a_model_of_grey_photos(models: Path) -> None:
    save(FAMILIES["vit"].build(num_channels=1), models / "grey")
    assert "can't look at a photo" in refusal("hf/grey")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model_type": "no-such-model"}', '{"model_type": "bert"}'])
def test_configuration_of_no_image_classifier(vit: Path, text: str) -> None:
    (vit / "config.json").write_text(text)
    assert "can't be loaded as an image classifier" in refusal("hf/vit")


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_processor_is_missing_or_damaged(vit: Path, text: str | None) -> None:
    file = vit / "preprocessor_config.json"
    file.unlink() if text is None else file.write_text(text)
    assert "can't be loaded as an image classifier" in refusal("hf/vit")


def test_code_from_a_folder_is_not_run(vit: Path) -> None:
    (vit / "evil.py").write_text("raise SystemExit('ran')")
    edit_config(vit, model_type="evil", auto_map={"AutoConfig": "evil.C", "AutoModelForImageClassification": "evil.M"})
    assert "can't be loaded as an image classifier" in refusal("hf/vit")


@pytest.mark.parametrize("name", ["../outside", "lab/../../outside", "absolute", "link", "."])
def test_nothing_outside_the_folder_is_opened(name: str, models: Path) -> None:
    outside = save(FAMILIES["vit"].build(), models.parent / "outside")
    (models / "link").symlink_to(outside)
    (models / "lab").mkdir()
    name = str(outside) if name == "absolute" else name
    assert local_folder(name) is None
    refusal(f"hf/{name}")


def test_states_outside_the_folder_are_not_opened(models: Path) -> None:
    save_file({"a": torch.zeros(1)}, models.parent / "state.safetensors")
    (models / "resnet18.safetensors").symlink_to(models.parent / "state.safetensors")
    assert "not on this machine" in refusal("torchvision/resnet18")


def test_what_links_lead_to_outside_the_folder_is_not_weighed(models: Path) -> None:
    outside = models.parent / "outside.safetensors"
    outside.write_bytes(bytes(1000))
    (models / "mine").mkdir()
    (models / "mine" / "model.safetensors").write_bytes(bytes(10))
    (models / "mine" / "more.safetensors").symlink_to(outside)
    (models / "linked.safetensors").symlink_to(outside)
    assert weight_of(models / "mine") == 10
    assert weight_of(models / "linked.safetensors") is None


@pytest.mark.parametrize(
    "key", ["", "/", "bundled", "bundled/", "bundled/other", "bundled/../bundled/cnn", "nowhere/resnet18", "hf/"]
)
def test_unknown_keys(key: str) -> None:
    assert "Unknown model" in refusal(key)


@pytest.mark.parametrize("name", ["resnet19", "../resnet18", "fcn_resnet50", "resnet18/x", "ResNet"])
def test_unknown_torchvision_names(name: str) -> None:
    assert "torchvision has no classifier" in refusal(f"torchvision/{name}")


@pytest.mark.parametrize("key", ["hf/google/vit-base-patch16-224", "hf/gpt2", "torchvision/resnet18", "torchvision/vit_b_16"])
def test_without_network_it_says_so(key: str, models: Path) -> None:
    text = refusal(key)
    assert "not on this machine" in text
    assert "DASHBOARD_MODELS" in text


NO_IDS = ["a/b/c", "~/x", "-/-/-", "https://huggingface.co/google/vit", "a b", "a\nb", "a\n", "a\0b", "x" * 5000, "..", "a/..",
          "a--b", "a-"]  # fmt: skip


@pytest.mark.parametrize("name", NO_IDS, ids=lambda name: repr(name[:20]))
def test_names_that_are_no_hub_id(name: str, models: Path) -> None:
    text = refusal(f"hf/{name}")
    assert "no hub id" in text
    assert len(text) < 200


def test_links_in_a_circle(models: Path) -> None:
    (models / "one").symlink_to(models / "two")
    (models / "two").symlink_to(models / "one")
    assert local_folder("one") is None


def test_a_file_in_place_of_a_folder(models: Path) -> None:
    (models / "file").write_text("hello")
    refusal("hf/file")


def test_a_state_that_does_not_fit(models: Path) -> None:
    save_file({"fc.weight": torch.zeros(3, 512)}, models / "resnet18.safetensors")
    assert "do not fit" in refusal("torchvision/resnet18")
    (models / "resnet18.safetensors").write_bytes(b"no weights")
    assert "damaged or cut short" in refusal("torchvision/resnet18")


def test_local_models_lists_folders_and_states(models: Path, vit: Path) -> None:
    save(FAMILIES["vit"].build(), models / "lab" / "other")
    save_file({"a": torch.zeros(1)}, models / "resnet18.safetensors")
    assert local_models() == ["hf/lab/other", "hf/vit", "torchvision/resnet18"]


def test_without_a_models_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_MODELS", "")
    assert local_models() == []
    assert local_folder("vit") is None


def test_a_models_folder_that_is_gone_since(models: Path) -> None:
    assert local_models() == []
    models.rmdir()
    assert local_models() == []
    assert local_folder("vit") is None
