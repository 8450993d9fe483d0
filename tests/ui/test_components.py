"""JavaScript and CSS stand in files of their own, which all are used, and nothing from Python becomes a part of their code."""

import ast
import re
from pathlib import Path

import pytest

from dashboard.figures.maps import DIM_COLOUR, DIM_OPACITY, FLAT, OUTLINE
from dashboard.ui.components import FOLDER, component, joined
from tests.conftest import APP, ROOT

FILES = sorted([*ROOT.glob("dashboard/**/*.js"), *ROOT.glob("dashboard/**/*.css")])
SCRIPT = re.compile(r"=>|\bfunction\b.*\{|document\.\w+|addEventListener", re.DOTALL)
RULE = re.compile(r"[\w\])] *\{\s*[-\w]+: *[^{}]+;")
UNSAFE = re.compile(r"(inner|outer|insertAdjacent)HTML|document\.write|createContextualFragment|\beval\b|\bFunction\(")


def code_in(source: str) -> list[str]:
    """The strings of a module that read like JavaScript or CSS; of an f-string, what stands between its values."""
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and (SCRIPT.search(text) or RULE.search(text))]


@pytest.mark.parametrize("path", APP, ids=lambda path: path.stem)
def test_no_module_has_a_script_or_a_style_sheet_in_a_string(path: Path):
    assert code_in(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        'JS = "export default function () { return 1; }"',
        'JS = f"document.cookie = {name}"',
        'say = "button.onclick = () => 1"',
        'CSS = "<style>a { color: red; }</style>"',
    ],
)
def test_code_in_a_string_is_seen(source: str):
    assert code_in(source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_used(path: Path):
    beside = "".join(module.read_text() for module in (*APP, *FILES))
    assert f'"{path.name}"' in beside or f'"./{path.name}"' in beside or re.search(rf'\bcomponent\(\s*"{path.stem}"', beside)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_script_makes_html_or_code_of_what_it_is_told(path: Path):
    assert not UNSAFE.search(path.read_text())


def test_a_component_without_its_file_is_an_error():
    with pytest.raises(FileNotFoundError, match=r"patch_keys\.css"):
        component("patch_keys", styled=True)
    assert (FOLDER / "patch_keys.js").exists()


def test_a_script_is_joined_with_what_it_imports():
    script = joined("linked_maps", "js")
    assert "import {" not in script
    assert script.count("export default") == 1
    assert script.index("function photoIn") < script.index("export default")
    assert joined("address", "js") == (FOLDER / "address.js").read_text()


def test_a_style_sheet_comes_after_what_it_imports():
    sheet = joined("undo", "css")
    assert "@import" not in sheet
    assert sheet.index("min-height: 2.5rem") < sheet.index("min-height: 2rem"), "or its own rules would not count"


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".js"], ids=lambda path: path.stem)
def test_no_two_files_of_a_script_share_a_name(path: Path):
    """Joined they are one module, in which a name may stand for one thing only."""
    names = re.findall(r"^(?:export )?(?:const|let|class|function) (\w+)", joined(path.stem, "js"), re.MULTILINE)
    assert sorted(set(names)) == sorted(names)


def test_small_maps_are_marked_in_the_colours_of_the_figures():
    rules = (FOLDER / "map_grid.css").read_text()
    dark, grey = (" ".join(map(str, colour)) for colour in (DIM_COLOUR, FLAT))
    for colour in (OUTLINE.replace(",", " "), f"rgb({dark} / {DIM_OPACITY})", f"stroke: rgb({dark})", f"rgb({grey} / "):
        assert colour in rules
