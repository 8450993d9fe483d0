"""Writes the exact versions in this environment down, for others to set up the same: `make lock`.

One file for each kind of machine and Python version, `locks/linux-x86_64-3.11.txt`, since what torch needs differs. Each is a
list of constraints: it says which version of a thing, and the requirements say which things. So it fits a torch for the CPU as
well as one for CUDA, which needs more.
"""

import platform
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

LOCKS = Path(__file__).parents[1] / "locks"
NOT_OURS = {"pip", "setuptools", "wheel", "looking-at-models"}  # each environment brings its own


def kind() -> str:
    """The kind of this machine and this Python."""
    return f"{sys.platform}-{platform.machine()}-{sys.version_info.major}.{sys.version_info.minor}"


def versions() -> dict[str, str]:
    """What is installed, by its normal name (PEP 503); +cpu and the like left out, which say only how a version was built."""
    found = {re.sub("[-_.]+", "-", each.name).lower(): each.version.partition("+")[0] for each in distributions()}
    return {name: found[name] for name in sorted(found.keys() - NOT_OURS)}


def main() -> None:
    """Writes the lock of this machine's kind; with `--kind` only says which that is."""
    if "--kind" in sys.argv:
        print(kind())
        return
    LOCKS.mkdir(exist_ok=True)
    path = LOCKS / f"{kind()}.txt"
    path.write_text("".join(f"{name}=={version}\n" for name, version in versions().items()))
    print(f"{path.relative_to(LOCKS.parent)}: {len(versions())} versions")


if __name__ == "__main__":
    main()
