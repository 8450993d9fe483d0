"""What several tests share: no network, a folder for models, a served dashboard, and a browser."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from huggingface_hub import constants
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.models import device
from tests import chromium

ROOT = Path(__file__).parents[1]
APP = sorted([*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "streamlit_app.py"])  # the app's modules
PATIENCE = 120_000  # ms that every wait of a browser test may take: what is fast is for benchmarks to say
ENDING = 10  # seconds that a server may take to end at the first signal
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a CI machine, which others may slow down, a browser test that fails is tried twice more, and told of at the end."""
    if os.environ.get("CI") == "true":
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)


@pytest.fixture
def on_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_DEVICE", "cpu")
    device.chosen_device.cache_clear()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that DASHBOARD_MODELS names, and empty caches of both hubs beside it."""
    root = tmp_path / "models"
    root.mkdir()
    monkeypatch.setenv("DASHBOARD_MODELS", str(root))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return root


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium was found, and under CI the browser tests must run")
        pytest.skip("no Chromium on this machine: `make test` says how it looks for one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of the dashboard, served as `make run` serves it."""
    with serving(ROOT / "streamlit_app.py") as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]


class running:  # noqa: N801
    """A server that a command starts on a port, for as long as the block lasts, in a folder and with variables of its own."""

    def __init__(self, command: list[str], port: int, folder: Path = ROOT, **environment: str) -> None:
        self.port = port
        variables = {**os.environ, **environment}
        self.process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> str:
        for _ in range(240):
            try:
                urlopen(f"http://localhost:{self.port}/_stcore/health", timeout=1).close()
                return f"http://localhost:{self.port}"
            except (URLError, OSError):
                time.sleep(0.25)
        raise TimeoutError("Streamlit did not start within a minute")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(ENDING)
        except subprocess.TimeoutExpired:  # uvicorn closes whoever is there, then waits for ever for a page that came meanwhile
            self.process.send_signal(signal.SIGINT)  # as a person who presses Ctrl-C once more
            self.process.wait(PATIENCE / 1000)


class serving(running):  # noqa: N801
    """Streamlit serving one script on a free port, with its own options and variables."""

    def __init__(self, script: Path, *options: str, **environment: str) -> None:
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port), *options]
        super().__init__(command, port, **environment)
