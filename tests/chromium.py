"""Finds a Chromium for the browser tests, or installs one: `python -m tests.chromium`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def find() -> str | None:
    """The path of a browser: on the PATH, or Playwright's own."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Playwright's own download; where that fails, Debian's package, given the rights."""
    own = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    debian = [["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"]]
    may_use_apt = shutil.which("apt-get") and os.geteuid() == 0
    for commands in (own, debian if may_use_apt else []):
        if commands and all(_works(command) for command in commands):
            return


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, timeout=600, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> int:
    if find() is None:
        install()
    if path := find():
        print(f"browser: {path}")
        return 0
    print("No Chromium was found and none could be installed: the browser tests can't run.", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
