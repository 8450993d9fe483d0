"""`make bench`: speed against the field, as a table in `benchmarks/README.md`."""

import sys

from benchmarks.attention import attention_page_rows
from benchmarks.browser import slider_row
from benchmarks.cams import cam_method_rows
from benchmarks.crosshair import crosshair_row
from benchmarks.fidelity import fidelity_rows
from benchmarks.models import attention_rows, cam_row
from benchmarks.page_switch import page_switch_row
from benchmarks.photos import photo_rows
from benchmarks.timing import report


def main() -> int:
    """Measures all rows and prints them beside their alternatives."""
    rows = [
        cam_row(),
        *attention_rows(),
        *cam_method_rows(),
        *fidelity_rows(),
        *photo_rows(),
        slider_row(),
        crosshair_row(),
        page_switch_row(),
        *attention_page_rows(),
    ]
    report("Speed", "make bench", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
