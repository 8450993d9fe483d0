"""What is said on the pages, of settings that another model lacks, of own weights, and of a class outside the top five."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models as torchvision_models

from dashboard.evidence import FeatureMaps
from dashboard.glossary import with_links
from dashboard.models import zoo
from dashboard.photo import sample_photo
from dashboard.ui import caches
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import chosen, healthy, notices, opened, without_terms, words

PAGES = ("", "Layers", "Attention", "Methods", "Trust")
OF_SIX_LAYERS = {
    "right_depth": "6", "right_first_layer": "5", "right_layer": "6", "right_head": "3", "left_stage": "3", "patch": "60",
    "patch_layer": "6", "patch_head": "3",
}  # fmt: skip


@pytest.fixture
def own(models: Path):
    """A ViT of three layers and two heads, and a ResNet-18 and a ViT under known names, none of them what is known by it."""
    torch.manual_seed(0)
    save(FAMILIES["vit"].build(), models / "small")
    save(FAMILIES["vit"].build(), models / "google" / "vit-base-patch16-224")
    save_file(torchvision_models.resnet18().state_dict(), models / "resnet18.safetensors")
    yield
    for key in ("hf/small", "torchvision/resnet18", "hf/google/vit-base-patch16-224"):
        caches.unload(key)


@pytest.mark.parametrize(("page", "side"), [*((page, "right") for page in PAGES), ("Methods", "left")])
def test_no_link_is_blamed_for_what_a_person_changed(page: str, side: str, own: None):
    """What was in range fits the new model, silently or in a sentence, whatever is changed next."""
    app = opened(page, side=side, left_method="Grad-CAM", left_class="dog", right_class="dog", **OF_SIX_LAYERS)
    assert not notices(app)
    changes = [("right", "hf/small"), ("photo", "coffee"), ("left", "torchvision/resnet18")]
    if page != "Attention":
        changes.append(("right_method", "Raw attention"))
    changes += [("right", "bundled/vit"), ("left", "bundled/cnn"), ("photo", "rocket")]
    for key, value in changes:
        if key == "photo" or key in [box.key for box in app.selectbox]:
            app = chosen(app, value) if key == "photo" else healthy(app.selectbox(key=key).set_value(value).run())
            assert not [line for line in notices(app) if "link" in line], (key, value)
            assert all("is not a class of" in line for line in notices(app)), (key, value)
    assert not app.error


def test_a_link_that_asks_for_too_much_is_told_of_once(own: None):
    app = opened("Attention", right="hf/small", patch_layer="6")
    assert [line for line in notices(app) if "The link asked for layer 6" in line.replace("*", "")]
    app = chosen(app, "coffee")
    assert not notices(app)


def test_a_class_outside_the_top_five_shows_its_score():
    model = zoo.load("bundled/cnn")
    last = model.observe(sample_photo("chelsea"), FeatureMaps).prediction.top(10)[-1][1]
    app = opened("", left_class=last, photo="chelsea")
    pills = next(group for group in app.get("button_group") if group.key == "left_top")
    options = [option.content for option in pills.proto.options]
    assert len(options) == 6
    assert options[-1].startswith(f"{last} ")
    assert options[-1].endswith("%")
    assert app.session_state["left_top"] == last
    assert len(next(g for g in opened("").get("button_group") if g.key == "left_top").proto.options) == 5


def test_a_model_of_few_classes_and_one_of_many_have_as_many_lines_above_their_maps(own: None):
    """So that the two maps are level."""
    app = opened(left="torchvision/resnet18")
    many, few = (entry.value for entry in app.markdown if "Knows " in entry.value)
    assert "Knows 1,000 classes]" in many
    assert "Knows 10 classes: airplane, automobile, bird …]" in few
    assert many.count("  \n") == few.count("  \n") == 2


def test_own_weights_under_a_known_name_on_every_page(own: None):
    link = {"left": "torchvision/resnet18", "right": "hf/google/vit-base-patch16-224"}
    for page in PAGES:
        app = opened(page, **link)
        text = words(app)
        assert "What at least one of the two models was trained on is not known." in text, page
        assert "ImageNet" not in text.replace("called as ImageNet's are", ""), page
        if page != "Methods":
            assert "google/vit-base-patch16-224 (your folder)" in text, page
        if page != "Attention":
            assert "ResNet-18 (your file)" in text, page
    text = words(opened("Models", **link))
    for title in ("ResNet-18 (your file)", "google/vit-base-patch16-224 (your folder)"):
        assert title in text
    text = words(opened("Models", find="(your", **link))
    assert "2 of " in text
    assert "ImageNet" not in text.replace("called as ImageNet's are", "")
    assert "top-1" not in text.partition("known models.")[2]


def test_own_weights_of_every_family_wear_nothing_that_is_known(models: Path, monkeypatch: pytest.MonkeyPatch):
    for key, known in zoo.KNOWN.items():
        source, _, name = key.partition("/")
        if source == "bundled":
            assert not zoo.is_own(key)
            continue
        place = models / (f"{name}.safetensors" if source == "torchvision" else name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch() if source == "torchvision" else place.mkdir()
        found = zoo.as_found(known)
        assert found.title == zoo.title_of(key)
        assert found.title.endswith(" (your file)" if source == "torchvision" else " (your folder)")
        assert (found.training_data, found.accuracy, found.licence, found.parameters) == ("", None, "", None)


@pytest.mark.parametrize("page", [*PAGES, "Known_Truth", "Models"])
def test_a_term_in_a_control_s_label_opens_the_glossary(page: str):
    """Wherever a label stands, its first mention of each term is a link."""
    app = opened(page)
    labels = [widget.label for widget in (*app.slider, *app.selectbox, *app.toggle)]
    labels += [group.proto.label for group in app.get("button_group")]
    assert "[Top cells](#term-top-cells)" in labels
    assert [label for label in labels if label != with_links(without_terms(label))] == []
