"""A visitor's own photos: those that they brought, and those that others sent them by a link.

Who may see an upload: the page that it was brought to, and after a reload the same browser tab, which keeps a secret token in
its own storage (`sessionStorage`) for that. Other tabs, other people at the same browser and copied links have no token; a
duplicate that a browser makes of the tab has a copy of it, and so the same photos. Only
when its owner puts a photo into a link can others see it, until the owner stops that, the photo is removed or makes room for
newer ones, or a day is over.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.figures.maps import jpeg_uri
from dashboard.photo import File, Photo, thumbnail_jpeg
from dashboard.ui import caches, tabs

KEPT, KEPT_BYTES = 6, 40 * 1024**2  # how many photos a visitor keeps, and how many bytes of files
OWN, CHOSEN, TAB, GONE = "own_photos", "own_chosen", "own_photos_tab", "own_photos_gone"


@dataclass(frozen=True)
class Own:
    """A photo that is no sample: its `name` and thumbnail (a data URI), and its `photo`.

    `link` is its token if it is in a link. A photo that came by another's link has no `photo`: its owner may end the link.
    """

    id: str
    name: str
    picture: str
    photo: Photo | None
    link: str = ""

    @property
    def theirs(self) -> bool:
        """Whether another person sent it."""
        return self.photo is None

    @property
    def shown(self) -> Photo | None:
        """The photo; None if it came by a link that has ended."""
        return self.photo or caches.kept_photo(self.link)


def every() -> tuple[Own, ...]:
    """The visitor's own photos, newest first."""
    return st.session_state.get(OWN, ())


def chosen() -> Own | None:
    """The own photo that is chosen, None if a sample is."""
    which = st.session_state.get(CHOSEN)
    return next((own for own in every() if own.id == which), None)


def choose(own: Own | None) -> None:
    """Chooses one of the own photos, or with None the sample."""
    st.session_state[CHOSEN] = own and own.id


def add(photo: Photo, link: str = "") -> int:
    """Puts a photo first and chooses it; with a `link` it is another person's. Returns how many older ones had to go."""
    known = next((own for own in every() if _is(own, photo, link)), None)
    new = known or Own(secrets.token_hex(8), photo.name, jpeg_uri(thumbnail_jpeg(photo)), None if link else photo, link)
    lost = _keep((new, *(own for own in every() if own is not new)))
    choose(new)
    return lost


def _keep(photos: Sequence[Own]) -> int:
    """Keeps the first of these photos, as many as there is room for; the links of the others end. Returns how many they are."""
    count = 1
    while count < min(len(photos), KEPT) and sum(map(_bytes, photos[: count + 1])) <= KEPT_BYTES:
        count += 1
    st.session_state[OWN] = tuple(photos[:count])
    for own in photos[count:]:
        _end_link(own)
    return len(photos[count:])


def _end_link(own: Own) -> None:
    """Ends the link of a visitor's own photo, if it is in one."""
    if own.photo and own.link:
        caches.forget_photo(own.link)


def _is(own: Own, photo: Photo, link: str) -> bool:
    if link:
        return own.link == link
    return own.photo is not None and (own.photo.digest, own.name) == (photo.digest, photo.name)


def _bytes(own: Own) -> int:
    return len(_file(own.photo)) if own.photo else 0


def _file(photo: Photo) -> bytes:
    if not isinstance(photo.source, File):
        raise TypeError("expected a photo that came as a file")
    return photo.source.data


def remove(own: Own) -> None:
    """Forgets a photo, and ends its link if it is the visitor's own."""
    _end_link(own)
    st.session_state[OWN] = tuple(each for each in every() if each.id != own.id)
    choose(None)


def share(own: Own) -> None:
    """Puts a photo into a link, at its owner's wish."""
    if own.photo and not own.link:
        _put(replace(own, link=caches.keep_photo(own.photo.digest, _file(own.photo), own.name)))


def without_ended_links() -> list[Own]:
    """Takes the links off own photos whose time was up, or whose room newer photos needed; returns these photos."""
    ended = [own for own in every() if own.photo and own.link and not caches.has_link(own.link)]
    for own in ended:
        _put(replace(own, link=""))
    return ended


def stop_sharing(own: Own) -> None:
    """Ends a photo's link; its owner still sees the photo."""
    _end_link(own)
    if own.photo:
        _put(replace(own, link=""))


def _put(own: Own) -> None:
    st.session_state[OWN] = tuple(own if each.id == own.id else each for each in every())


def keep_for_a_reload() -> None:
    """Keeps the photos on the server for this browser tab, under its token; with no photo left, the tab forgets its token.

    A tab with nothing but others' photos needs none: it would replace the token of what the tab had before a reload.
    """
    if any(own.photo for own in every()):
        tab = st.session_state.setdefault(TAB, secrets.token_urlsafe(16))
        tabs.keep(tab, (every(), st.session_state.get(CHOSEN)), sum(map(_bytes, every())))
    elif TAB in st.session_state:
        tabs.forget(st.session_state.pop(TAB))
        st.session_state[GONE] = True


def bring_back(tab: str, reloaded: bool) -> bool:
    """Takes up the photos that a tab had brought; returns whether the server still has them.

    If the tab was `reloaded`, the one that was chosen is chosen again; if it went to another link, the link's photo stays.
    """
    if st.session_state.get(TAB) == tab:
        return True
    kept = tabs.kept(tab)
    if kept is None:
        st.session_state[GONE] = True
        return False
    (photos, which), here = kept, chosen()
    links = {own.link: own.id for own in photos if own.link}
    brought = {own.id for own in photos}
    _keep((*(own for own in every() if own.link not in links and own.id not in brought), *photos))
    st.session_state[TAB] = tab
    if here is None:
        st.session_state[CHOSEN] = which if reloaded else None
    else:  # the address names a photo, which counts: it may be the visitor's own that they put into the link
        st.session_state[CHOSEN] = links.get(here.link, here.id)
    return True
