"""Choosing the photo: a sample, or one of one's own. Where a file can't be opened, the previous photo stays."""

from functools import lru_cache
from typing import Any

import streamlit as st

from dashboard.figures.maps import jpeg_uri
from dashboard.photo import MAX_BYTES, Photo, PhotoError, open_photo
from dashboard.samples import SAMPLES, THUMBNAILS
from dashboard.ui import caches, tabs
from dashboard.ui.components import component
from dashboard.ui.parts import own_photos
from dashboard.ui.parts.links import linked_state
from dashboard.ui.parts.notices import say, say_next
from dashboard.ui.parts.own_photos import Own
from dashboard.ui.parts.text import plain, visible

SAMPLE, STRIP = "photo", "photos"  # the query parameter of the sample, and the thumbnails' key
LINK = "own"  # the query parameter for a photo that its owner put into the link
REFUSED, BROUGHT = "refused_file", "photos_brought"
SHARE, RETURNED, STEP = "share_photo", "tab_returned", "photo_step"  # what a click in the browser leaves for the next run
HTML = '<div class="photos" role="radiogroup" aria-label="Photo"><div class="own"></div><div class="samples"></div></div>'
_photos = component("photos", html=HTML, styled=True)


def pick_photo() -> Photo:
    """Draws the choice of a photo; returns the one that is chosen."""
    _take_step()
    sample = linked_state("Photo", list(SAMPLES), key=SAMPLE)
    _follow_link()
    _bring_back()
    _share_if_wanted()
    st.markdown("Photo")
    strip = st.container()
    _bring_one()
    photo = _own_photo() or caches.sample(sample)
    own_photos.keep_for_a_reload()
    with strip:
        _draw(sample)
        _caption(photo)
    return photo


def _draw(sample: str) -> None:
    own = own_photos.chosen()
    data: dict[str, Any] = {
        "own": [{"id": each.id, "name": _name(each), "picture": each.picture} for each in own_photos.every()],
        "samples": _samples(), "chosen": own.id if own else sample,
        "tab": st.session_state.get(own_photos.TAB, ""), "gone": st.session_state.get(own_photos.GONE, False),
    }  # fmt: skip
    _photos(
        key=STRIP, data=data, on_chosen_change=lambda: choose(st.session_state[STRIP]["chosen"]),
        on_returned_change=lambda: _returned(st.session_state[STRIP]["returned"]),
    )  # fmt: skip


def _name(own: Own) -> str:
    return visible(own.name) + (" (from a link)" if own.theirs else "")


@lru_cache(1)
def _samples() -> list[dict[str, str]]:
    """Every sample's id, name and thumbnail."""
    return [
        {"id": key, "name": sample.title, "picture": jpeg_uri((THUMBNAILS / f"{key}.jpg").read_bytes())}
        for key, sample in SAMPLES.items()
    ]


def _caption(photo: Photo) -> None:
    """What is chosen: its name, its size, what was changed, and who made it; one's own can be removed."""
    own = own_photos.chosen()
    credit = f" Photo: {photo.credit}." if photo.credit else ""
    size = "{:,} x {:,} pixels.".format(*photo.size)
    st.caption(f"**{plain(photo.name)}**, {size} {plain(' '.join(photo.notes))}{plain(credit)}")
    if own:
        st.button("Remove this photo", key="remove_photo", icon=":material/delete:", on_click=_remove, type="tertiary")


def choose(which: str) -> None:
    """A callback: chooses a sample or an own photo, by its id."""
    own = next((own for own in own_photos.every() if own.id == which), None)
    if own is None and which not in SAMPLES:
        return  # removed in the same moment
    if own is None:
        st.session_state[SAMPLE] = which
    own_photos.choose(own)
    _after_a_choice()


def step(by: int) -> None:
    """A callback: chooses the photo that comes `by` places later among the own photos and the samples, in a circle."""
    st.session_state[STEP] = st.session_state.get(STEP, 0) + by


def _take_step() -> None:
    by = st.session_state.pop(STEP, 0)
    if by:
        every = [*(own.id for own in own_photos.every()), *SAMPLES]
        own = own_photos.chosen()
        at = every.index(own.id if own else st.session_state.get(SAMPLE, next(iter(SAMPLES))))
        choose(every[(at + by) % len(every)])


def _after_a_choice() -> None:
    st.session_state.pop(REFUSED, None)
    st.query_params.pop(LINK, None)  # it led to the previous photo


def _remove() -> None:
    own = own_photos.chosen()
    if own:
        own_photos.remove(own)
        _after_a_choice()


def _own_photo() -> Photo | None:
    """The own photo that is chosen, with its link in the address if it has one. If it can't be shown, the page says so."""
    for ended in own_photos.without_ended_links():
        say(f"The link to your photo {plain(ended.name)} has expired. You still see it.")
    own = own_photos.chosen()
    if own is None:
        return None
    try:
        photo = own.shown
    except PhotoError as error:  # the file opened before, so the server is too busy now
        say(f"This link's photo can't be opened now; using the sample. {error}")
        return None
    if photo is None:
        own_photos.remove(own)
        _expired()
    elif not own.link:
        st.query_params.pop(LINK, None)
    elif st.query_params.get(LINK) != own.link:
        st.query_params[LINK] = own.link
    return photo


def _follow_link() -> None:
    """Takes up the photo that the address names, if the visitor does not have it yet."""
    link = st.query_params.get(LINK)
    own = own_photos.chosen()
    if link is None or (own and own.link == link):
        return
    known = next((each for each in own_photos.every() if each.link == link), None)
    try:
        photo = caches.kept_photo(link)
    except PhotoError as error:
        say(f"This link's photo can't be opened now; using the sample. {error}")
        return
    if photo is None:
        _expired()
    elif known:
        own_photos.choose(known)
    else:
        own_photos.add(photo, link)


def _expired() -> None:
    st.query_params.pop(LINK, None)
    say("This link's photo has expired; using the sample.")


def _returned(told: Any) -> None:
    """A callback: the tab had brought photos before it was reloaded, or before it went to another link."""
    st.session_state[RETURNED] = str(told["tab"]), bool(told["reloaded"])


def _bring_back() -> None:
    """Takes up what the tab had brought before it was reloaded."""
    tab, reloaded = st.session_state.pop(RETURNED, ("", False))
    if tab and not own_photos.bring_back(tab, reloaded):
        say(
            f"Your own photos were not kept: this server holds them in memory for {tabs.HOURS} hour after a page is closed, "
            "and until it restarts."
        )


def _bring_one() -> None:
    """Draws the ways to bring a photo of one's own, and why the last one was refused."""
    number = st.session_state.get(BROUGHT, 0)  # with another key the widget is empty again: the photo is in the list now
    with st.container(key="upload"):
        st.file_uploader(
            "Add your own", key=f"upload_{number}", max_upload_size=-(-MAX_BYTES // 1024**2), on_change=_brought,
            args=(f"upload_{number}",), help="JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF, at most 20 MB and 50 megapixels. "
            f"The last {own_photos.KEPT} are kept in this server's memory while this page is open, and {tabs.HOURS} hour "
            "longer for this browser tab alone, so that a reload keeps them.",
        )  # fmt: skip
    if _camera_wanted():
        st.camera_input("Camera", key=f"camera_{number}", on_change=_brought, args=(f"camera_{number}", "Camera shot"))
    if REFUSED in st.session_state:
        name, why = st.session_state[REFUSED]
        st.error(f"**{plain(name)}**: {plain(why)} Keeping the previous photo.")


def _camera_wanted() -> bool:
    """Draws a toggle for the camera, since the camera's own widget asks for the browser's permission as soon as it is drawn."""
    return st.toggle("Take one with the camera", key="use_camera")


def _brought(key: str, name: str = "") -> None:
    """A callback: opens the file of an uploader or the camera, and adds it to the own photos."""
    st.session_state.pop(REFUSED, None)
    file = st.session_state.get(key)
    if file is None:
        return
    number = st.session_state.get(BROUGHT, 0)
    name = f"{name} {number + 1}" if name else file.name
    try:
        photo = open_photo(file.getvalue(), name)
    except PhotoError as error:
        st.session_state[REFUSED] = name, str(error)
        return
    lost = own_photos.add(photo)
    st.session_state[BROUGHT], st.session_state["use_camera"] = number + 1, False
    _after_a_choice()
    if lost:
        say_next(f"Older photos of yours made room: the last {own_photos.KEPT} are kept, up to 40 MB.")


def link_is_without_photo() -> bool:
    """Whether the chosen photo is one's own and in no link, so that a copied link would show a sample."""
    own = own_photos.chosen()
    return own is not None and not own.link


def include_in_link() -> None:
    """A callback: the owner of the chosen photo wants it in the link."""
    own = own_photos.chosen()
    st.session_state[SHARE] = own and own.id


def _share_if_wanted() -> None:
    """Puts the chosen photo into the link if its owner wants that, unless they chose another at the same moment."""
    own, wanted = own_photos.chosen(), st.session_state.pop(SHARE, None)
    if own and own.id == wanted:
        own_photos.share(own)


def offer_to_stop_sharing() -> None:
    """Draws who can see the chosen photo if its owner put it into the link, and the button that ends this."""
    own = own_photos.chosen()
    if own and own.photo and own.link:
        st.caption(f"Everyone with the link sees your photo, for up to {caches.KEPT_HOURS} hours.")
        st.button("Stop sharing this photo", key="stop_sharing", on_click=_stop_sharing)


def _stop_sharing() -> None:
    own = own_photos.chosen()
    if own:
        own_photos.stop_sharing(own)
        st.query_params.pop(LINK, None)
