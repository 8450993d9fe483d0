"""A photo of one's own: in the link only when its owner wants it there."""

import gc
import hashlib

import pytest
from cachetools import TTLCache
from streamlit.testing.v1 import AppTest

from dashboard import photo as photos
from dashboard.photo import Photo, PhotoError, forget_pixels, open_photo
from dashboard.ui import caches
from tests.ui.pages import healthy, notices, opened, png, words


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches._kept.clear()
    caches.forget_what_ended()


def uploaded(app: AppTest, name: str = "mine.png", data: bytes = b"") -> AppTest:
    return healthy(app.file_uploader(key="upload").set_value((name, data or png(), "image/png")).run())


def share(app: AppTest, wanted: bool) -> AppTest:
    toggle = next(toggle for toggle in app.toggle if toggle.label == "Include my photo in the link")
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


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "<b>"])
def test_a_made_up_link(digest: str):
    app = opened(own=digest)
    assert notices(app) == ["This link's photo has expired; using the sample."]
    assert "own" not in app.query_params


def test_the_next_upload_is_not_shared_because_the_one_before_was():
    mine = share(uploaded(opened()), True)
    mine = uploaded(mine, "next.png", png("red"))
    assert "own" not in mine.query_params
    assert len(caches._kept) == 1
    assert not next(toggle for toggle in mine.toggle if toggle.label == "Include my photo in the link").value


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
    links = [caches.keep_photo(str(index), bytes(20 * 1024**2), "large") for index in range(30)]
    assert caches._kept.currsize <= caches.KEPT_LIMIT
    assert links[-1] in caches._kept
    assert links[0] not in caches._kept


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


def copies(digest: str) -> list[tuple]:
    """Every decoded copy of a file, and what models saw of it."""
    shelves = (caches.SCREEN_COPIES, caches.STORE.looks, caches.STORE.summaries, caches.STORE.maps)
    kept = [entry for shelf in shelves for entry, _ in shelf.items()]
    return [entry for entry in (*photos._decoded.cache, *kept) if digest in entry or digest == entry]


def test_the_same_file_of_two_people_has_two_links():
    first, second = (share(uploaded(opened(), name), True) for name in ("first.png", "second.png"))
    links = link_of(first), link_of(second)
    assert links[0] != links[1]
    assert "first.png" in words(opened(own=links[0]))
    assert "second.png" in words(opened(own=links[1]))
    share(second, False)
    assert "first.png" in words(opened(own=links[0]))
    assert notices(opened(own=links[1])) == ["This link's photo has expired; using the sample."]


def test_a_link_of_before_was_the_digest():
    data = png()
    caches.keep_photo(hashlib.sha256(data).hexdigest(), data, "mine.png")
    assert "mine.png" in words(opened(own=hashlib.sha256(data).hexdigest()))


def test_no_decoded_copy_stays_of_what_its_owner_no_longer_shares():
    mine = uploaded(opened())
    digest = mine.session_state["own_photo"].digest
    mine = share(mine, True)
    opened(own=link_of(mine))
    assert copies(digest)
    caches.forget_photo(link_of(mine))
    assert copies(digest) == []


def test_no_decoded_copy_stays_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr(caches, "_kept", TTLCache(caches.KEPT_LIMIT, 3600, timer=lambda: now[0], getsizeof=lambda _: 1))
    data = png("purple")
    photo = open_photo(data, "mine.png")
    first = caches.keep_photo(photo.digest, data, photo.name)
    now[0] = 1800
    second = caches.keep_photo(photo.digest, data, "another's")
    caches.screen_copy(photo)
    now[0] = 3601
    caches.forget_what_ended()
    assert caches.kept_photo(first) is None
    assert copies(photo.digest), "another's link to the same file goes on"
    now[0] = 5401
    caches.forget_what_ended()
    assert copies(photo.digest) == []
    assert caches.kept_photo(second) is None


def test_a_refused_file_is_decoded_once(monkeypatch: pytest.MonkeyPatch):
    asked = []

    def refuse(data: bytes, name: str) -> Photo:
        asked.append(name)
        raise PhotoError("This file takes long.")

    monkeypatch.setattr("dashboard.ui.parts.photo_picker.open_photo", refuse)
    app = uploaded(opened(), "slow.jpg")
    app = healthy(app.run())
    assert asked == ["slow.jpg"]
    assert "This file takes long" in app.error[0].value.replace("\\", "")
    assert "Keeping the previous photo." in app.error[0].value


def test_what_a_person_brings_is_kept_as_it_came():
    """150 kB may hold 50 megapixels."""
    app = uploaded(opened())
    photo = app.session_state["own_photo"]
    assert photo.source.data == png()
    forget_pixels(photo.digest)
    assert photo.image.size == photo.size
