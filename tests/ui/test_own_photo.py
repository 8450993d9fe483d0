"""A photo of one's own: in the link only when its owner wants it there."""

import gc

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.photo import Photo
from dashboard.ui import caches
from tests.ui.pages import healthy, notices, opened, png, words


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches._kept.clear()


def uploaded(app: AppTest, name: str = "mine.png", data: bytes = b"") -> AppTest:
    return healthy(app.file_uploader(key="upload").set_value((name, data or png(), "image/png")).run())


def share(app: AppTest, wanted: bool) -> AppTest:
    toggle = next(toggle for toggle in app.toggle if toggle.label == "Put it into the link")
    return healthy(toggle.set_value(wanted).run())


def link_of(app: AppTest) -> str:
    value = app.query_params["own"]
    return value if isinstance(value, str) else value[0]


def test_an_upload_is_in_no_link_at_first():
    app = uploaded(opened())
    assert "own" not in app.query_params
    assert not caches._kept


def test_a_shared_upload_opens_for_whoever_has_the_link():
    mine = share(uploaded(opened()), True)
    theirs = opened(own=link_of(mine))
    assert "mine.png" in words(theirs)
    assert not notices(theirs)


def test_what_is_no_longer_shared_is_gone_and_the_link_says_so():
    mine = share(uploaded(opened()), True)
    digest = link_of(mine)
    mine = share(mine, False)
    assert "own" not in mine.query_params
    assert "mine.png" in words(mine), "its owner still sees it"
    theirs = opened(own=digest)
    assert notices(theirs) == ["This link's photo has expired; using the sample."]
    assert "Chelsea the cat" in words(theirs)


@pytest.mark.parametrize("digest", ["", "0" * 64, "../../etc/passwd", "<b>"])
def test_a_made_up_link(digest: str):
    app = opened(own=digest)
    assert notices(app) == ["This link's photo has expired; using the sample."]
    assert "own" not in app.query_params


def test_the_next_upload_is_not_shared_because_the_one_before_was():
    mine = share(uploaded(opened()), True)
    mine = uploaded(mine, "next.png", png("red"))
    assert "own" not in mine.query_params
    assert len(caches._kept) == 1
    assert not next(toggle for toggle in mine.toggle if toggle.label == "Put it into the link").value


def test_a_sample_takes_the_photo_out_of_the_link():
    mine = share(uploaded(opened()), True)
    mine = healthy(mine.selectbox(key="photo").set_value("coffee").run())
    assert "own" not in mine.query_params


def test_a_sample_chosen_in_the_same_moment_wins():
    mine = uploaded(opened())
    mine.selectbox(key="photo").set_value("coffee")
    mine = share(mine, True)
    assert "own" not in mine.query_params
    assert not caches._kept
    assert "Cup of coffee" in words(mine)


def test_a_bad_upload_leaves_a_photo_that_came_by_link():
    mine = share(uploaded(opened()), True)
    theirs = opened(own=link_of(mine))
    theirs = uploaded(theirs, "bad.png", b"no photo")
    assert "not an image" in theirs.error[0].value
    assert "mine.png" in words(theirs)


def test_only_so_much_is_kept():
    for index in range(30):
        caches.keep_photo(str(index), bytes(20 * 1024**2), "large")
    assert caches._kept.currsize <= caches.KEPT_LIMIT
    assert "29" in caches._kept


def test_an_upload_survives_changing_pages():
    app = uploaded(opened())
    app = healthy(app.switch_page("pages/Layers.py").run())
    assert "mine.png" in words(app)


def test_only_the_last_upload_stays_in_memory():
    """Photos have up to 50 megapixels, and a page may be open all day."""
    app = opened()
    for colour in ("red", "green", "blue"):
        app = share(uploaded(app, f"{colour}.png", png(colour)), False)
    gc.collect()
    alive = {each.name for each in gc.get_objects() if isinstance(each, Photo)}
    assert alive & {"red.png", "green.png", "blue.png"} == {"blue.png"}
