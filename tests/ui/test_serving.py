"""What the server sets before anybody comes."""

import os
import subprocess
import sys

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.server.app_discovery import discover_asgi_app

from dashboard.ui.streamlit_internals import ignore_pages_folder
from tests.conftest import ROOT

LOOK = "import os, sys, streamlit_app; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)


def visit() -> None:
    PagesManager(str(ROOT / "streamlit_app.py"))


def test_left_alone_streamlit_takes_the_folder_of_pages_for_its_older_menu(undecided: None):
    visit()
    assert PagesManager.uses_pages_directory is True


def test_the_menu_is_ours_from_the_first_visit_on(undecided: None):
    ignore_pages_folder()
    visit()
    assert PagesManager.uses_pages_directory is False


def test_the_one_entry_script_is_seen_as_a_server():
    """By the way in which `streamlit run` looks for one, which reads the file and does not run it."""
    assert discover_asgi_app(ROOT / "streamlit_app.py").import_string == "streamlit_app:app"


@pytest.mark.parametrize(("owners", "there"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_threads_that_wait_sleep_soon_unless_the_owner_says_otherwise(owners: dict[str, str], there: str):
    """Torch reads this when it is loaded, so that it must not be loaded before."""
    free = {name: text for name, text in os.environ.items() if name != "GOMP_SPINCOUNT"}
    told = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=free | owners, capture_output=True, text=True, timeout=120, check=True
    )  # fmt: skip
    assert told.stdout.split() == [there, "False"]
