"""The compare page through Streamlit's own test door: settings, links, photos, wrong turns."""

import dataclasses

import pytest
import torch
from torch import Tensor

from dashboard.evidence import Probe
from dashboard.methods import METHODS, Method
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.ui import caches
from dashboard.ui.parts import explaining
from tests.ui.pages import chosen, components, healthy, notices, opened, uploaded, words
from tests.ui.test_layers_page import figures


def test_both_bundled_models_call_the_cat_a_cat():
    app = opened()
    for side in ("left", "right"):
        assert app.selectbox(key=f"{side}_class").value == "Top prediction"
        assert app.session_state[f"{side}_top"] == "cat"


def test_the_page_says_what_it_compares():
    text = words(opened())
    assert "Both models were trained on CIFAR-10. Small ViT (bundled) also learned from the bundled CNN's answers" in text
    assert "not which is better" in text
    assert "class-specific" in text
    assert "class-agnostic" in text
    assert "it is the same for every class" in text


def test_what_there_is_to_know_of_one_map_is_said():
    assert "patches the flow is as large as what can enter the patch" in words(opened(right_method="Attention flow"))
    assert "the flow" not in words(opened())


def test_no_slider_runs_a_model(monkeypatch: pytest.MonkeyPatch):
    app = opened()
    looked, observe = [], Classifier.observe
    monkeypatch.setattr(Classifier, "observe", lambda *a, **b: looked.append(1) or observe(*a, **b))
    for key, value in (("right_discard", 0.8), ("right_depth", 2), ("opacity", 0.3), ("top", 40)):
        healthy(app.slider(key=key).set_value(value).run())
    healthy(app.selectbox(key="left_class").set_value("dog").run())
    healthy(app.selectbox(key="colours").set_value("Cividis").run())
    assert not looked
    caches.STORE.looks.clear()
    healthy(app.run())
    assert len(looked) == 2, "the count itself works"


@pytest.mark.parametrize("show", ["map", "photo", "outline"])
def test_every_way_to_show_a_map(show: str):
    app = opened(show=show)
    assert app.session_state["show"] == show


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_every_method_is_on_the_page_with_a_widget_for_every_option(method: type[Method]):
    side = "left" if method.needs in zoo.load("bundled/cnn").observers else "right"
    app = opened(**{f"{side}_method": method.label})
    assert app.session_state[f"{side}_method"] == method.label
    assert not notices(app)
    for field in dataclasses.fields(method):
        key = f"{side}_{field.name}"
        assert key in app.session_state, f"{method.label} has no widget for {field.name}"


@pytest.mark.parametrize(
    ("first", "option", "chosen", "then", "shown"),
    [
        ("Smooth Grad-CAM++", "left_copies", None, "SS-CAM", 4),
        ("SS-CAM", "left_copies", 30, "SmoothGrad", 16),
        ("IS-CAM", "left_steps", 12, "Integrated gradients", 32),
        ("Grad-CAM", "left_stage", 2, "LayerCAM", 2),
        ("RISE", "left_cells", 12, "Occlusion", 12),
    ],
)
def test_an_option_stays_for_another_method_only_where_it_means_the_same(
    monkeypatch: pytest.MonkeyPatch, first: str, option: str, chosen: int | None, then: str, shown: int
):
    """What is kept by accident would not be in the link."""
    monkeypatch.setattr(explaining, "PATIENCE", 0.0)
    app = opened(left_method=first)
    if chosen is not None:
        app = healthy(app.slider(key=option).set_value(chosen).run())
    app = healthy(app.selectbox(key="left_method").set_value(then).run())
    assert app.slider(key=option).value == shown


def test_a_link_restores_the_settings():
    app = opened(photo="rocket", heads="max", discard="0.8", depth="3", left_class="ship", right_class="dog", opacity="0.3")
    assert app.session_state["photo"] == "rocket"
    assert app.session_state["right_heads"] == "max"
    assert app.slider(key="right_discard").value == 0.8
    assert app.slider(key="right_depth").value == 3
    assert app.selectbox(key="left_class").value == "ship"
    assert app.selectbox(key="right_class").value == "dog"


def test_the_scale_is_in_the_link_and_what_it_leaves_out_is_said():
    app = opened(scale="robust", colours="Red-blue")
    assert app.selectbox(key="scale").value == "robust"
    assert words(app).count(" beyond are ringed.") == 2, "below both maps"
    assert app.selectbox(key="colours").value == "Viridis", "signed maps alone are red and blue"
    assert not notices(app)
    assert "beyond" not in words(healthy(app.selectbox(key="scale").set_value("rank").run()))


WRONG = [
    ("right_depth", "99", 6), ("right_depth", "0", 6), ("right_depth", "x", 6), ("right_discard", "7", 0.5),
    ("right_discard", "nan", 0.5), ("right_heads", "median", "mean"),
    ("photo", "nobody", "chelsea"), ("left_class", "unicorn", "Top prediction"),
    ("opacity", "-1", 0.6), ("top", "many", 20),
    ("colours", "Jet", "Viridis"), ("smooth", "perhaps", False), ("show", "<b>all</b>", "overlay"),
    ("scale", "log", "auto"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "shown"), WRONG)
def test_a_wrong_link_falls_back_and_says_so(name: str, asked: str, shown: object):
    app = opened(**{name: asked})
    assert app.session_state[name] == shown
    assert len(notices(app)) == 1
    assert notices(app)[0].endswith(f"isn't available here; using {shown}.")
    assert "<b>" not in app.info[0].value


@pytest.mark.parametrize(
    ("name", "asked", "shown"),
    [("right_discard", "0.333", 0.33), ("top", "17", 15), ("opacity", "0.62", 0.6), ("right_depth", "2.4", 2)],
)
def test_a_link_off_the_step_is_put_on_it(name: str, asked: str, shown: float):
    app = opened(**{name: asked})
    assert app.slider(key=name).value == shown
    assert not notices(app)


def test_an_upload_is_used_and_a_bad_one_leaves_it():
    app = uploaded(opened())
    uploaded(app, "**bold**.png", b"no photo")
    assert "not an image" in app.error[0].value
    assert r"\*\*bold\*\*" in app.error[0].value, "a file name is text, not Markdown"
    assert "mine.png, 256 x 256 pixels" in words(app).replace("*", "")


def test_a_sample_after_an_upload_counts_again():
    app = chosen(uploaded(opened()), "coffee")
    assert "Cup of coffee, 600 x 400 pixels" in words(app).replace("*", "")


def test_a_model_that_fails_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch):
    def refuse(key: str):
        raise ModelError("it can't be had <b>today</b>") if key == "torchvision/resnet18" else AssertionError(key)

    app = opened()
    loaded = caches.classifier
    monkeypatch.setattr(caches, "classifier", lambda key: loaded(key) if key.startswith("bundled") else refuse(key))
    healthy(app.selectbox(key="left").set_value("torchvision/resnet18").run())
    assert "can't be had" in app.error[0].value.replace("\\", "")
    assert "Small ResNet" in words(app)


@pytest.mark.parametrize("on_a_gpu", [True, False])
def test_no_memory_left_while_a_map_is_read(on_a_gpu: bool, monkeypatch: pytest.MonkeyPatch):
    """From a GPU it goes on on the CPU; there it is a sentence in place of the maps."""
    failed, score = [], Probe.score

    def failing(probe: Probe, pixels: Tensor) -> Tensor:
        if not failed:
            failed.append(len(pixels))
            raise torch.OutOfMemoryError("as a GPU would")
        return score(probe, pixels)

    monkeypatch.setattr(explaining, "PATIENCE", 60.0)
    monkeypatch.setattr(Probe, "score", failing)
    if on_a_gpu:
        monkeypatch.setattr(caches.STORE, "runs_on_the_cpu", lambda key: False)
    app = opened(left_method="Occlusion", photo="rocket" if on_a_gpu else "coffee")
    assert failed
    if on_a_gpu:
        assert "left_map" in figures(app)
        assert zoo.NO_ROOM in words(healthy(app.run()))
        caches.unload("bundled/cnn")
    else:
        assert "Small ResNet (bundled) found no memory left on the CPU for Occlusion." in words(app)
        assert "left_map" in figures(healthy(app.run())), "asked again, it may find some"


@pytest.mark.parametrize(("method", "waits"), [("Occlusion", False), ("RISE", True)])
def test_what_waits_depends_on_no_clock(method: str, waits: bool, monkeypatch: pytest.MonkeyPatch):
    """By passes and by the model's size: also where a pass took no time, or a second."""
    for milliseconds in (0.0001, 1000.0):
        monkeypatch.setattr(caches.STORE, "pass_milliseconds", lambda key, found=milliseconds: found)
        caches.STORE.maps.clear()
        assert ("run_left" in [button.key for button in opened(left_method=method).button]) == waits


@pytest.mark.parametrize(
    "pair", [("bundled/vit", "bundled/cnn"), ("bundled/vit", "bundled/vit"), ("bundled/cnn", "bundled/cnn")]
)
@pytest.mark.parametrize("page", ["", "Layers", "Attention", "Methods"])
def test_any_model_fits_either_side(page: str, pair: tuple[str, str]):
    app = opened(page, left=pair[0], right=pair[1])
    assert not app.error
    assert (app.selectbox(key="left").value, app.selectbox(key="right").value) == pair
    made = {key: figure["layout"].get("meta", {}).get("model") for key, figure in figures(app).items()}
    if page == "":
        assert (made["left_map"], made["right_map"]) == pair
        assert app.selectbox(key="left_method").value == ("Attention rollout" if pair[0] == "bundled/vit" else "CAM")
    if page == "Layers":
        transformers = pair.count("bundled/vit")
        assert sum(name.endswith("progression") for name in made) == transformers
        assert sum(key.endswith("by_stage") for key in components(app, "map_grid")) == 2 - transformers
        assert app.get("download_button")
    if page == "Attention":
        assert (len(app.get("download_button")) > 0) == ("bundled/vit" in pair)
        assert ("patch_map" in made) == ("bundled/vit" in pair)
    assert ("Both sides show the same model." in words(app)) == (pair[0] == pair[1])


def test_the_pair_buttons_choose_both():
    app = opened(left="bundled/vit")
    healthy(app.button(key="pair_0").click().run())
    assert not app.error
    assert app.selectbox(key="left").value == "bundled/cnn"
    assert app.button(key="pair_0").disabled, "it is shown"


def test_every_pair_is_known():
    from dashboard.ui.parts.model_picker import PAIRS

    assert {key for pair in PAIRS.values() for key in pair.values()} <= set(zoo.KNOWN)


def test_a_model_of_few_classes_names_them_and_says_when_none_is_likely():
    knows = "Knows 10 classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck."
    known, other = (words(opened(photo=photo)) for photo in ("retriever", "rocket"))
    assert known.count(knows) == other.count(knows) == 2
    assert "none likely" not in known
    assert other.count("none likely]") == 2
    assert known.count("Knows 10 classes: airplane, automobile, bird …") == 2, "above the maps, in one line"
    assert "None of its" not in known
    assert other.count("None of its 10 classes is likely here**: the top score is ") == 2


def test_what_a_model_saw_of_the_photo_is_said_below_its_map():
    assert words(opened(photo="chelsea")).count("The model saw the whole photo, squeezed by 33% in width.") == 2
    assert "The model saw" not in words(opened(photo="retriever")), "a square"


def test_each_map_says_in_words_where_it_is_bright():
    told = words(opened(""))
    assert "Most evidence for the class: centre. Half of it lies in " in told  # CAM, which has a sign
    assert "Brightest: centre. Half of it lies in " in told  # attention rollout
