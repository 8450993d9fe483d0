"""The attention page through Streamlit's own test door."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from dashboard.models.classifier import Classifier
from dashboard.photo import Box
from dashboard.ui import caches
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import components, healthy, notices, opened, words
from tests.ui.test_layers_page import figures


@pytest.fixture
def small(models: Path):
    """A tiny ViT of each family by its key: three layers, two heads, 4 x 4 patches."""
    made: list[str] = []

    def make(family: str) -> str:
        save(FAMILIES[family].build(), models / family)
        made.append(f"hf/{family}")
        return made[-1]

    yield make
    for key in made:
        caches.unload(key)


def test_every_figure_is_there_and_its_question():
    app = opened("Attention")
    assert set(figures(app)) == {"patch_map", "other_map", "head_grid", "head_summary"}
    assert "What the patch in row 5, column 5 looks at**" in words(app), "the middle"
    assert "Small ViT (bundled) · layer 6, heads fused (mean)" in words(app), "the last layer"


def test_what_the_colours_leave_out_is_said():
    text = words(opened("Attention", scale="robust"))
    assert "colours stop at the 2nd and the 98th percentile, and the " in text
    assert "In all of these maps colours stop at the 2nd and the 98th percentile, and the patches beyond are ringed." in text


def test_attention_is_not_sold_as_an_explanation():
    text = words(opened("Attention"))
    assert "Attention by itself is no explanation" in text
    assert "knows no class" in text


def test_a_link_restores_everything():
    link = {"patch": "12", "patch_layer": "2", "patch_head": "3", "direction": "key", "hide_cls": "true", "patch_heads": "max"}
    app = opened("Attention", photo="coffee", **link)
    assert {key: str(app.session_state[key]).lower() for key in link} == link | {"patch": "row 2, column 4"}
    assert "Who looks at the patch in row 2, column 4**" in words(app)
    assert "Small ViT (bundled) · layer 2, head 3" in words(app)
    assert "left out of the picture" in words(app)
    assert not notices(app)
    shapes = figures(app)["head_grid"]["layout"]["shapes"]
    assert [(shape["x0"], shape["y0"]) for shape in shapes if "x0" in shape] == [(1.5, 2.5)], "the frame around layer 2, head 3"


MIDDLE = "row 5, column 5"
WRONG = [
    ("patch", "65", MIDDLE), ("patch", "0", MIDDLE), ("patch", "register", MIDDLE), ("patch", "<b>1</b>", MIDDLE),
    ("patch", "row 9, column 1", MIDDLE),
    ("patch_layer", "7", 6), ("patch_layer", "0", 6), ("patch_head", "4", "fused"), 
    ("direction", "value", "query"), ("hide_cls", "perhaps", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "shown"), WRONG)
def test_a_wrong_link_falls_back_and_says_so(name: str, asked: str, shown: object):
    app = opened("Attention", **{name: asked})
    assert app.session_state[name] == shown
    assert len(notices(app)) == 1
    assert notices(app)[0].endswith(f"isn't available here; using {shown}.")
    assert "<b>" not in app.info[0].value


def test_the_token_before_the_patches_has_no_place():
    app = opened("Attention", patch="cls")
    text = words(app)
    assert "What the CLS token looks at" in text
    assert "no place in the photo" in text
    drawn = figures(app)
    assert not [shape for shape in drawn["patch_map"]["layout"].get("shapes", []) if shape["line"]["width"]]


def test_registers_and_such_can_be_chosen(small):
    key = small("dinov2-registers")
    app = opened("Attention", right=key, patch="extra4")
    assert app.selectbox(key="patch").options[:6] == ["cls", "extra1", "extra2", "extra3", "extra4", "row 1, column 1"]
    text = words(app)
    assert "What extra token 4 looks at" in text
    assert all(f"extra token {number}: **" in text for number in (1, 2, 3, 4))


def test_a_model_of_patches_alone(small):
    app = opened("Attention", right=small("siglip"))
    assert app.selectbox(key="patch").options == [
        f"row {row}, column {column}" for row in range(1, 5) for column in range(1, 5)
    ]
    assert "hide_cls" not in [toggle.key for toggle in app.toggle]
    assert "CLS" not in words(app)


def test_another_model_keeps_what_fits(small):
    key = small("vit")
    app = opened("Attention", patch="11", patch_layer="2", patch_head="2", direction="key")
    app = healthy(app.selectbox(key="right").set_value(key).run())
    chosen = {name: app.session_state[name] for name in ("patch", "patch_layer", "patch_head", "direction")}
    assert chosen == {"patch": "row 2, column 3", "patch_layer": 2, "patch_head": "2", "direction": "key"}


def test_another_model_forgets_what_does_not(small):
    key = small("vit")
    app = opened("Attention", patch="60", patch_layer="6", patch_head="3")
    app = healthy(app.selectbox(key="right").set_value(key).run())
    chosen = {name: app.session_state[name] for name in ("patch", "patch_layer", "patch_head")}
    assert chosen == {"patch": "row 3, column 3", "patch_layer": 3, "patch_head": "fused"}


def test_hiding_the_token_divides_by_the_rest():
    whole, patches = (figures(opened("Attention", patch="cls", patch_layer="5", hide_cls=hide)) for hide in ("false", "true"))
    values = [np.array(drawn["patch_map"]["data"][1]["customdata"])[:, 1].astype(float) for drawn in (whole, patches)]
    assert values[0].sum() < 0.97
    assert values[1].sum() == pytest.approx(1, abs=0.01)
    assert values[1] / values[1].max() == pytest.approx(values[0] / values[0].max(), abs=0.01)
    assert whole["head_summary"]["data"] == patches["head_summary"]["data"], "of all patches, whatever is shown"


def test_the_other_direction_is_another_map():
    row, column = (figures(opened("Attention", direction=direction)) for direction in ("query", "key"))
    for key in ("patch_map", "head_grid"):
        assert row[key]["data"][0] != column[key]["data"][0]


def test_the_cnn_is_asked_about_the_same_place():
    told = figures(opened("Attention", patch="37", left_class="dog"))["patch_map"]["data"][1]["customdata"][36]
    text = words(opened("Attention", patch="37", left_class="dog"))
    assert f"The other model's CAM here: **{told[3]}** for “dog”, higher than " in text


def test_the_cnn_is_asked_about_a_class_rather_than_another():
    one, other, both = (
        float(figures(opened("Attention", patch="37", **ask))["patch_map"]["data"][1]["customdata"][36][3])
        for ask in ({"left_class": "dog"}, {"left_class": "cat"}, {"left_class": "dog", "left_against": "cat"})
    )
    assert both == pytest.approx(one - other, rel=0.02)
    assert "for “dog” compared with “cat”, higher" in words(opened("Attention", left_class="dog", left_against="cat"))


def test_the_other_map_stands_beside_with_the_patch_framed_and_is_the_same_for_every_patch():
    first, second = (opened("Attention", patch=patch) for patch in ("12", "row 5, column 5"))
    assert figures(first)["other_map"] == figures(second)["other_map"]
    assert figures(first)["other_map"]["layout"]["meta"]["method"] == "CAM"
    box = components(first, "place_mark")["other_map_mark"]["box"]
    assert box == pytest.approx({"left": 3 / 8, "top": 1 / 8, "width": 1 / 8, "height": 1 / 8}, abs=0.01)
    assert components(opened("Attention", patch="cls"), "place_mark")["other_map_mark"]["box"] is None


def test_a_place_that_the_cnn_never_saw(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Box, "shares", lambda box, inner: (-1.0, -1.0, -0.5, -0.5))
    assert "The other model did not see this part of the photo." in words(opened("Attention"))


def test_no_setting_runs_a_model(monkeypatch: pytest.MonkeyPatch):
    app = opened("Attention")
    looked, observe = [], Classifier.observe
    monkeypatch.setattr(Classifier, "observe", lambda *arguments: looked.append(1) or observe(*arguments))
    for box, value in (("patch", "row 1, column 5"), ("patch_head", "1"), ("left_class", "dog")):
        healthy(app.selectbox(key=box).set_value(value).run())
    healthy(app.slider(key="patch_layer").set_value(2).run())
    healthy(app.toggle(key="hide_cls").set_value(True).run())
    assert not looked


def test_settings_survive_changing_pages():
    app = opened("Attention", patch="9", patch_layer="3", patch_head="2")
    app = healthy(app.switch_page("pages/Layers.py").run())
    assert app.selectbox(key="right_head").value == "fused", "the film has a head of its own"
    app = healthy(app.switch_page("pages/Attention.py").run())
    assert {key: str(app.session_state[key]) for key in ("patch", "patch_layer", "patch_head")} == {
        "patch": "row 2, column 1",
        "patch_layer": "3",
        "patch_head": "2",
    }


def test_the_files_hold_what_is_asked():
    from dashboard.studies.attention import TokenAttention, head_summary
    from dashboard.ui.parts.downloads import attention_files
    from tests.export.exhibits import exhibit

    made = exhibit()
    evidence = caches.STORE.look("bundled/vit", made.photo, TokenAttention.needs).evidence
    asked = TokenAttention(5, 2, 1)
    tray = attention_files(made, "right", evidence, asked, head_summary(evidence))
    arrays = np.load(io.BytesIO(tray["attention"]()), allow_pickle=False)
    assert np.allclose(arrays["attention"][1, 1], evidence.weights[1, 0, 5])
    assert arrays["grid"].tolist() == [8, 8]
    assert json.loads(str(arrays["settings"]))["photo"]["sha256"] == made.photo.digest
    assert len(tray["heads"]().splitlines()) == 1 + evidence.layers * evidence.heads


def test_the_tables_are_those_of_the_map_on_the_page():
    app = opened("Attention", patch="row 2, column 4", patch_layer="3", patch_head="2")
    kinds = [button.key.removeprefix("download_") for button in app.get("download_button")]
    assert kinds[:5] == ["figure", "attention", "heads", "patch", "settings"]


def test_the_other_models_class_is_chosen_beside_its_map():
    app = opened("Attention")
    (column,) = (each for each in app.columns if any("What Small ResNet" in text.value for text in each.markdown))
    assert {box.key for box in column.selectbox} == {"left_class", "left_against"}
    app = healthy(app.selectbox(key="left_class").set_value("dog").run())
    assert "for “dog”, higher" in words(app)


def test_the_other_map_can_be_read_cell_by_cell():
    linked = components(opened("Attention"), "linked_maps")["linked_maps"]
    assert linked["charts"] == [{"key": "other_map", "name": "CAM of Small ResNet (bundled)", "before": ""}]
    assert not linked["sides"], "nothing to swipe"


@pytest.fixture
def one_layer(models: Path):
    """A tiny ViT of one layer and one head, by its key."""
    save(FAMILIES["vit"].build(num_hidden_layers=1, num_attention_heads=1), models / "vit")
    yield "hf/vit"
    caches.unload("hf/vit")


@pytest.mark.parametrize("page", ["", "Layers", "Attention", "Methods"])
def test_a_vit_of_one_layer(page: str, one_layer: str):
    app = opened(page, right=one_layer, patch_layer="3", depth="2", side="right")
    drawn = {
        "": {"left_map", "right_map", "difference"}, "Layers": {"progression"},
        "Attention": {"patch_map", "other_map", "head_grid", "head_summary"},
        "Methods": {"first_map", "second_map", "difference", "matrix"},
    }  # fmt: skip
    assert set(figures(app)) == drawn[page]
    assert not app.error
    asked_too_much = {"": ["layer depth"], "Layers": [], "Attention": ["layer"], "Methods": []}[page]
    told = [line.replace("*", "") for line in notices(app)]
    assert len(told) == len(asked_too_much)
    assert all(
        f"The link asked for {name} " in line and "using 1." in line for name, line in zip(asked_too_much, told, strict=True)
    )
    if page == "Attention":
        assert "layer 1, heads fused (mean)" in words(app)
        assert "layer" not in [slider.key for slider in app.slider], "there is one layer: nothing to choose"
    if page == "Methods":
        assert "has one layer, after which its head reads no patch" in words(app)
