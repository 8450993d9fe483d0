"""An address that says one setting several times: the last that says something counts, for the widget and for the map."""

import pytest

from tests.ui.pages import healthy, opened, words


@pytest.mark.parametrize(
    ("said", "depth"), [(["3", ""], 3), (["3", "4"], 4), (["", "3"], 3), (["", ""], 6), (["3", "", "2", ""], 2)]
)
def test_a_setting_that_is_said_several_times(said: list[str], depth: int):
    app = opened(depth=said, cnn=["bundled/cnn", ""])
    assert app.slider(key="depth").value == depth
    assert app.selectbox(key="cnn").value == "bundled/cnn"
    assert "The link asked for" not in words(app)
    assert not app.error
    assert healthy(app.run()).slider(key="depth").value == depth
