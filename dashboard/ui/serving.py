"""How the server starts, before the first visitor comes."""

import ctypes
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from dashboard.settings import SettingError, put_unless_set, settings
from dashboard.ui import getting_ready
from dashboard.ui.streamlit_internals import ignore_pages_folder

M_ARENA_MAX = -8  # as in glibc's malloc.h
SPINS = "1000"  # about a microsecond


def prepare() -> None:
    """Prepares the process before the server starts, and ends it if a setting is wrong."""
    _few_heaps()
    _waiting_threads_sleep()
    ignore_pages_folder()
    _check_settings()


@asynccontextmanager
async def warmed(app: st.App) -> AsyncIterator[None]:
    """Starts the warm-up in a thread of its own when the server starts."""
    getting_ready.begin(_warm_up)
    yield


def _warm_up() -> None:
    from dashboard.ui.warm_up import warm_up  # torch takes seconds to import: the server answers meanwhile

    warm_up()


def _few_heaps() -> None:
    """Lets all threads share two heaps. By default glibc gives each its own, which kept 500 MB after 24 large photos."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 2)


def _waiting_threads_sleep() -> None:
    """Has torch's threads sleep soon while they wait for each other; torch must not be imported yet.

    By default they spin for milliseconds, on the very cores that those need for whom they wait: beside six other processes on
    two cores, the trust page took 61 s and takes 6 s. Alone, a pass takes 6 to 28% longer.
    """
    put_unless_set(GOMP_SPINCOUNT=SPINS)


def _check_settings() -> None:
    """Ends the process with one sentence if a setting is wrong, rather than serving pages that all fail."""
    try:
        if settings().device not in ("", "cpu"):
            from dashboard.models.device import chosen_device  # torch takes seconds to import: only if needed

            chosen_device()
    except SettingError as error:
        sys.exit(f"Not started: {error}.")
