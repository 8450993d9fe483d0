"""An address says each setting once, whatever was typed into it: the last that says something counts."""

import pytest

from tests.ui.pages import healthy, notices, opened, words


@pytest.mark.parametrize(
    ("said", "depth"), [(["3", ""], 3), (["3", "4"], 4), (["", "3"], 3), (["", ""], 6), (["3", "", "2", ""], 2)]
)
def test_a_setting_that_is_said_several_times(said: list[str], depth: int):
    app = opened(depth=said, left=["bundled/cnn", ""])
    assert app.slider(key="right_depth").value == depth
    assert app.selectbox(key="left").value == "bundled/cnn"
    assert "The link asked for" not in words(app)
    assert not app.error
    assert healthy(app.run()).slider(key="right_depth").value == depth


@pytest.mark.parametrize(("told", "meant"), [(["0.7", ""], "0.7"), (["", "0.7", " "], "0.7"), ([" 0.7 "], "0.7"), ("", None)])
def test_the_address_says_it_once_and_nobody_is_blamed(told: list[str] | str, meant: str | None):
    app = opened(discard=told, left=["bundled/cnn", ""], photo=["coffee", ""], strange=["1", "", "2"], nothing="")
    expected = {"photo": "coffee", "strange": "2"} | ({"right_discard": meant} if meant else {})
    assert app.query_params == expected, "what comes first anyway is not in the address"
    assert app.slider(key="right_discard").value == float(meant or 0.5)
    assert app.session_state["photo"] == "coffee"
    assert notices(app) == []


def test_a_setting_without_end_is_cut_and_told_of():
    app = opened(right_method="x" * 100_000, strange="y" * 100_000, **{"k" * 100_000: "1"})
    [notice] = notices(app)
    assert "right method" in notice
    assert set(app.query_params) == {"strange"}
    assert len(app.query_params["strange"]) == 1_000


def test_what_was_put_in_order_stays_so_on_other_pages():
    app = opened(discard=["0.7", ""], sort=["cost", ""])
    app = healthy(app.switch_page("pages/Layers.py").run())
    assert app.slider(key="right_discard").value == 0.7
    app = healthy(app.switch_page("pages/Methods.py").run())
    assert app.segmented_control(key="sort").value == "cost"
    assert app.query_params["right_discard"] == "0.7"
