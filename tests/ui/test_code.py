"""What a page gives to a notebook and to a paper: it makes the map that is on the page."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.parts import downloads
from tests.export.test_code import same_map
from tests.ui.pages import healthy, opened


def given(app: AppTest, language: str) -> str:
    (code,) = [each.value for each in app.get("code") if each.language == language]
    return code


def test_the_code_makes_the_pages_maps(tmp_path, monkeypatch: pytest.MonkeyPatch):
    laid: list = []
    lay = downloads.Tray.lay
    monkeypatch.setattr(downloads.Tray, "lay", lambda tray, files: (laid.append(files), lay(tray, files))[1])
    app = opened(photo="coffee", left_class="dog", right_heads="max")
    app = healthy(app.slider(key="right_discard").set_value(0.83).run())
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(given(app, "python"), found)
    page = laid[-1]["settings"].args[0].shown
    for slot in ("left", "right"):
        same_map(found[slot].heatmap, page[slot].heatmap)
    assert "discard=0.83" in given(app, "python")
    assert "abnar2020rollout" in given(app, "bibtex")


@pytest.mark.parametrize(
    ("page", "method"), [("Layers", "AttentionRollout"), ("Methods", "GradCAM"), ("Attention", "TokenAttention")]
)
def test_every_page_of_maps_offers_its_code(page: str, method: str):
    app = opened(page)
    assert f"{method}(" in given(app, "python")
    assert "@misc{" in given(app, "bibtex")
