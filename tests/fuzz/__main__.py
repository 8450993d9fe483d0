"""`make fuzz`: every kind of hostile input, or `python -m tests.fuzz files --seed 1 --cases 500` for one."""

import argparse
import sys
import time
import traceback
from types import ModuleType

from tests.fuzz import addresses, checkpoints, files

KINDS: tuple[ModuleType, ...] = (files, checkpoints, addresses)


def failures(kind: ModuleType, seed: int, count: int) -> list[str]:
    """Runs so many cases of a kind; each that failed in words, with all that is needed to see it again."""
    found = []
    for index, case in enumerate(kind.cases(seed, count)):
        try:
            kind.check(case)
        except Exception:  # noqa: BLE001 what escapes is what this looks for
            found.append(f"{kind.KIND}, seed {seed}, case {index}: {str(case)[:200]}\n{traceback.format_exc()}")
    return found


def main() -> int:
    """Prints a line for each kind and every failure; the exit status is 1 where there was one."""
    names = [kind.KIND for kind in KINDS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"all by default: {', '.join(names)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=2000, help="of each kind")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(names):
        parser.error(f"expected kinds among {', '.join(names)}, got {', '.join(sorted(unknown))}")
    failed = []
    for kind in KINDS:
        if options.kinds and kind.KIND not in options.kinds:
            continue
        started = time.monotonic()
        found = failures(kind, options.seed, options.cases)
        print(f"{kind.KIND}: {len(found)} of {options.cases} failed, {time.monotonic() - started:.0f} s", flush=True)
        failed += found
    print("\n".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
