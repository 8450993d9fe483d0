"""`make screenshots`: the README's pictures, taken anew from the dashboard as it is."""

import sys
from typing import Literal

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.browser.doing import open_page
from tests.conftest import ROOT, serving

FOLDER = ROOT / "docs"
# file: page, settings, theme, height
PICTURES: dict[str, tuple[str, str, Literal["light", "dark"], int]] = {
    "compare.png": ("", "photo=chelsea", "light", 1010),
    "layers.png": ("layers", "photo=chelsea&right_depth=4", "dark", 1760),
    "attention.png": ("attention", "photo=chelsea&patch=28&patch_layer=3", "light", 1010),
    "methods.png": ("methods", "photo=chelsea", "dark", 1760),
    "trust.png": ("trust", "photo=chelsea", "light", 1760),
    "known_truth.png": ("known-truth", "scene=1", "light", 1500),
    "models.png": ("models", "", "light", 1010),
}


def main() -> int:
    """Takes the pictures of `docs/` anew, of a dashboard that it serves."""
    with (
        serving(ROOT / "streamlit_app.py") as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS) as browser,
    ):
        for file, (path, query, theme, height) in PICTURES.items():
            context = browser.new_context(viewport={"width": 1440, "height": height}, color_scheme=theme)
            context.add_cookies([{"name": "welcomed", "value": "1", "url": address}])
            page = context.new_page()
            open_page(page, address, path, query)
            page.wait_for_timeout(2000)  # widgets and charts fade in
            page.screenshot(path=FOLDER / file)
            context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
