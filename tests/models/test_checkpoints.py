"""Checkpoints that people have: whatever lies in a folder, it loads or one sentence says what was expected."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps
from dashboard.models import files, zoo
from dashboard.models.catalogue import KNOWN
from dashboard.models.classifier import DoesNotFit, ModelError, OutOfMemory, said
from dashboard.models.families.bundled import Bundled
from dashboard.models.observers.attention import MOST_TOKENS
from dashboard.models.observers.pooled import find_head, traced
from tests.models.test_refusals import edit_config, refusal
from tests.models.tiny import FAMILIES, photo, save


@pytest.fixture
def vit(models: Path) -> Path:
    return save(FAMILIES["vit"].build(), models / "vit")


def edit_processor(folder: Path, **changes: object) -> None:
    file = folder / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


REFUSED = {
    "image size as text": ({"image_size": "32"}, "image_size to be a whole number"),
    "no patches": ({"patch_size": 0}, "patch_size to be a whole number"),
    "bitsandbytes": ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}, "quantized"),
    "quanto": ({"quantization_config": {"quant_method": "quanto"}}, "quantized"),
    "attention from the hub": ({"_attn_implementation": "hub/kernel"}, "never run"),
    "attention from the hub, of a part": ({"vision_config": {"attn_implementation": "hub/kernel"}}, "never run"),
    "code": ({"auto_map": {"AutoConfig": "evil.C"}}, "never run"),
    "kernels": ({"use_kernels": True}, "never run"),
    "other weights": ({"transformers_weights": "pytorch_model.bin"}, "model.safetensors"),
    "another model": ({"backbone": "someone/else", "use_pretrained_backbone": True}, "another model"),
    "timm wrapper": ({"model_type": "timm_wrapper"}, "timm checkpoint"),
    "many labels": ({"num_labels": 10**9, "id2label": None}, "num_labels from 1 to 100,000"),
    "many layers": ({"num_hidden_layers": 10**6}, "num_hidden_layers to be at most 512"),
    "more layers than weights": ({"num_hidden_layers": 500}, "weights"),
    "wide": ({"hidden_size": 10**6, "intermediate_size": 10**6}, "weights"),
    "long names": ({"id2label": {"0": "x" * 100_000}}, "at most 1,000 letters"),
    "number for a family": ({"model_type": 7}, "model_type"),
    "infinite": ({"layer_norm_eps": float("inf")}, "layer_norm_eps"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_configuration_is_refused_before_anything_is_built(name: str, vit: Path, tmp_path: Path) -> None:
    changes, words = REFUSED[name]
    edit_config(vit, **changes)
    text = refusal("hf/vit")
    assert words in text
    assert str(tmp_path) not in text


PROCESSORS: dict[str, dict[str, Any]] = {
    "size as text": {"size": {"height": "32", "width": "32"}},
    "gigapixels": {"size": {"height": 10**6, "width": 10**6}},
    "a crop of almost nothing": {"crop_pct": 1e-9},
    "code": {"auto_map": {"AutoImageProcessor": "evil.P"}},
    "another class": {"image_processor_type": "AutoModel"},
    "number for a class": {"image_processor_type": 7},
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_processor_that_can_not_be_used(name: str, vit: Path) -> None:
    edit_processor(vit, **PROCESSORS[name])
    assert "preprocessor_config.json" in refusal("hf/vit")


def test_a_timm_folder(vit: Path) -> None:
    (vit / "config.json").write_text(json.dumps({"architecture": "resnet18", "num_classes": 5}))
    assert "timm checkpoint, which isn't supported here" in refusal("hf/vit")


def test_what_a_field_of_every_configuration_asks_for_is_left_out(vit: Path) -> None:
    edit_config(vit, return_dict=False, output_attentions=True, dtype="float16", _attn_implementation="eager", torchscript=True)
    assert zoo.load("hf/vit").observe(photo(), AttentionMaps).evidence.layers == 3


@pytest.mark.parametrize("error", [ImportError("needs timm"), ZeroDivisionError(), IndexError("x"), OSError("/secret/place/x")])
def test_whatever_a_loader_raises(error: Exception, monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(Bundled, "open", broken)
    text = refusal("bundled/vit")
    assert "can't be loaded as an image classifier" in text
    assert "secret" not in text


CPU_IS_FULL = "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError(CPU_IS_FULL)])
def test_no_memory_on_the_cpu(error: Exception, monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    def full(*_: object) -> None:
        raise error

    model = zoo.load("bundled/vit", device=torch.device("cpu"))
    model.observers[AttentionMaps] = full
    with pytest.raises(OutOfMemory, match="no memory left on the CPU for this photo"):
        model.observe(photo(), AttentionMaps)
    monkeypatch.setattr(Bundled, "open", full)
    with pytest.raises(OutOfMemory, match="no memory left on the CPU to be loaded"):
        zoo.load("bundled/vit", device=torch.device("cpu"))


def test_tokens_are_counted_before_a_pass(models: Path) -> None:
    save(FAMILIES["vit"].build(), models / "vit", do_resize=False)
    model = zoo.load("hf/vit")
    assert model.observe(photo(60, 45), AttentionMaps).evidence.grid == (5, 7)
    with pytest.raises(ModelError, match=f"30,000 patches.* at most {MOST_TOKENS:,} patches"):
        model.observe(photo(1600, 1200), AttentionMaps)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_pipes_and_links_out_of_the_folder_are_not_opened(name: str, vit: Path, tmp_path: Path) -> None:
    outside = tmp_path / name
    (vit / name).rename(outside)
    (vit / name).symlink_to(outside)
    assert str(tmp_path) not in refusal("hf/vit")
    (vit / name).unlink()
    os.mkfifo(vit / name)
    assert "regular file" in refusal("hf/vit")
    assert zoo.local_models() == ([] if name == "config.json" else ["hf/vit"])


def test_a_file_is_no_folder_and_a_folder_no_file(vit: Path, models: Path) -> None:
    (models / "resnet18.safetensors").mkdir()
    assert "no folder" in refusal("hf/vit/config.json")
    assert "no regular file" in refusal("torchvision/resnet18")
    assert zoo.local_models() == ["hf/vit"]


@pytest.mark.parametrize("shard", ["../outside.safetensors", "/outside.safetensors", "pytorch_model.bin", 7])
def test_an_index_names_safetensors_of_its_own_folder_alone(shard: object, vit: Path) -> None:
    (vit / "model.safetensors").rename(vit / "a.safetensors")
    index = vit / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": shard}}))
    assert "in the same folder" in refusal("hf/vit")
    index.write_text(json.dumps({"weight_map": {"x": "a.safetensors"}}))
    assert zoo.load("hf/vit").source == "local folder"


def test_lone_surrogates(vit: Path) -> None:
    refusal("hf/\ud800")
    file = vit / "config.json"
    file.write_text(file.read_text().replace("class 1", "\\ud800"))
    zoo.load("hf/vit").labels[1].encode()


@pytest.mark.parametrize(
    "text", ['{"a": ' * 5000, "[" * 100_000, '{"a": 1' + "0" * 6000 + "}", '"' + "x" * files.JSON_BYTES + '"']
)
def test_deep_and_large_json(text: str, vit: Path) -> None:
    (vit / "config.json").write_text(text)
    assert "config.json" in refusal("hf/vit")


def test_weights_are_in_memory_of_their_own(vit: Path) -> None:
    """A file that is written anew while its model is in use may not take the server away."""
    model = zoo.load("hf/vit")
    before = model.observe(photo(), AttentionMaps).prediction.scores
    os.truncate(vit / "model.safetensors", 0)
    assert torch.equal(model.observe(photo(), AttentionMaps).prediction.scores, before)


def test_own_weights_under_a_known_name(models: Path) -> None:
    network = torchvision_models.resnet18(weights=None)
    save_file(network.state_dict(), models / "resnet18.safetensors")
    key = "torchvision/resnet18"
    model, listed = zoo.load(key), zoo.as_found(KNOWN[key])
    assert model.title == listed.title == f"{KNOWN[key].title} (your file)"
    assert (model.training_data, model.accuracy, model.licence) == ("", None, "")
    assert (listed.training_data, listed.accuracy, listed.licence) == ("", None, "")
    assert "your own file" in model.note
    assert zoo.as_found(KNOWN["torchvision/resnet50"]) is KNOWN["torchvision/resnet50"]


def test_own_folder_under_a_known_name(models: Path) -> None:
    key = "hf/google/vit-base-patch16-224"
    save(FAMILIES["vit"].build(), models / "google" / "vit-base-patch16-224")
    model = zoo.load(key)
    assert model.title == "google/vit-base-patch16-224 (your folder)"
    assert (model.training_data, model.accuracy, model.licence) == ("", None, "")


def test_listing_is_bounded(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LISTED_ENTRIES", 5)
    for index in range(20):
        (models / f"{index}").mkdir()
    (models / "loop").symlink_to(models)
    assert zoo.local_models() == []


def test_a_mean_by_keyword_and_a_network_that_branches() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, x):
            return self.fc(self.conv(x).mean(dim=(2, 3)))

    class Rows(Mean):
        def forward(self, x):
            return self.conv(x).mean(dim=1)

    class Branches(Mean):
        def forward(self, x):
            return self.fc(x) if x.sum() > 0 else x

    assert find_head(traced(Mean(), "m"), "m").linear is not None
    with pytest.raises(DoesNotFit, match="does not average"):
        find_head(traced(Rows(), "m"), "m")
    with pytest.raises(DoesNotFit, match="can't be followed"):
        traced(Branches(), "m")


def test_the_servers_paths_are_left_out() -> None:
    assert said(OSError("no '/home/a b/x/config.json' in /tmp/m/vit, see a/b")) == "no 'config.json' in vit, see a/b"


def test_half_precision_weights_are_read_as_float32(vit: Path) -> None:
    state = {name: value.half() for name, value in load_file(vit / "model.safetensors").items()}
    save_file(state, vit / "model.safetensors", metadata={"format": "pt"})
    assert zoo.load("hf/vit").dtype == torch.float32
