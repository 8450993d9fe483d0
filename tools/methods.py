"""Writes the README's table of methods from the registry: `python -m tools.methods`."""

import re
from pathlib import Path

from dashboard.evidence import FeatureMaps, Probe, StageMaps
from dashboard.methods import METHODS, Method

README = Path(__file__).parents[1] / "README.md"
PLACE = re.compile(r"(<!-- methods -->\n).*?(<!-- /methods -->)", re.DOTALL)


def table() -> str:
    """One line for each method, in the order of the registry."""
    return "\n".join(["| method | for | class | sign | passes |", "|---|---|---|---|---|", *map(_row, METHODS)]) + "\n"


def _row(method: type[Method]) -> str:
    fits = "CNN" if issubclass(method.needs, FeatureMaps | StageMaps) else "both" if method.needs is Probe else "ViT"
    asks = "specific" if method.class_specific else "agnostic"
    sign = "signed" if method.signed else ""
    more = "" if method.work is Method.work else f" + {method.unit}"
    passes = f"{method.passes}{more}"
    return f"| [{method.label}]({method.paper}) | {fits} | {asks} | {sign} | {passes} |"


def main() -> None:
    """Puts the table in its place."""
    README.write_text(PLACE.sub(lambda found: found[1] + table() + found[2], README.read_text()))


if __name__ == "__main__":
    main()
