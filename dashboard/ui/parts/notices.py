"""What the page has to say of itself: in its own flow, above what it is about, until the next change.

Toasts would lie over what stands at the top right, and a phone's are as wide as its screen.
"""

import streamlit as st

PLACE, SHOWN, TO_COME = "place_of_notices", "notices_shown", "notices_to_come"
ICON = ":material/info:"


def notices_here() -> None:
    """Draws the place for notices, with those from before it. One for each part of a page that is drawn again alone."""
    st.session_state[PLACE] = st.empty()
    st.session_state[SHOWN] = []
    for sentence in dict.fromkeys(st.session_state.pop(TO_COME, [])):
        say(sentence)


def no_place_yet() -> None:
    """Has to come first when a whole page is drawn: what is said before the page has a place for it waits for that."""
    st.session_state[PLACE] = None


def say(sentence: str) -> None:
    """A notice, as Markdown: at once where the page has a place for it, else as soon as it has."""
    place = st.session_state.get(PLACE)
    if place is None:
        say_next(sentence)
    elif sentence not in st.session_state[SHOWN]:
        st.session_state[SHOWN].append(sentence)
        place.info("\n\n".join(st.session_state[SHOWN]), icon=ICON)


def say_next(sentence: str) -> None:
    """The same for whoever is called back or ends this run: it is said when the page is drawn next."""
    st.session_state.setdefault(TO_COME, []).append(sentence)
