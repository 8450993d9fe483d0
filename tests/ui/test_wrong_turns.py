"""Every wrong turn with a model, through the side bar, a link and the models page: a sentence, and nothing is lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from streamlit.testing.v1 import AppTest
from transformers import SwinConfig, SwinForImageClassification, ViTConfig, ViTImageProcessor, ViTModel

from dashboard.models import downloads
from dashboard.models.observers import attention
from dashboard.ui import caches
from tests.models.tiny import FAMILIES, LABELS, MEAN, SHAPE, randomised, save
from tests.ui.pages import chosen, downloaded, healthy, notices, opened, settled, words


def vit(models: Path) -> Path:
    return save(FAMILIES["vit"].build(), models / "wrong")


def pickles(models: Path) -> None:
    folder = vit(models)
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def corrupt(models: Path) -> None:
    file = vit(models) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])


def text_model(models: Path) -> None:
    (vit(models) / "config.json").write_text('{"model_type": "bert"}')


def swin(models: Path) -> None:
    config = SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4, id2label=LABELS
    )
    save(randomised(SwinForImageClassification(config)), models / "wrong")


def headless(models: Path) -> None:
    ViTModel(ViTConfig(**SHAPE)).save_pretrained(models / "wrong")
    ViTImageProcessor(size={"height": 32, "width": 32}, **MEAN).save_pretrained(models / "wrong")


def untrained_head(models: Path) -> None:
    file = vit(models) / "model.safetensors"
    state = {name: value * (0 if "classifier" in name else 1) for name, value in load_file(file).items()}
    save_file(state, file, metadata={"format": "pt"})


def another_head(models: Path) -> None:
    file = vit(models) / "config.json"
    more = {str(index): f"class {index}" for index in range(len(LABELS) + 2)}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"id2label": more, "label2id": {}}))


def outside(models: Path) -> None:
    (models / "wrong").symlink_to(save(FAMILIES["vit"].build(), models.parent / "outside"))


def nothing(models: Path) -> None:
    """No files at all."""


def half_a_download(models: Path) -> None:
    """What an interrupted download leaves behind: everything but the weights."""
    whole = vit(models)
    kept = models.parent / "hub" / "models--lab--half"
    (kept / "snapshots").mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("1" * 40)
    whole.rename(kept / "snapshots" / ("1" * 40))
    (kept / "snapshots" / ("1" * 40) / "model.safetensors").unlink()


TURNS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "unknown source": (nothing, "nowhere/model", "expected a part of a name"),
    "no network": (nothing, "hf/lab/model", "can't be reached"),
    "no network, torchvision": (nothing, "torchvision/vit_b_16", "can't be reached"),
    "no hub id": (nothing, "hf/a/b/c", "no hub id"),
    "pickles": (pickles, "hf/wrong", "no safetensors"),
    "corrupt": (corrupt, "hf/wrong", "damaged or cut short"),
    "not a vision model": (text_model, "hf/wrong", "can't be loaded as an image classifier"),
    "no head": (headless, "hf/wrong", "answers would be random"),
    "an untrained head": (untrained_head, "hf/wrong", "untrained"),
    "another head": (another_head, "hf/wrong", "do not fit"),
    "out of the folder by a link": (outside, "hf/wrong", "can't be reached"),
    "out of the folder by dots": (outside, "hf/../outside", "no hub id"),
    "half a download": (half_a_download, "hf/lab/half", "can't be reached"),
    "markup": (nothing, "hf/<b>x</b>", "no hub id"),
}


LISTED = [name for name, (make, key, _) in TURNS.items() if key in ("hf/wrong", "torchvision/vit_b_16") and make is not outside]


@pytest.fixture(params=TURNS)
def turn(request: pytest.FixtureRequest, models: Path) -> tuple[str, str]:
    make, key, sentence = TURNS[request.param]
    make(models)
    yield key, sentence
    caches.unload(key)


def nothing_lost(app: AppTest, sentence: str) -> None:
    healthy(app)
    assert len(app.error) == 1
    said = app.error[0].value.replace("\\", "")
    assert sentence in said
    assert said.rstrip().endswith("Keeping the previous model.")
    assert "Traceback" not in said
    assert "\n" not in said
    text = words(app)
    assert "Small ViT (bundled)" in text
    assert "Cup of coffee" in text
    assert app.selectbox(key="right").value == "bundled/vit"
    assert app.query_params.get("right", ["bundled/vit"]) == ["bundled/vit"]


@pytest.mark.parametrize("turn", LISTED, indirect=True)
def test_chosen_at_the_side(turn: tuple[str, str]):
    """What the box lists; what is typed into it is left to the browser's tests."""
    key, sentence = turn
    app = opened(photo="coffee", discard="0.7")
    app = downloaded(healthy(app.selectbox(key="right").set_value(key).run()))
    nothing_lost(app, sentence)
    assert app.slider(key="right_discard").value == 0.7
    healthy(app.slider(key="right_discard").set_value(0.8).run())


def test_in_a_link(turn: tuple[str, str]):
    key, sentence = turn
    nothing_lost(downloaded(opened(photo="coffee", right=key)), sentence)


def test_on_the_models_page(turn: tuple[str, str]):
    """A model without global attention can well be loaded there; its card says what does not fit. The page takes keys alone."""
    key, sentence = turn
    sentence = sentence.replace("expected a part of a name", "expected bundled/…, torchvision/… or hf/…")
    app = opened("Models", photo="coffee")
    app.text_input(key="another").set_value(key)
    app = downloaded(healthy(app.button(key="load_another").click().run()))
    assert sentence in words(app)
    assert not any("Traceback" in error.value for error in app.error)
    assert "Small ViT (bundled)" in words(app)
    back = healthy(app.switch_page("pages/Compare.py").run())
    assert not back.error
    assert "Cup of coffee" in words(back)


def test_a_transformer_without_global_attention_stands_on_either_side(models: Path):
    """What it has to show are its stages; the attention page says why it has no attention there."""
    swin(models)
    for slot in ("left", "right"):
        app = opened(**{slot: "hf/wrong"})
        assert not app.error
        assert not notices(app)
        assert app.selectbox(key=f"{slot}_method").value == "Grad-CAM"
    assert "Models with global attention fit: ViT" in words(opened("Attention", left="bundled/cnn", right="hf/wrong"))
    caches.unload("hf/wrong")


def test_the_log_holds_where_it_came_from(models: Path, caplog: pytest.LogCaptureFixture):
    corrupt(models)
    opened(right="hf/wrong")
    assert "Traceback" in caplog.text
    assert "SafetensorError" in caplog.text


def test_a_dead_network_is_asked_once_and_again_when_wanted(models: Path, monkeypatch: pytest.MonkeyPatch):
    asked, ask = [], downloads.require_network
    monkeypatch.setattr(downloads, "require_network", lambda *to: asked.append(to) or ask(*to))
    app = opened(right="hf/lab/model")
    assert not asked, "a link alone asks no network"
    app = downloaded(app)
    chosen(app, "rocket")
    assert len(asked) == 1
    assert len(app.error) == 1
    app = settled(app.button(key="retry_right").click().run())
    assert len(asked) == 2
    save(FAMILIES["vit"].build(), models / "lab" / "model")
    app = healthy(app.button(key="retry_right").click().run())
    assert not app.error
    assert "lab/model" in words(app)
    caches.unload("hf/lab/model")


def test_the_models_before_stay_even_when_they_were_not_the_first(models: Path):
    save(FAMILIES["deit"].build(), models / "good")
    app = opened(right="hf/good")
    app = settled(healthy(app.button(key="pair_2").click().run()))
    assert [error.value.endswith("Keeping the previous model.") for error in app.error] == [True, True]
    assert "good, 0.0 M parameters" in words(app)
    caches.unload("hf/good")


def test_a_photo_of_too_many_patches_is_a_sentence(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(FAMILIES["vit"].build(), models / "whole", do_resize=False)
    monkeypatch.setattr(attention, "MOST_TOKENS", 1500)
    app = opened(right="hf/whole", photo="chelsea")
    assert "patches" in words(app)
    assert "at most 1,500" in words(app)
    app.selectbox(key="right").select("bundled/vit")
    assert "at most 1,500" not in words(healthy(app.run()))
