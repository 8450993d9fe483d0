"""The package: what it is made of, what it needs, and that it serves the whole dashboard from any folder."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from packaging.requirements import Requirement
from playwright.sync_api import Page, expect

import dashboard
from tests.browser.doing import CHARTS, MAPS, open_page, values
from tests.conftest import ROOT, free_port, running
from tests.ui.pages import png
from tools import lock

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def lines(name: str) -> list[str]:
    return (ROOT / name).read_text().splitlines()


def files(folder: Path) -> set[str]:
    """The files below a folder, but for what Python leaves there."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


def test_the_requirements_are_those_of_the_package():
    assert lines("requirements.txt") == PROJECT["dependencies"]
    assert lines("requirements-dev.txt") == ["-r requirements.txt", *PROJECT["optional-dependencies"]["dev"]]


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
def test_every_requirement_has_a_bound_below_and_above(line: str):
    assert {each.operator for each in Requirement(line).specifier} == {">=", "<"}


LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def test_there_is_a_lock():
    assert LOCKS


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_has_one_version_within_the_bounds_of_each_thing_and_nothing_else(path: Path):
    pinned = [re.fullmatch(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)", line) for line in lines(str(path))]
    assert all(pinned), "names and versions alone: no address of an index, no +cpu"
    versions = {each[1]: each[2] for each in pinned if each}
    assert len(versions) == len(pinned)
    for line in lines("requirements.txt") + lines("requirements-dev.txt")[1:]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(versions[requirement.name]), line


def test_a_lock_is_what_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(lock, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(sys, "argv", ["lock"])
    lock.main()
    (path,) = (tmp_path / "locks").iterdir()
    assert f"streamlit=={streamlit.__version__}" in path.read_text().splitlines()
    assert path.stem.endswith(f"-{sys.version_info.major}.{sys.version_info.minor}")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built wheel in it, and nothing that it needs: that is in this environment."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    subprocess.run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", target, wheel], check=True)
    return target


@pytest.mark.slow
def test_the_wheel_carries_the_whole_dashboard(installed: Path):
    assert files(ROOT / "dashboard") <= files(installed / "dashboard")
    assert files(ROOT / "pages") == files(installed / "dashboard" / "app" / "pages")
    for name in ("streamlit_app.py", ".streamlit/config.toml"):
        assert (installed / "dashboard" / "app" / name).read_bytes() == (ROOT / name).read_bytes()
    assert {path.name for path in installed.iterdir()} == {
        "bin", "dashboard", f"looking_at_models-{dashboard.__version__}.dist-info",
    }  # fmt: skip


@pytest.fixture(scope="module")
def command(installed: Path) -> list[str]:
    return [sys.executable, str(installed / "bin" / "looking-at-models")]


@pytest.fixture(scope="module")
def served_by_the_package(installed: Path, command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard as the installed command serves it, from a folder with nothing in it."""
    port, folder = free_port(), tmp_path_factory.mktemp("elsewhere")
    with running([*command, "--port", str(port)], port, folder, PYTHONPATH=str(installed)) as address:
        yield address


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", CHARTS)
def test_the_installed_command_serves_every_page(page: Page, served_by_the_package: str, path: str):
    open_page(page, served_by_the_package, path, "photo=coffee")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    if path in ("", "compare"):
        expect(page.get_by_role("radio", name="Cup of coffee")).to_be_checked()
        assert all(len(values(page, key)) > 1 for key in MAPS)


@pytest.mark.slow
@pytest.mark.browser
def test_the_installed_command_has_our_colours_and_opens_a_photo(page: Page, served_by_the_package: str):
    """The colours are in .streamlit/config.toml; photos are decoded by processes that must find the package."""
    open_page(page, served_by_the_package)
    expect(page.locator(".stApp")).to_have_css("background-color", "rgb(252, 252, 251)")
    page.locator("input[type=file]").set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": png("teal")})
    expect(page.get_by_text("mine").first).to_be_visible()
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)


@pytest.mark.slow
def test_the_installed_command_tells_its_version_and_what_is_wrong(installed: Path, command: list[str], tmp_path: Path):
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        variables = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
        return subprocess.run([*command, *options], cwd=tmp_path, env=variables, capture_output=True, text=True)

    assert run("--version").stdout == f"{dashboard.__version__}\n"
    wrong = run("--port", str(free_port()), "--models", "nowhere")
    assert wrong.returncode == 1
    assert wrong.stderr == "Not started: expected DASHBOARD_MODELS to name a folder, got 'nowhere'.\n"
    assert "No such option" in run("--prot", "1").stderr


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## \[?([0-9.]+)\]?", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == dashboard.__version__
