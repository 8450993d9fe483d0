"""Links to classes, whatever these are called: each opens its class, and older links mean what they meant."""

import pytest
import transformers

from dashboard.names import NO_CLASS, TOP, class_names
from dashboard.ui import caches
from tests.models.tiny import SHAPE, randomised, save
from tests.test_names import HOSTILE
from tests.ui.pages import notices, opened
from tests.ui.test_layers_page import figures

LABELS = tuple(dict.fromkeys(label for labels in HOSTILE for label in labels if len(label) < 500))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory):
    """A tiny ViT whose classes are called so."""
    root = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASHBOARD_MODELS", str(root))
        config = transformers.ViTConfig(**SHAPE, id2label=dict(enumerate(LABELS)))
        save(randomised(transformers.ViTForImageClassification(config)), root / "hostile")
        yield "hf/hostile"
    caches.unload("hf/hostile")


@pytest.mark.parametrize("index", range(0, len(LABELS), 2))
def test_a_class_is_opened_by_its_link(index: int, hostile: str):
    """A browser writes the option that is shown into the address, as it is."""
    names = class_names(caches.classifier(hostile).labels)  # half a character comes as "?"
    link = {"right_class": names[index], "right_against": names[index - 1]}
    app = opened(right=hostile, right_method="Grad-CAM on tokens", **link)
    assert {key: app.selectbox(key=key).value for key in link} == link
    made = figures(app)["right_map"]["layout"]["meta"]
    assert (made["target"], made["against"]) == (index, (index - 1) % len(LABELS))
    assert not notices(app)


def test_older_links():
    app = opened(right_method="Grad-CAM on tokens", left_class="likeliest", left_against="nothing", right_class="dog")
    assert app.selectbox(key="left_class").value == TOP
    assert app.selectbox(key="left_against").value == NO_CLASS
    assert app.selectbox(key="right_class").value == "dog"
    assert not notices(app)
