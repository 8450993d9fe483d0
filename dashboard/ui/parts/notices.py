"""Notices to the visitor: part of the page, above what they are about, until the next change.

Toasts would cover the page's top right corner, and on a phone its whole width.
"""

import streamlit as st

PLACE, SHOWN, TO_COME = "place_of_notices", "notices_shown", "notices_to_come"
ICON = ":material/info:"


def notices_here() -> None:
    """Draws the container for notices, with those that were said before. Every part of a page that reruns alone needs one."""
    st.session_state[PLACE] = st.empty()
    st.session_state[SHOWN] = []
    for sentence in dict.fromkeys(st.session_state.pop(TO_COME, [])):
        say(sentence)


def no_place_yet() -> None:
    """Forgets the last run's container. Has to come first when a whole page is drawn: notices then wait for `notices_here`."""
    st.session_state[PLACE] = None


def say(sentence: str) -> None:
    """Shows a notice, as Markdown: at once if the page has a container for notices, else as soon as it has."""
    place = st.session_state.get(PLACE)
    if place is None:
        say_next(sentence)
    elif sentence not in st.session_state[SHOWN]:
        st.session_state[SHOWN].append(sentence)
        place.info("\n\n".join(st.session_state[SHOWN]), icon=ICON)


def say_next(sentence: str) -> None:
    """Shows a notice when the page is drawn next. Callbacks use it, and code that ends the present run."""
    st.session_state.setdefault(TO_COME, []).append(sentence)
