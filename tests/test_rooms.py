"""The rooms of the design, and the rules that every file keeps."""

import ast
from pathlib import Path

import pytest

from tests.conftest import APP, ROOT

FILES = [*APP, *(path for room in ("training", "benchmarks", "tools") for path in sorted(ROOT.glob(f"{room}/*.py")))]

# What everything that draws pages may use.
BELOW_UI = (
    "dashboard.numerics", "dashboard.evidence", "dashboard.methods", "dashboard.models", "dashboard.photo",
    "dashboard.samples", "dashboard.names", "dashboard.numbers", "dashboard.metrics", "dashboard.explain",
    "dashboard.compare", "dashboard.engine", "dashboard.studies", "dashboard.figures", "dashboard.export", "dashboard.glossary",
)  # fmt: skip

# What a room may import of this project (prefixes), and whether it may import streamlit.
ROOMS = {
    "dashboard.numerics": ("dashboard.numerics",),
    "dashboard.evidence": (),
    "dashboard.decoding": ("dashboard.decoding", "dashboard.settings", "dashboard.numbers"),
    "dashboard.samples": (),
    "dashboard.photo": ("dashboard.decoding", "dashboard.samples"),
    "dashboard.progress": (),
    "dashboard.names": (),
    "dashboard.glossary": ("dashboard.methods",),
    "dashboard.numbers": (),
    "dashboard.settings": (),
    "dashboard.methods": ("dashboard.methods", "dashboard.numerics", "dashboard.evidence", "dashboard.progress"),
    "dashboard.models.network": ("dashboard.models.preprocessing", "dashboard.evidence"),
    "dashboard.models.observers": (
        "dashboard.models.observers", "dashboard.models.answers", "dashboard.models.classifier", "dashboard.models.device",
        "dashboard.models.network", "dashboard.models.operations", "dashboard.evidence", "dashboard.progress",
    ),
    "dashboard.models.families": (
        "dashboard.models.families", "dashboard.models.observers", "dashboard.models.answers", "dashboard.models.bounded",
        "dashboard.models.classifier", "dashboard.models.configuration", "dashboard.models.device",
        "dashboard.models.downloads", "dashboard.models.fetching", "dashboard.models.files", "dashboard.models.network",
        "dashboard.models.preprocessing", "dashboard.evidence", "dashboard.numbers", "dashboard.settings",
    ),
    "dashboard.models": (
        "dashboard.models", "dashboard.evidence", "dashboard.photo", "dashboard.progress", "dashboard.settings",
        "dashboard.numbers",
    ),
    "dashboard.explain": (
        "dashboard.models", "dashboard.methods", "dashboard.numerics", "dashboard.evidence", "dashboard.photo",
        "dashboard.numbers",
    ),
    "dashboard.metrics": ("dashboard.numerics", "dashboard.numbers"),
    "dashboard.compare": (
        "dashboard.explain", "dashboard.metrics", "dashboard.models.classifier", "dashboard.numerics", "dashboard.photo",
    ),
    "dashboard.engine": (
        "dashboard.engine", "dashboard.explain", "dashboard.methods", "dashboard.models", "dashboard.evidence",
        "dashboard.photo", "dashboard.progress",
    ),
    "dashboard.studies": (
        "dashboard.studies", "dashboard.compare", "dashboard.engine", "dashboard.explain", "dashboard.methods",
        "dashboard.metrics", "dashboard.models.classifier", "dashboard.names", "dashboard.numbers", "dashboard.numerics",
        "dashboard.evidence", "dashboard.photo",
    ),
    "dashboard.figures": (
        "dashboard.figures", "dashboard.studies", "dashboard.compare", "dashboard.explain", "dashboard.photo",
        "dashboard.metrics", "dashboard.names", "dashboard.numbers", "dashboard.numerics",
    ),
    "dashboard.export.citations": (  # a model is cited by what the catalogue knows of it
        "dashboard.models.catalogue", "dashboard.models.zoo", "dashboard.models.classifier", "dashboard.methods",
        "dashboard.explain", "dashboard.__version__",
    ),
    "dashboard.export": (
        "dashboard.export", "dashboard.figures", "dashboard.studies", "dashboard.compare", "dashboard.explain",
        "dashboard.metrics", "dashboard.models.classifier", "dashboard.photo", "dashboard.names", "dashboard.numbers",
        "dashboard.methods", "dashboard.numerics", "dashboard.evidence", "dashboard.__version__",
    ),
    "dashboard.ui.streamlit_internals": (),
    "dashboard.ui.components": (),
    "dashboard.ui.visitors": ("dashboard.ui.streamlit_internals",),
    "dashboard.ui.watcher": (),
    "dashboard.ui.tabs": ("dashboard.ui.streamlit_internals", "dashboard.ui.watcher"),
    "dashboard.ui.doors": ("dashboard.settings",),
    "dashboard.ui.command": ("dashboard.settings", "dashboard.__version__"),
    "dashboard.ui.caches": (*BELOW_UI, "dashboard.ui.visitors", "dashboard.ui.streamlit_internals", "dashboard.ui.watcher"),
    "dashboard.ui.parts": (
        *BELOW_UI, "dashboard.ui.parts", "dashboard.ui.components", "dashboard.ui.caches", "dashboard.ui.tabs",
        "dashboard.ui.visitors", "dashboard.ui.streamlit_internals",
    ),
    "dashboard.ui.pages": (
        *BELOW_UI, "dashboard.ui.parts", "dashboard.ui.caches", "dashboard.ui.visitors", "dashboard.ui.streamlit_internals",
    ),
    "dashboard.ui.getting_ready": ("dashboard.ui.components", "dashboard.ui.streamlit_internals"),
    "dashboard.ui.front_door": (
        "dashboard.ui.pages.PAGES", "dashboard.ui.pages.Page", "dashboard.ui.parts", "dashboard.ui.getting_ready",
        "dashboard.ui.streamlit_internals",
    ),
    "dashboard.ui.warm_up": (*BELOW_UI, "dashboard.ui.caches", "dashboard.ui.parts"),
    "dashboard.ui.serving": (
        "dashboard.models", "dashboard.settings", "dashboard.ui.warm_up", "dashboard.ui.getting_ready",
        "dashboard.ui.streamlit_internals",
    ),
    "pages": ("dashboard.ui.pages", "dashboard.ui.parts"),
    "streamlit_app": ("dashboard.ui.doors", "dashboard.ui.front_door", "dashboard.ui.serving"),
    "training": (
        "training", "dashboard.explain", "dashboard.methods", "dashboard.models", "dashboard.numerics", "dashboard.photo",
        "dashboard.studies.scenes",
    ),
    "benchmarks": ("benchmarks", *BELOW_UI, "dashboard.decoding", "tests"),
    "tools": (
        "dashboard.evidence", "dashboard.explain", "dashboard.engine", "dashboard.methods", "dashboard.models.classifier",
        "dashboard.photo", "dashboard.samples", "dashboard.studies", "tests",
    ),
}  # fmt: skip
STREAMLIT = (
    *(room for room in ROOMS if room.startswith("dashboard.ui")), "pages", "streamlit_app", "benchmarks",
)  # fmt: skip
OTHERS = {  # what else a room may import, or one module of it
    "dashboard.numerics": {"torch", "math", "collections", "typing"},
    "dashboard.numerics.flow": {"torch", "collections", "numpy", "scipy"},  # a maximum flow
    "dashboard.numerics.perturbation": {"torch", "math", "collections", "typing", "captum"},
    "dashboard.evidence": {"torch", "dataclasses", "collections", "typing"},
    "dashboard.figures": {
        "numpy",
        "plotly",
        "base64",
        "collections",
        "dataclasses",
        "functools",
        "html",
        "math",
        "textwrap",
        "typing",
    },
}
# What of Streamlit is documented for everybody, beside what `st.` gives; all else stands in one module.
PUBLIC_STREAMLIT = ("streamlit.typing", "streamlit.components.v2")
PRIVATE_OF_ST = {"delta_generator", "elements", "proto", "runtime", "web"}  # modules that `st.` gives as well
INTERNALS = ROOT / "dashboard" / "ui" / "streamlit_internals.py"
OURS = ("dashboard", "pages", "training", "tests", "benchmarks", "tools", "streamlit_app")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their room"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def wrong_arrows(module: str, source: str) -> list[str]:
    room = next((room for room in ROOMS if under(module, (room,))), "")
    wrong = []
    for name in imported(source):
        top = name.split(".")[0]
        if top in OURS:
            allowed = under(name, ROOMS.get(room, ()))
        elif top == "streamlit":
            allowed = room in STREAMLIT
        else:
            allowed = top in OTHERS.get(module, OTHERS.get(room, {top}))
        if not allowed:
            wrong.append(f"{module} imports {name}")
    return wrong


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows_run_one_way(path: Path):
    assert wrong_arrows(name_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dashboard.numerics.cam", "import numpy"),
        ("dashboard.numerics.cam", "from dashboard.evidence import FeatureMaps"),
        ("dashboard.models.zoo", "from dashboard.methods import METHODS"),
        ("dashboard.models.families.torchvision", "from dashboard.models.zoo import title_of"),
        ("dashboard.models.observers.ladder", "from dashboard.models.families import FAMILIES"),
        ("dashboard.models.network", "from dashboard.models.classifier import Classifier"),
        ("dashboard.figures.maps", "import streamlit as st"),
        ("dashboard.explain", "from dashboard.ui import caches"),
        ("dashboard.engine.store", "import streamlit as st"),
        ("dashboard.engine.store", "from dashboard.studies.attention import HeadSummary"),
        ("dashboard.models.device", "from dashboard.engine.jobs import Job"),
        ("dashboard.ui.parts.panel", "from training.data import CLASSES"),
        ("dashboard.ui.parts.panel", "from dashboard.ui.pages.compare import show"),
        ("dashboard.ui.pages.layers", "from dashboard.ui.pages.compare import show"),
        ("dashboard.ui.caches", "from dashboard.ui.parts.text import plain"),
        ("training.train", "import streamlit as st"),
        ("tools.methods", "from benchmarks.timing import timed"),
        ("pages.Compare", "import tests.conftest"),
    ],
)
def test_a_wrong_arrow_is_seen(module: str, source: str):
    assert wrong_arrows(module, source)


def private_streamlit(source: str) -> list[str]:
    """The private names of Streamlit in a module: its inner modules, and attributes that begin with an underscore."""
    names = {name for name in imported(source) if under(name, ("streamlit",))}
    if not names:
        return []
    wrong = [name for name in names if name != "streamlit" and not under(name, PUBLIC_STREAMLIT)]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            of = node.value.id if isinstance(node.value, ast.Name) else ""
            hidden = node.attr.startswith("_") and not node.attr.startswith("__") and of not in ("self", "cls")
            if hidden or (of in ("st", "streamlit") and node.attr in PRIVATE_OF_ST):
                wrong.append(ast.unparse(node))
    return wrong


@pytest.mark.parametrize("path", [path for path in APP if path != INTERNALS], ids=name_of)
def test_private_names_of_streamlit_stand_in_one_module(path: Path):
    assert private_streamlit(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "from streamlit.delta_generator import DeltaGenerator",
        "from streamlit import runtime",
        "import streamlit.web.cli",
        "import streamlit as st\nst.runtime.exists()",
        "import streamlit as st\nst.container()._provided_cursor",
        "import streamlit as st\nst._main.write(1)",
    ],
)
def test_a_private_name_of_streamlit_is_seen(source: str):
    assert private_streamlit(source)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_public_says_what_it_is(path: Path):
    tree = ast.parse(path.read_text())
    if path.stat().st_size:
        assert ast.get_docstring(tree), f"{path} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name_of(path)}.{node.name} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_no_file_does(path: Path):
    hooks = ("register_forward_hook", "register_full_backward_hook", "backward") if path in APP else ()
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), "a bare except"
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and node.value.value is True:
            assert node.arg not in ("unsafe_allow_html", "trust_remote_code")
        if isinstance(node, ast.Attribute):
            assert node.attr not in hooks
