"""A photo of one's own: in the link only when its owner wants it there."""

import gc
import hashlib
from collections.abc import Callable

import pytest
from cachetools import TTLCache
from streamlit.testing.v1 import AppTest

from dashboard import photo as photos
from dashboard.photo import Photo, PhotoError, forget_pixels, open_photo
from dashboard.ui import caches, tabs, watcher
from dashboard.ui.parts.own_photos import CHOSEN, KEPT, OWN, TAB
from dashboard.ui.parts.photo_picker import RETURNED, SHARE, STEP
from tests.ui.pages import chosen, healthy, notices, opened, png, uploaded, words


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches._kept.clear()
    caches.forget_what_ended()
    tabs._tabs.clear()


def share(app: AppTest, wanted: bool) -> AppTest:
    """The same after a click on Copy link and "Include my photo", which AppTest can't press, or on "Stop sharing"."""
    if not wanted:
        return healthy(app.button(key="stop_sharing").click().run())
    app.session_state[SHARE] = app.session_state[CHOSEN]
    return healthy(app.run())


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
    assert "stop_sharing" not in [button.key for button in mine.button]


def test_a_sample_takes_the_photo_out_of_the_link():
    mine = share(uploaded(opened()), True)
    mine = chosen(mine, "coffee")
    assert "own" not in mine.query_params


def test_a_sample_chosen_in_the_same_moment_wins():
    mine = uploaded(opened())
    mine.session_state[SHARE] = mine.session_state[CHOSEN]
    mine = chosen(mine, "coffee")
    assert "own" not in mine.query_params
    assert not caches._kept
    assert "Cup of coffee" in words(mine)
    mine = chosen(mine, "mine.png")
    assert not caches._kept, "what was asked for then is not done later"


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


def test_only_the_last_uploads_stay_in_memory():
    """Photos have up to 50 megapixels, and a page may be open all day."""
    app = opened()
    names = [f"{shade}.png" for shade in range(KEPT + 2)]
    for shade, name in enumerate(names):
        app = uploaded(app, name, png(f"rgb({shade}, 0, 0)"))
        assert bool(notices(app)) == (shade >= KEPT)
    assert [own.name for own in app.session_state[OWN]] == names[:1:-1]
    healthy(app.run())
    gc.collect()
    alive = {each.name for each in gc.get_objects() if isinstance(each, Photo)}
    assert alive & set(names) == set(names[2:])


def test_large_uploads_leave_room_for_fewer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.ui.parts.own_photos.KEPT_BYTES", 2 * len(png("red")) + 10)
    app = opened()
    for colour in ("red", "green", "blue"):
        app = uploaded(app, f"{colour}.png", png(colour))
    assert [own.name for own in app.session_state[OWN]] == ["blue.png", "green.png"]


def test_uploads_stay_in_the_list_when_others_are_chosen():
    app = uploaded(uploaded(opened(), "first.png", png("red")), "second.png", png("blue"))
    assert "second.png, 70 x 50" in words(app).replace("*", "")
    app = chosen(app, "coffee")
    assert [own.name for own in app.session_state[OWN]] == ["second.png", "first.png"]
    assert "first.png, 70 x 50" in words(chosen(app, "first.png")).replace("*", "")


def test_the_same_file_again_is_the_same_photo():
    app = uploaded(uploaded(uploaded(opened()), "other.png", png("red")))
    assert [own.name for own in app.session_state[OWN]] == ["mine.png", "other.png"]


def test_what_is_removed_is_gone_with_its_link():
    mine = share(uploaded(opened()), True)
    link = link_of(mine)
    mine = healthy(mine.button(key="remove_photo").click().run())
    assert not mine.session_state[OWN]
    assert "own" not in mine.query_params
    assert "Chelsea the cat" in words(mine)
    assert notices(opened(own=link)) == ["This link's photo has expired; using the sample."]
    assert not tabs._tabs


def test_a_shared_photo_stays_in_the_list_of_who_opened_its_link():
    theirs = chosen(opened(own=link_of(share(uploaded(opened()), True))), "coffee")
    assert "own" not in theirs.query_params
    theirs = chosen(theirs, "mine.png")
    assert "mine.png" in words(theirs)
    assert "own" in theirs.query_params, "the address names what is shown"
    assert "stop_sharing" not in [button.key for button in theirs.button]


def test_a_link_that_its_server_has_ended_is_forgotten_by_its_owner():
    mine = share(uploaded(opened()), True)
    caches.forget_photo(link_of(mine))
    mine = healthy(mine.run())
    assert "own" not in mine.query_params
    assert "mine.png" in words(mine)
    assert "stop_sharing" not in [button.key for button in mine.button]


def reloaded(app: AppTest, here: bool = True, **query: str) -> AppTest:
    """A new page of the same browser tab: its script gives the token back, which AppTest can't do."""
    again = opened(**query)
    again.session_state[RETURNED] = app.session_state[TAB], here
    return healthy(again.run())


def test_a_reload_keeps_the_photos_and_which_is_chosen():
    mine = uploaded(uploaded(opened(), "first.png", png("red")), "second.png", png("blue"))
    mine = reloaded(chosen(mine, "first.png"))
    assert "first.png, 70 x 50" in words(mine).replace("*", "")
    assert [own.name for own in mine.session_state[OWN]] == ["second.png", "first.png"]
    assert not notices(mine)


def test_another_link_in_the_same_tab_shows_its_photo_and_keeps_the_own_ones_in_the_list():
    mine = reloaded(uploaded(opened()), here=False, photo="coffee")
    assert "Cup of coffee" in words(mine)
    assert [own.name for own in mine.session_state[OWN]] == ["mine.png"]


def test_after_a_reload_its_owner_can_still_stop_sharing():
    mine = share(uploaded(opened()), True)
    mine = reloaded(mine, own=link_of(mine))
    assert len(mine.session_state[OWN]) == 1
    mine = share(mine, False)
    assert not caches._kept


def test_no_other_tab_gets_what_was_brought_and_an_expired_one_is_told_of():
    mine = uploaded(opened())
    assert OWN not in opened().session_state
    tabs.forget(mine.session_state[TAB])
    again = reloaded(mine)
    assert "Your own photos were not kept" in notices(again)[0]
    assert "Chelsea the cat" in words(again)


@pytest.mark.parametrize("keep", ["tab", "photo"])
def test_what_is_kept_after_the_watcher_has_ended_gets_another(monkeypatch: pytest.MonkeyPatch, keep: str):
    room, started = {"tab": tabs, "photo": caches}[keep], []

    class Noted:
        def __init__(self, target: Callable[[], None], **_: object) -> None:
            self.start = lambda: started.append(target)

    caches._held.clear()
    room.WATCHER._running = False
    monkeypatch.setattr(watcher, "Thread", Noted)
    monkeypatch.setattr(watcher.time, "sleep", lambda _: None)
    for times in (1, 2):
        link = tabs.keep("token", "photos", 1) if keep == "tab" else caches.keep_photo("d", b"", "mine.png")
        assert len(started) == times
        caches.keep_photo("d", b"", "again.png") if keep == "photo" else tabs.keep("other", "photos", 1)
        assert len(started) == times, "one is enough"
        tabs._tabs.clear()
        caches._kept.clear()
        started[-1]()  # finds nothing left, and ends
        assert not room.WATCHER._running, link


def test_what_a_closed_tab_brought_goes_after_an_hour(monkeypatch: pytest.MonkeyPatch):
    now, open_pages = [0.0], {"page"}
    monkeypatch.setattr(tabs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tabs, "session", lambda: "page")
    monkeypatch.setattr(tabs, "is_here", open_pages.__contains__)
    tabs.keep("token", "photos", 1)
    now[0] = 9e5
    assert tabs.kept("token") == "photos", "the page is open"
    open_pages.clear()
    assert tabs.kept("token") == "photos"
    now[0] += tabs.HOURS * 3600 + 1
    assert tabs.kept("token") is None


def test_tabs_share_a_bound(monkeypatch: pytest.MonkeyPatch):
    for number in range(30):
        tabs.keep(str(number), number, 20 * 1024**2)
    assert sum(tab.size for tab in tabs._tabs.values()) <= tabs.LIMIT
    assert (tabs.kept("0"), tabs.kept("29")) == (None, 29)


def test_next_and_previous_go_round_the_own_photos_and_the_samples():
    app = uploaded(opened())
    seen = []
    for by in (-1, 1, 1, -2, 1):
        app.session_state[STEP] = by
        app = healthy(app.run())
        seen.append(next(text.value for text in app.caption if "pixels" in text.value).split("**")[1].replace("\\", ""))
    assert seen == ["Man with a camera", "mine.png", "Chelsea the cat", "Man with a camera", "mine.png"]


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
    digest = mine.session_state[OWN][0].photo.digest
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
    photo = app.session_state[OWN][0].photo
    assert photo.source.data == png()
    forget_pixels(photo.digest)
    assert photo.image.size == photo.size
