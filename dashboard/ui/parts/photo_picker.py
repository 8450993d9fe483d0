"""Choosing the photo: a sample, an upload or the camera. After a file that can't be opened the previous photo stays."""

import streamlit as st
from streamlit.typing import UploadedFile

from dashboard.photo import MAX_BYTES, SAMPLES, Photo, PhotoError, open_photo
from dashboard.ui import caches
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.notices import say
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import upload_id

OWN, OWN_FILE, ORIGIN = "own_photo", "own_file", "photo_origin"
SHARED, REFUSED = "own_link", "refused_file"  # the upload's link, if its owner wants one; the refused upload and the reason
LINK = "own"  # the query parameter for a photo that its owner put into the link


def pick_photo() -> Photo:
    """Draws the choice of a photo; returns the one that was chosen last."""
    sample = linked_choice(
        st.selectbox, "Photo", list(SAMPLES), key="photo", on_change=_came_from, args=("sample",),
    )  # fmt: skip
    file = st.file_uploader(
        "Or one of your own", key="upload", max_upload_size=-(-MAX_BYTES // 1024**2), on_change=_came_from, args=("upload",),
        help="JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF, at most 20 MB and 50 megapixels. It stays in this server's memory "
        "for as long as this page is open.",
    )  # fmt: skip
    shot = st.camera_input("Camera", key="camera", on_change=_came_from, args=("camera",)) if _camera_wanted() else None
    chosen = {"upload": file, "camera": shot}.get(st.session_state.get(ORIGIN, ""))
    own = None if chosen is None else _decoded(chosen) or st.session_state.get(OWN)
    if own is not None and chosen is not None and st.session_state[OWN_FILE] == upload_id(chosen):
        _offer_link(upload_id(chosen))
    photo = own or _from_link() or caches.sample(sample)
    st.caption(f"{plain(photo.name)}, {photo.size[0]:,} x {photo.size[1]:,} pixels. {plain(' '.join(photo.notes))}")
    return photo


def _from_link() -> Photo | None:
    """The photo that the link names, or None if it names none or the server no longer has it."""
    link = st.query_params.get(LINK)
    if link is None:
        return None
    try:
        photo = caches.kept_photo(link)
    except PhotoError as error:  # the file opened before, so the server is too busy now
        say(f"This link's photo can't be opened now; using the sample. {error}")
        return None
    if photo is None:
        del st.query_params[LINK]
        say("This link's photo has expired; using the sample.")
    return photo


def _offer_link(which: str) -> None:
    """Draws the choice to put an upload into the link. Without it no link shows the upload."""
    st.toggle(
        "Include my photo in the link", key=f"share_{which}", on_change=_share, args=(which,),
        help=f"Off: links show the sample photo instead. On: everyone with the link sees your photo, for up to "
        f"{caches.KEPT_HOURS} hours. It is kept only in this server's memory.",
    )  # fmt: skip


def _share(which: str) -> None:
    """Puts the upload into the link, or takes it out again.

    It finds the file in the session: Streamlit would keep a callback's arguments in memory for as long as the page is open.
    """
    file = st.session_state.get(st.session_state[ORIGIN])
    if file is None or upload_id(file) != which:  # another file was chosen at the same moment
        return
    photo = st.session_state[OWN]
    if st.session_state[f"share_{which}"]:
        link = caches.keep_photo(photo.digest, file.getvalue(), photo.name)
        st.session_state[SHARED] = st.query_params[LINK] = link
    else:
        caches.forget_photo(st.session_state.pop(SHARED, ""))
        st.query_params.pop(LINK, None)


def _came_from(origin: str) -> None:
    st.session_state[ORIGIN] = origin
    if origin == "sample":
        st.session_state.pop(OWN, None)
        st.query_params.pop(LINK, None)


def _camera_wanted() -> bool:
    """Draws a toggle for the camera, since the camera's own widget asks for the browser's permission as soon as it is drawn."""
    return st.toggle("Take one with the camera", key="use_camera")


def _decoded(file: UploadedFile) -> Photo | None:
    """The upload as a photo, decoded once. If it is not a photo, says why on screen and returns None."""
    which = upload_id(file)
    if st.session_state.get(OWN_FILE) == which:
        return st.session_state.get(OWN)
    refused, why = st.session_state.get(REFUSED, ("", ""))
    if refused != which:
        try:
            photo = open_photo(file.getvalue(), file.name)
        except PhotoError as error:
            st.session_state[REFUSED], why = (which, str(error)), str(error)
        else:
            st.session_state[OWN], st.session_state[OWN_FILE] = photo, which
            st.session_state.pop(SHARED, None)
            st.query_params.pop(LINK, None)  # it led to the previous photo
            return photo
    st.error(f"**{plain(file.name)}**: {plain(why)} Keeping the previous photo.")
    return None
