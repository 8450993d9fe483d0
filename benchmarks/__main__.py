"""`make bench`: speed against the field, as a table in `benchmarks/README.md`. With `--models`, only what needs no browser, on
the GPU where there is one.
"""

import argparse
import sys

from benchmarks.attention import attention_page_rows
from benchmarks.browser import slider_row
from benchmarks.cams import cam_method_rows, flow_rows
from benchmarks.crosshair import crosshair_row
from benchmarks.fidelity import fidelity_rows
from benchmarks.models import attention_rows, cam_row
from benchmarks.page_switch import page_switch_row
from benchmarks.photos import photo_rows
from benchmarks.timing import Row, report
from dashboard.models.device import chosen_device


def model_rows() -> list[Row]:
    """What models do, on the device that the dashboard would choose."""
    return [cam_row(), *attention_rows(), *cam_method_rows(), *fidelity_rows()]


def other_rows() -> list[Row]:
    """What a processor does, and what a person sees in a browser."""
    return [*flow_rows(), *photo_rows(), slider_row(), crosshair_row(), page_switch_row(), *attention_page_rows()]


def main() -> int:
    """Measures the rows and prints them beside their alternatives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", action="store_true", help="only what models do, without a browser")
    if parser.parse_args().models:
        title = "Speed" if chosen_device().type == "cpu" else "On a GPU"
        report(title, "python -m benchmarks --models", model_rows())
    else:
        report("Speed", "make bench", [*model_rows(), *other_rows()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
