"""The command `looking-at-models`: serves the dashboard from any folder, as `make run` does from the source tree."""

import argparse
import runpy
import sys
from pathlib import Path

from dashboard import __version__
from dashboard.settings import put

PACKAGE = Path(__file__).parents[1]


def entry_script() -> Path:
    """The script that Streamlit serves, beside its pages and its `.streamlit` folder.

    A built package carries them in `dashboard/app`, the source tree at its top.
    """
    built = PACKAGE / "app" / "streamlit_app.py"
    return built if built.exists() else PACKAGE.parent / "streamlit_app.py"


def main() -> None:
    """Serves until it is interrupted. Options that this command doesn't know are passed on to `streamlit run`."""
    parser = argparse.ArgumentParser(
        "looking-at-models",
        usage="%(prog)s [--port PORT] [--models FOLDER] [options of `streamlit run`]",
        description="What two models look at in the same photo, side by side. Serves the dashboard on this machine.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, default=8501, help="where to serve (%(default)s)")
    parser.add_argument("--models", metavar="FOLDER", help="your own models: the same as the variable DASHBOARD_MODELS")
    parser.add_argument("--version", action="version", version=__version__)
    chosen, others = parser.parse_known_args()
    if chosen.models is not None:
        put(DASHBOARD_MODELS=chosen.models)
    sys.argv = ["streamlit", "run", str(entry_script()), "--server.port", str(chosen.port), *others]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
