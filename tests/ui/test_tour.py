"""The tour's four views: each opens without a word of complaint, and shows what its text says."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import pytest

from dashboard.compare import Comparison, compare
from dashboard.explain import Explanation, explain
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.metrics import TopOverlap
from dashboard.models.zoo import load
from dashboard.photo import sample_photo
from dashboard.studies.whereabouts import half_share, in_words
from dashboard.ui.pages import PAGES
from dashboard.ui.parts.parameters import owner
from dashboard.ui.parts.tour import KEY, STOPS, Stop, link
from tests.ui.pages import healthy, notices, opened, words


@pytest.mark.parametrize(("number", "stop"), list(enumerate(STOPS, 1)), ids=[stop.title for stop in STOPS])
def test_each_stop_opens_its_view_and_says_what_to_look_at(number: int, stop: Stop):
    page, _, query = link(number).partition("?")
    settings = dict(parse_qsl(query))
    assert page in [each.title.lower() for each in PAGES]
    assert all(owner(name) for name in settings)
    app = opened("" if stop.page == PAGES[0].title else stop.page, **settings)
    assert f"Tour, {number} of 4: {stop.title}." in words(app)
    assert not notices(app)
    assert not app.error
    app = healthy(app.button(key="tour_close").click().run())
    assert "Tour, " not in words(app)
    assert KEY not in app.query_params


def test_a_stop_is_told_on_its_own_page_alone_and_what_is_no_stop_nowhere():
    assert "Tour, 1 of 4" not in words(opened("Layers", tour="1"))
    for wrong in ("0", "5", "²", "-1", "x"):
        assert "Tour, " not in words(opened("", tour=wrong))


def rollout(settings: Mapping[str, str], **options: float) -> Explanation[AttentionRollout]:
    return explain(sample_photo(settings["photo"]), load("bundled/vit"), AttentionRollout(**options))


def test_same_answer_different_places():
    photo = sample_photo(STOPS[0].settings["photo"])
    left, right = explain(photo, load("bundled/cnn"), ClassActivationMap()), rollout(STOPS[0].settings)
    for shown in (left, right):
        assert shown.prediction.top(1)[0][1] == "ship"
        assert shown.prediction.top(1)[0][2] > 0.8
    assert "class: lower left." in in_words(left, photo.size)
    assert "Brightest: left." in in_words(right, photo.size)
    found = compare(left, right)
    assert isinstance(found, Comparison)
    assert found.number(TopOverlap).value < 0.3


def test_another_class_has_another_map():
    photo, model = sample_photo(STOPS[1].settings["photo"]), load("bundled/cnn")
    dog, deer = (model.labels.index(STOPS[1].settings[f"{slot}_class"]) for slot in ("left", "right"))
    left, right = (explain(photo, model, ClassActivationMap(), each) for each in (dog, deer))
    middle = slice(3, 5)  # the dog's face
    assert left.heatmap[middle, middle].mean() > 0
    assert right.heatmap[middle, middle].mean() < 0
    assert right.heatmap[5:].max() == right.heatmap.max() > 0


def test_layer_by_layer_the_map_grows():
    shown = [rollout(STOPS[2].settings, depth=depth) for depth in (1, 3, 6)]
    size = sample_photo(STOPS[2].settings["photo"]).size
    first, later, last = (half_share(each, each.heatmap, size) for each in shown)
    assert first < later < last
    assert shown[-1].prediction.top(1)[0][1] == "horse"
    assert "Brightest: centre." in in_words(shown[-1], size)


def test_when_rollout_fails():
    kept, failed = (rollout(STOPS[3].settings, discard=discard) for discard in (0.5, float(STOPS[3].settings["right_discard"])))
    row, column = 3, 7  # a patch of background, at the right edge
    assert kept.heatmap[row, column] < 0.6 * kept.heatmap.max()
    assert failed.heatmap[row, column] > 0.9 * failed.heatmap.max()
