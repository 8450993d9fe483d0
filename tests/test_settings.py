"""What the server's owner decides: read, checked and documented; what can't be is said before anything is served."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from dashboard.settings import SettingError, Settings, settings, variable, whole
from tests.conftest import ROOT, free_port

NAMES = [variable(each) for each in fields(Settings)]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_readme(name: str):
    assert f"\n| `{name}` | " in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_is_one_that_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch):
    unset = settings()
    monkeypatch.setenv(name, "")
    assert settings() == unset


def test_the_environment_is_read_in_one_place_only():
    for path in [*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "streamlit_app.py"]:
        if path.name != "settings.py":
            assert not re.search(r"os\.environ|getenv", path.read_text()), path


HOSTS = "names such as app.example.com, *.example.com or * for any, without scheme and port"
FRAMES = "origins such as https://example.com, https://*.example.com or * for any"
WRONG = [
    ("DASHBOARD_MODELS", "/no/such/folder", "expected DASHBOARD_MODELS to name a folder, got '/no/such/folder'"),
    ("DASHBOARD_MODELS", __file__, f"expected DASHBOARD_MODELS to name a folder, got {__file__!r}"),
    ("DASHBOARD_DEVICE", "gpu", "expected DASHBOARD_DEVICE to name one of cpu, cuda, cuda:<number> or mps, got 'gpu'"),
    *(
        ("DASHBOARD_HOSTS", text, f"expected DASHBOARD_HOSTS to be {HOSTS}, got {text!r}")
        for text in (
            "https://a.example",
            "a.example:80",
            "a.example/",
            "a..b",
            "-a",
            "*a",
            "a.*",
            "a@b",
            "é.example",
            "[::1]",
            "a;b",
        )
    ),
    *(
        ("DASHBOARD_FRAMES", text, f"expected DASHBOARD_FRAMES to be {FRAMES}, got {text!r}")
        for text in (
            "a.example",
            "ftp://a.example",
            "https://a.example/",
            "https://a;b",
            "'self'",
            "https:",
            "https://*",
            "data:",
        )
    ),
]


@pytest.mark.parametrize(("name", "text", "sentence"), WRONG)
def test_what_can_not_be_is_said(name: str, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingError) as told:
        settings()
    assert str(told.value) == sentence


@pytest.mark.parametrize("text", ["-1", "0", "11", "1e3", "NaN", "5 ", "\u0665", "9" * 5000, "five"])
def test_a_number_that_is_none_or_out_of_range(text: str):
    with pytest.raises(SettingError, match="expected DASHBOARD_X to be a whole number from 1 to 10, got "):
        whole(1, 10, default=3)("DASHBOARD_X", text)


def test_numbers():
    read = whole(1, 10, default=3)
    assert [read("DASHBOARD_X", text) for text in ("", "1", "10", "007")] == [3, 1, 10, 7]


def test_hosts_and_frames(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DASHBOARD_HOSTS", "App.example.com, *.example.org 10.0.0.1,::1 *")
    monkeypatch.setenv("DASHBOARD_FRAMES", "https://huggingface.co,https://*.hf.space:8443 http://[::1]:80")
    assert settings().hosts == ("app.example.com", "*.example.org", "10.0.0.1", "::1", "*")
    assert settings().frames == ("https://huggingface.co", "https://*.hf.space:8443", "http://[::1]:80")


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DASHBOARD_MODELS", str(tmp_path))
    assert settings().models == tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [("DASHBOARD_DEVICE", "cuda:99"), ("DASHBOARD_MODELS", "/no/such/folder"), ("DASHBOARD_HOSTS", "http://a.example")],
)
def test_a_wrong_setting_refuses_to_start(name: str, text: str):
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(free_port())]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, name: text}, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr.strip().startswith(f"Not started: expected {name} to ")
    assert ended.stderr.strip().endswith(f"got {text!r}.")
    assert ended.stderr.count("\n") == 1
