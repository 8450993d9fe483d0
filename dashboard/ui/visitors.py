"""Which models the present visitors have chosen."""

from collections.abc import Iterable
from threading import Lock

from dashboard.ui.streamlit_internals import is_here, session, visitor

_chosen: dict[str, tuple[str, frozenset[str]]] = {}  # by session: the visitor and the keys of the models
_lock = Lock()


def uses(keys: Iterable[str]) -> None:
    """Notes which models the visitor's open page shows."""
    with _lock:
        _chosen[session()] = visitor(), frozenset(keys)


def users(key: str) -> set[str]:
    """The visitors who have chosen a model."""
    with _lock:
        for gone in [each for each in _chosen if not is_here(each)]:
            del _chosen[gone]
        return {who for who, keys in _chosen.values() if key in keys}


def others_using(key: str) -> int:
    """How many other visitors have chosen a model."""
    return len(users(key) - {visitor()})
